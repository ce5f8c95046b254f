"""Home Assistant's descriptions of sensors, made of the catalogue's rows."""

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import EntityCategory

from .core.domain.parameters import PARAMETERS, Parameter


def _description(known: Parameter, key: str) -> SensorEntityDescription:
    return SensorEntityDescription(
        key=key,
        translation_key=key,
        device_class=SensorDeviceClass(known.device_class) if known.device_class else None,
        entity_category=EntityCategory.DIAGNOSTIC if known.diagnostic else None,
        state_class=SensorStateClass.MEASUREMENT,
    )


# By the catalogue's name of the parameter. Units and decimals are set by each entity, since they
# may depend on the type of sensor.
DESCRIPTIONS: dict[str, SensorEntityDescription] = {
    name: _description(known, known.translation_key)
    for name, known in PARAMETERS.items()
    if known.translation_key is not None
}
