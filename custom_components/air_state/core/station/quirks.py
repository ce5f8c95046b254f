"""Finds values that are well-formed and in range, and yet not measurements.

Only the other values of the payload show that, so each rule gets the whole payload.
docs/payload.md lists what the first firmware sends, and why.
"""

from collections.abc import Iterator, Mapping
from statistics import fmean

from ..domain.models import ReadingKey, RefusalReason
from ..domain.parameters import canonical_name
from ..domain.sensor_types import sensor_type

# The first firmware always sends these four sensors, and no others.
_FIRST_FIRMWARE_SENSORS = frozenset({"mq135", "bmp180", "ds18b20", "dht22"})
_PROBES = 8  # the first firmware divides by eight, however many probes answer
_PROBE_ABSENT = -127.0  # °C
_PROBE_POWER_ON = 85.0  # °C
_OUTDOOR_AIR = 400.0  # ppm of CO₂ that the first firmware adds to what the MQ-135 measures
_SAME_ROOM = 2.0  # K; sensors on one board differ less

type _Found = Iterator[tuple[ReadingKey, RefusalReason]]


def find_quirks(
    readings: Mapping[ReadingKey, float],
    sent: Mapping[ReadingKey, object],
    *,
    has_station_id: bool = False,
) -> dict[ReadingKey, RefusalReason]:
    """Return which of the accepted `readings` are not measurements, and why.

    `sent` has all values of the payload as they were sent. `has_station_id` is whether the payload
    has the station's id. The first firmware sends none.
    """
    rules = [_ds18b20_values, _mq135_failed, _dht22_zeros]
    if not has_station_id:
        rules.append(_ds18b20_average)
    found: dict[ReadingKey, RefusalReason] = {}
    for rule in rules:
        found.update(rule(readings, sent))
    return found


def _of_type(readings: Mapping[ReadingKey, float], kind: str) -> dict[ReadingKey, float]:
    """Return the readings of sensors of a type, such as ``dht22``."""
    return {key: value for key, value in readings.items() if sensor_type(key.sensor) == kind}


def _ds18b20_values(
    readings: Mapping[ReadingKey, float], sent: Mapping[ReadingKey, object]
) -> _Found:
    """Find the 85 °C that a probe has at power-on, and the 0 sent before the first measurement.

    Before it has measured, the first firmware sends 0 for the probes, empty strings for the rest.
    """
    starting = any(raw == "" for raw in sent.values())
    for key, value in _of_type(readings, "ds18b20").items():
        if value == _PROBE_POWER_ON:
            yield key, RefusalReason.POWER_ON
        elif starting and value == 0:
            yield key, RefusalReason.STARTING


def _ds18b20_average(
    readings: Mapping[ReadingKey, float], sent: Mapping[ReadingKey, object]
) -> _Found:
    """Find the first firmware's mean over eight probes of which some are absent.

    An absent probe counts as -127 °C. With five to seven probes present the mean is still a
    plausible temperature. So for each number of present probes this computes what these must have
    measured. If it is what the board's other thermometers measure, probes are absent.
    """
    if {key.sensor for key in sent} != _FIRST_FIRMWARE_SENSORS:
        return  # other firmware averages only the probes that answer
    key = ReadingKey("ds18b20", "temperature")
    others = [
        value
        for other, value in readings.items()
        if other.parameter == "temperature" and other != key
    ]
    if key not in readings or not others:
        return
    room = fmean(others)
    for present in range(1, _PROBES):
        measured = (readings[key] * _PROBES - _PROBE_ABSENT * (_PROBES - present)) / present
        if abs(measured - room) <= _SAME_ROOM:
            yield key, RefusalReason.PROBE_AVERAGED
            return


def _mq135_failed(
    readings: Mapping[ReadingKey, float], _sent: Mapping[ReadingKey, object]
) -> _Found:
    """Find an MQ-135 without a signal, or with a saturated one.

    All its gases are 0 then, and CO₂ is what the first firmware adds to it.
    """
    gases = _of_type(readings, "mq135")
    for sensor in {key.sensor for key in gases}:
        own = {key: value for key, value in gases.items() if key.sensor == sensor}
        co2 = {value for key, value in own.items() if canonical_name(key.parameter) == "co2"}
        rest = [value for key, value in own.items() if canonical_name(key.parameter) != "co2"]
        if co2 == {_OUTDOOR_AIR} and rest and not any(rest):
            yield from ((key, RefusalReason.FAULT_PATTERN) for key in own)


def _dht22_zeros(
    readings: Mapping[ReadingKey, float], _sent: Mapping[ReadingKey, object]
) -> _Found:
    """Find a DHT22 whose data line is dead: all bits are 0, and so is their checksum."""
    both = {"humidity", "temperature"}
    zeros = {
        key: name
        for key, value in _of_type(readings, "dht22").items()
        if value == 0 and (name := canonical_name(key.parameter)) in both
    }
    for sensor in {key.sensor for key in zeros}:
        own = {key: name for key, name in zeros.items() if key.sensor == sensor}
        if set(own.values()) == both:
            yield from ((key, RefusalReason.FAULT_PATTERN) for key in own)
