"""Makes a snapshot of the bytes that a station sends.

The wire format is ``{"<device>": {"<sensor>": {"<parameter>": "<number as text>"}}}``. Values may
be numbers, too, and other top-level keys may carry metadata. The order of keys has no meaning but
one: if several devices are sent and none of them is known yet, the first one counts.
"""

import re
from functools import lru_cache
from math import isfinite

from ..domain.errors import PayloadEmptyError, PayloadShapeError, PayloadTooLargeError
from ..domain.models import ReadingKey, Refusal, RefusalReason, Snapshot
from ..domain.parameters import AlternativeUnit, convert
from ..domain.sensor_types import find_parameter
from .lenient_json import MAX_NUMBER_LENGTH, NOT_FINITE, NUMBER, read_json
from .quirks import find_quirks

MAX_BYTES = 64 * 1024
MAX_READINGS = 200
MAX_NAME_LENGTH = 64
STATION_ID = re.compile(r"[0-9a-f]{12}")  # a MAC address
_MAX_SENT_LENGTH = 40
_MAX_REFUSED_IN_ERROR = 3

type _Sensors = dict[str, object]


def parse_payload(data: bytes, received_at: int, *, device: str | None = None) -> Snapshot:
    """Return the snapshot in `data`, which was received at `received_at` (UTC ms).

    `device` is the name that the station is known by. It is preferred to others in the payload.
    Raises PayloadError, and nothing else, if `data` has no plausible reading.
    """
    if len(data) > MAX_BYTES:
        raise PayloadTooLargeError(limit=f"{MAX_BYTES // 1024} KiB")
    payload = read_json(data)
    name, sensors = _find_device(payload, device)
    sent, refused = _collect_values(sensors)
    readings: dict[ReadingKey, float] = {}
    for key, raw in sent.items():
        value = _check_value(key, raw)
        if isinstance(value, RefusalReason):
            refused.append(Refusal(key=key, sent=_excerpt(raw), reason=value))
        else:
            readings[key] = value
    station_id = _station_id(payload)
    quirks = find_quirks(readings, sent, has_station_id=station_id is not None)
    for key, reason in quirks.items():
        refused.append(Refusal(key=key, sent=_excerpt(sent[key]), reason=reason))
        del readings[key]
    if not readings:
        first = ", ".join(f"{r.key} ({r.reason})" for r in refused[:_MAX_REFUSED_IN_ERROR])
        raise PayloadEmptyError(refused=first or "-")
    return Snapshot(
        device=name,
        taken_at=received_at,
        readings=readings,
        refused=tuple(refused),
        station_id=station_id,
    )


def _station_id(payload: object) -> str | None:
    """Return the id that the station sends beside its readings, None if it sends none."""
    match payload:
        case {"station": {"id": str(identity), "fw": str()}} if STATION_ID.fullmatch(identity):
            return identity
    return None


def _find_device(payload: object, known: str | None) -> tuple[str, _Sensors]:
    """Return the device's name and its sensors. Raises PayloadShapeError.

    What holds no object of parameters is not a device.
    """
    if not isinstance(payload, dict):
        raise PayloadShapeError
    devices: dict[str, _Sensors] = {
        key: value
        for key, value in payload.items()
        if _is_name(key)
        and isinstance(value, dict)
        and any(isinstance(inner, dict) for inner in value.values())
    }
    if not devices:
        raise PayloadShapeError
    name = known if known is not None and known in devices else next(iter(devices))
    return name, devices[name]


def _collect_values(sensors: _Sensors) -> tuple[dict[ReadingKey, object], list[Refusal]]:
    """Return all values by reading, and refusals of those with a wrong name or place."""
    sent: dict[ReadingKey, object] = {}
    refused: list[Refusal] = []
    for sensor, parameters in sensors.items():
        if not isinstance(parameters, dict):
            key = ReadingKey(_excerpt(sensor), "")
            refused.append(
                Refusal(key=key, sent=_excerpt(parameters), reason=RefusalReason.NOT_AN_OBJECT)
            )
            continue
        for parameter, raw in parameters.items():
            if _is_name(sensor) and _is_name(parameter):
                sent[ReadingKey(sensor, parameter)] = raw
            else:
                key = ReadingKey(_excerpt(sensor), _excerpt(parameter))
                refused.append(Refusal(key=key, sent=_excerpt(raw), reason=RefusalReason.BAD_NAME))
    if len(sent) + len(refused) > MAX_READINGS:
        raise PayloadTooLargeError(limit=f"{MAX_READINGS} readings")
    return sent, refused


def _check_value(key: ReadingKey, raw: object) -> float | RefusalReason:
    """Return a value in the catalogue's unit, or why it is refused."""
    value = _parse_number(raw)
    if isinstance(value, RefusalReason):
        return value
    known = find_parameter(key)
    if known.low <= value <= known.high:
        return value + 0.0  # makes 0.0 of -0.0, which the first firmware writes
    match known.other:
        case AlternativeUnit(low=low, high=high, factor=factor) if low <= value <= high:
            return convert(value, factor)
    return RefusalReason.OUT_OF_RANGE


def _parse_number(raw: object) -> float | RefusalReason:
    """Return `raw` as a finite float, or why it cannot be one."""
    match raw:
        case None:
            return RefusalReason.NULL
        case bool():
            return RefusalReason.NOT_A_NUMBER
        case int() | float():
            value = float(raw)
        case str():
            text = raw.strip()
            if not text:
                return RefusalReason.EMPTY
            if len(text) > MAX_NUMBER_LENGTH or not NUMBER.fullmatch(text):
                return (
                    RefusalReason.NOT_FINITE
                    if NOT_FINITE.fullmatch(text)
                    else RefusalReason.NOT_A_NUMBER
                )
            value = float(text)
        case _:
            return RefusalReason.NOT_A_NUMBER
    return value if isfinite(value) else RefusalReason.NOT_FINITE


@lru_cache(maxsize=1024)
def _is_name(name: str) -> bool:
    """Return whether `name` can name a device, a sensor or a parameter."""
    return 0 < len(name) <= MAX_NAME_LENGTH and name.isprintable()


def _excerpt(raw: object) -> str:
    """Return what was sent as printable text, cut to 40 characters."""
    text = raw if isinstance(raw, str) else str(raw)[: _MAX_SENT_LENGTH + 1]
    printable = "".join(
        c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text[: _MAX_SENT_LENGTH + 1]
    )
    return printable if len(text) <= _MAX_SENT_LENGTH else printable[: _MAX_SENT_LENGTH - 1] + "…"
