"""Readings in dialogs, as their entities show them: with the same name and unit."""

from collections.abc import Iterable
from math import log10

from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.components.sensor.const import UNIT_CONVERTERS
from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations

from ..const import DOMAIN
from ..core.domain.models import ReadingKey, Snapshot
from ..core.domain.parameters import canonical_name
from ..core.domain.sensor_types import find_parameter, sensor_name
from ..descriptions import DESCRIPTIONS
from ..translate import escape_markdown


async def async_reading_names(
    hass: HomeAssistant, keys: Iterable[ReadingKey]
) -> dict[ReadingKey, str]:
    """Return the names of the readings' entities, in Home Assistant's language."""
    texts = await async_get_translations(hass, hass.config.language, "entity", {DOMAIN})
    names: dict[ReadingKey, str] = {}
    for key in keys:
        description = DESCRIPTIONS.get(canonical_name(key.parameter))
        name = description.key if description else "reading"
        text = texts.get(f"component.{DOMAIN}.entity.sensor.{name}.name", "{sensor} {parameter}")
        names[key] = text.format(sensor=sensor_name(key.sensor), parameter=key.parameter)
    return names


async def async_preview(hass: HomeAssistant, snapshot: Snapshot) -> str:
    """Return a list in Markdown of what a station sends, with the reason for what is missing."""
    keys = [*snapshot.readings, *(each.key for each in snapshot.refused)]
    names = {
        key: escape_markdown(name) for key, name in (await async_reading_names(hass, keys)).items()
    }
    lines = [
        f"- {names[key]}: {_with_unit(hass, key, value)}"
        for key, value in snapshot.readings.items()
    ]
    lines += [f"- {names[each.key]}: missing ({each.reason.value})" for each in snapshot.refused]
    return "\n".join(lines)


def _with_unit(hass: HomeAssistant, key: ReadingKey, value: float) -> str:
    """Return a value in the unit that Home Assistant shows it in, with that unit."""
    known, description = find_parameter(key), DESCRIPTIONS.get(canonical_name(key.parameter))
    unit, device_class = known.unit, description.device_class if description else None
    if unit is None or known.decimals is None:
        return f"{value:.10g}"
    shown_in = hass.config.units.get_converted_unit(device_class, unit)
    if device_class is SensorDeviceClass.TEMPERATURE:
        shown_in = hass.config.units.temperature_unit
    decimals = known.decimals
    if shown_in is not None and device_class is not None:
        converter = UNIT_CONVERTERS[device_class]
        decimals = max(0, decimals + int(log10(converter.get_unit_ratio(unit, shown_in))))
        value, unit = converter.convert(value, unit, shown_in), shown_in
    return f"{value:.{decimals}f} {unit}"
