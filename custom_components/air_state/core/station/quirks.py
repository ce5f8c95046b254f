"""Values that are well-formed and in range, and yet no measurement.

Each rule looks at the whole payload, since what gives a value away is what stands beside it. What
the stations' old firmware does, and why, is told in docs/payload.md.
"""

from collections.abc import Iterator, Mapping
from statistics import fmean

from ..domain.models import ReadingKey, RefusalReason
from ..domain.parameters import canonical_name
from ..domain.sensor_types import sensor_type

# The sensors that the old sketch sends, always all four, and nothing else.
_OLD_SKETCH = frozenset({"mq135", "bmp180", "ds18b20", "dht22"})
_PROBES = 8  # over which the old sketch averages, however many answer
_PROBE_ABSENT = -127.0
_PROBE_POWER_ON = 85.0
_OUTDOOR_AIR = 400.0  # ppm of CO2, which the old sketch adds to whatever the MQ-135 gives
_SAME_ROOM = 2.0  # K between sensors on one board

type _Found = Iterator[tuple[ReadingKey, RefusalReason]]


def find_quirks(
    readings: Mapping[ReadingKey, float],
    sent: Mapping[ReadingKey, object],
    *,
    names_itself: bool = False,
) -> dict[ReadingKey, RefusalReason]:
    """Return which of the accepted `readings` are no measurements, given all that was sent.

    `names_itself` says that the firmware is one that does, which the old sketch does not.
    """
    rules = [_ds18b20_values, _mq135_failed, _dht22_zeros]
    if not names_itself:
        rules.append(_ds18b20_average)
    found: dict[ReadingKey, RefusalReason] = {}
    for rule in rules:
        found.update(rule(readings, sent))
    return found


def _of(readings: Mapping[ReadingKey, float], kind: str) -> dict[ReadingKey, float]:
    return {key: value for key, value in readings.items() if sensor_type(key.sensor) == kind}


def _ds18b20_values(
    readings: Mapping[ReadingKey, float], sent: Mapping[ReadingKey, object]
) -> _Found:
    """Power-on 85.00 °C, and the zero that is sent beside empty texts before the first loop."""
    starting = any(raw == "" for raw in sent.values())
    for key, value in _of(readings, "ds18b20").items():
        if value == _PROBE_POWER_ON:
            yield key, RefusalReason.POWER_ON
        elif starting and value == 0:
            yield key, RefusalReason.STARTING


def _ds18b20_average(
    readings: Mapping[ReadingKey, float], sent: Mapping[ReadingKey, object]
) -> _Found:
    """The old sketch's mean over eight probes, of which absent ones count as -127 °C.

    Five to seven present ones give a plausible temperature. It is given away by the board's other
    thermometers: they show what the present probes must have shown for that mean to come about.
    """
    if {key.sensor for key in sent} != _OLD_SKETCH:
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
        shown = (readings[key] * _PROBES - _PROBE_ABSENT * (_PROBES - present)) / present
        if abs(shown - room) <= _SAME_ROOM:
            yield key, RefusalReason.PROBE_AVERAGED
            return


def _mq135_failed(
    readings: Mapping[ReadingKey, float], _sent: Mapping[ReadingKey, object]
) -> _Found:
    """No signal, or a saturated one: every gas at zero, and CO₂ at what is added to it."""
    gases = _of(readings, "mq135")
    for sensor in {key.sensor for key in gases}:
        own = {key: value for key, value in gases.items() if key.sensor == sensor}
        co2 = {value for key, value in own.items() if canonical_name(key.parameter) == "co2"}
        rest = [value for key, value in own.items() if canonical_name(key.parameter) != "co2"]
        if co2 == {_OUTDOOR_AIR} and rest and not any(rest):
            yield from ((key, RefusalReason.FAULT_PATTERN) for key in own)


def _dht22_zeros(
    readings: Mapping[ReadingKey, float], _sent: Mapping[ReadingKey, object]
) -> _Found:
    """A dead data line reads as all zero bits, whose checksum, zero too, is right."""
    both = {"humidity", "temperature"}
    zeros = {
        key: name
        for key, value in _of(readings, "dht22").items()
        if value == 0 and (name := canonical_name(key.parameter)) in both
    }
    for sensor in {key.sensor for key in zeros}:
        own = {key: name for key, name in zeros.items() if key.sensor == sensor}
        if set(own.values()) == both:
            yield from ((key, RefusalReason.FAULT_PATTERN) for key in own)
