"""Payloads as stations send them, for all tests."""

import json
from collections.abc import Mapping
from copy import deepcopy

type Device = dict[str, dict[str, object]]

OLD_SKETCH: Device = {
    "mq135": {
        "co": "3.42",
        "co2": "402.51",
        "nh4": "3.98",
        "alcohol": "1.18",
        "toulen": "0.48",
        "aceton": "0.41",
    },
    "bmp180": {
        "temperature": "21.40",
        "pressure": "995.12",
        "seaLevelPressure": "1013.03",
        "altitude": "149.75",
    },
    "ds18b20": {"temperature": "21.06"},
    "dht22": {"temperature": "21.20", "humidity": "45.10"},
}


def device(**changes: Mapping[str, object]) -> Device:
    """Return what the first firmware sends, with some parameters of some sensors changed."""
    changed = deepcopy(OLD_SKETCH)
    for sensor, parameters in changes.items():
        changed.setdefault(sensor, {}).update(parameters)
    return changed


def payload(**changes: Mapping[str, object]) -> bytes:
    """Return the bytes of the first firmware's answer, with some parameters changed."""
    return encode({"nodemcu": device(**changes)})


def encode(value: object) -> bytes:
    """Return a value as JSON bytes."""
    return json.dumps(value).encode()
