"""Each row of the catalogue has what Home Assistant needs; a test that fails says what to add."""

import json
from dataclasses import replace
from pathlib import Path
from string import Formatter

import pytest
from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.components.sensor.const import DEVICE_CLASS_UNITS

import custom_components.air_state
from custom_components.air_state.core.domain.parameters import PARAMETERS, Parameter

FOLDER = Path(custom_components.air_state.__file__).parent

type Section = dict[str, dict[str, str]]


def sensor_section(file: str) -> Section:
    """Return what a JSON file of the integration has under "entity" and "sensor"."""
    section: Section = json.loads((FOLDER / file).read_text(encoding="utf-8"))["entity"]["sensor"]
    return section


TEXTS, ICONS = sensor_section("translations/en.json"), sensor_section("icons.json")


def missing_texts(name: str, row: Parameter, texts: Section = TEXTS) -> list[str]:
    """Return a sentence for each text that a row of the catalogue lacks."""
    key = row.translation_key
    if key is None:
        return [f'Give the row "{name}" of core/domain/parameters.py a translation_key.']
    found = []
    for entry, allowed in ((key, {"sensor"}), (f"{key}_mean", set[str]())):
        text = texts.get(entry, {}).get("name", "")
        shape = "{sensor} …" if allowed else "Mean …"
        if not text or {part for _, part, _, _ in Formatter().parse(text) if part} != allowed:
            found.append(
                f'Add "entity": {{"sensor": {{"{entry}": {{"name": "{shape}"}}}}}} to'
                f' translations/en.json, for the parameter "{name}".'
            )
    return found


def missing_icons(name: str, row: Parameter, icons: Section = ICONS) -> list[str]:
    """Return a sentence for each icon that a row lacks: with a device class it needs none."""
    if row.device_class is not None:
        return []
    return [
        f'Add "entity": {{"sensor": {{"{entry}": {{"default": "mdi:…"}}}}}} to icons.json:'
        f' the parameter "{name}" has no device class to give it an icon.'
        for entry in (f"{row.translation_key}", f"{row.translation_key}_mean")
        if entry not in icons
    ]


def device_class_faults(name: str, row: Parameter) -> list[str]:
    """Return a sentence if Home Assistant does not know the device class, or not with the unit."""
    if row.device_class is None:
        return []
    where = f'the row "{name}" of core/domain/parameters.py'
    if row.device_class not in list(SensorDeviceClass):
        return [f'Home Assistant has no device class "{row.device_class}": correct {where}.']
    units = DEVICE_CLASS_UNITS[SensorDeviceClass(row.device_class)]
    if row.unit not in units:
        allowed = ", ".join(sorted(map(str, units)))
        fault = f'The device class "{row.device_class}" does not take the unit "{row.unit}"'
        return [f"{fault}: give {where} one of {allowed}, or another device class."]
    return []


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_parameter_has_its_texts(name: str) -> None:
    sentences = missing_texts(name, PARAMETERS[name])
    assert not sentences, "\n".join(sentences)


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_parameter_has_its_icons(name: str) -> None:
    sentences = missing_icons(name, PARAMETERS[name])
    assert not sentences, "\n".join(sentences)


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_device_class_takes_its_unit(name: str) -> None:
    sentences = device_class_faults(name, PARAMETERS[name])
    assert not sentences, "\n".join(sentences)


def test_translation_keys_differ() -> None:
    keys = [row.translation_key for row in PARAMETERS.values()]
    assert len(set(keys)) == len(keys)


def test_what_lacks_is_said() -> None:
    co2 = PARAMETERS["co2"]

    (no_key,) = missing_texts("co2", replace(co2, translation_key=None))
    assert no_key == 'Give the row "co2" of core/domain/parameters.py a translation_key.'

    (no_text,) = missing_texts("co2", co2, {key: TEXTS[key] for key in TEXTS if key != "co2_mean"})
    assert no_text == (
        'Add "entity": {"sensor": {"co2_mean": {"name": "Mean …"}}} to translations/en.json,'
        ' for the parameter "co2".'
    )

    no_icons = missing_icons("nh4", PARAMETERS["nh4"], {})
    assert no_icons[0] == (
        'Add "entity": {"sensor": {"nh4": {"default": "mdi:…"}}} to icons.json:'
        ' the parameter "nh4" has no device class to give it an icon.'
    )

    (no_class,) = device_class_faults("co2", replace(co2, device_class="co2"))
    assert no_class == (
        'Home Assistant has no device class "co2": correct the row "co2" of'
        " core/domain/parameters.py."
    )

    (no_unit,) = device_class_faults("co2", replace(co2, unit="%"))
    assert no_unit.startswith(
        'The device class "carbon_dioxide" does not take the unit "%": give the row'
    )
