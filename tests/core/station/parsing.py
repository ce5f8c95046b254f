"""Readings of the first firmware, and what becomes of its payloads."""

from custom_components.air_state.core.domain.models import ReadingKey, RefusalReason, Snapshot
from custom_components.air_state.core.station.payload import parse_payload

T_BMP = ReadingKey("bmp180", "temperature")
T_DHT = ReadingKey("dht22", "temperature")
T_DS = ReadingKey("ds18b20", "temperature")
HUMIDITY = ReadingKey("dht22", "humidity")
PRESSURE = ReadingKey("bmp180", "pressure")


def parse(data: bytes) -> Snapshot:
    return parse_payload(data, 1_700_000_000_000)


def refused(snapshot: Snapshot) -> dict[ReadingKey, RefusalReason]:
    return {refusal.key: refusal.reason for refusal in snapshot.refused}
