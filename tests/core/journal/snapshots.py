"""Snapshots for tests of the journal."""

from custom_components.air_state.core.domain.models import ReadingKey, Snapshot
from custom_components.air_state.core.journal.storage.file import Journal

T0 = 1_700_000_000_000
BMP, DHT = ReadingKey("bmp180", "temperature"), ReadingKey("dht22", "temperature")
HUMIDITY = ReadingKey("dht22", "humidity")


def snapshot(number: int, **readings: float) -> Snapshot:
    """Return the poll of second `number`, in which every value is different from all others.

    `readings` are given as ``sensor_parameter``; without any there are three.
    """
    values = {ReadingKey(*name.split("_")): value for name, value in readings.items()}
    return Snapshot(
        device="nodemcu",
        taken_at=T0 + number * 1000,
        readings=values or {BMP: number + 0.25, DHT: number + 0.5, HUMIDITY: number / 7},
    )


def read_after(journal: Journal, cursor: int, limit: int) -> list[Snapshot]:
    """Return rows of the journal as the snapshots that they were, but for device and refusals."""
    return [
        Snapshot(
            device="",
            taken_at=taken_at,
            readings={k: v for k, v in zip(found.keys, values, strict=True) if v is not None},
        )
        for found in journal.snapshots.rows_after(cursor, limit)
        for taken_at, *values in found.rows
    ]
