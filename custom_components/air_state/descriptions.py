"""What Home Assistant is told of the parameters that are listed."""

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import EntityCategory

_VOC = SensorDeviceClass.VOLATILE_ORGANIC_COMPOUNDS_PARTS


def _row(
    key: str,
    device_class: SensorDeviceClass | None = None,
    *,
    category: EntityCategory | None = None,
) -> SensorEntityDescription:
    return SensorEntityDescription(
        key=key,
        translation_key=key,
        device_class=device_class,
        entity_category=category,
        state_class=SensorStateClass.MEASUREMENT,
    )


# By wire name. Units and decimals come from the catalogue, names and icons from translations and
# icons.json, where `<key>_mean` names the mean.
DESCRIPTIONS: dict[str, SensorEntityDescription] = {
    "temperature": _row("temperature", SensorDeviceClass.TEMPERATURE),
    "humidity": _row("humidity", SensorDeviceClass.HUMIDITY),
    "pressure": _row("pressure", SensorDeviceClass.ATMOSPHERIC_PRESSURE),
    "seaLevelPressure": _row("sea_level_pressure", SensorDeviceClass.ATMOSPHERIC_PRESSURE),
    # Computed from the pressure: says nothing about the air.
    "altitude": _row("altitude", SensorDeviceClass.DISTANCE, category=EntityCategory.DIAGNOSTIC),
    "co": _row("co", SensorDeviceClass.CO),
    "co2": _row("co2", SensorDeviceClass.CO2),
    "nh4": _row("nh4"),
    "alcohol": _row("alcohol", _VOC),
    "aceton": _row("acetone", _VOC),
    "toulen": _row("toluene", _VOC),
    "pm1": _row("pm1", SensorDeviceClass.PM1),
    "pm25": _row("pm25", SensorDeviceClass.PM25),
    "pm10": _row("pm10", SensorDeviceClass.PM10),
    "tvoc": _row("tvoc", _VOC),
    "vocIndex": _row("voc_index"),
    "gasResistance": _row("gas_resistance"),
    "illuminance": _row("illuminance", SensorDeviceClass.ILLUMINANCE),
    "voltage": _row("voltage", SensorDeviceClass.VOLTAGE, category=EntityCategory.DIAGNOSTIC),
    "battery": _row("battery", SensorDeviceClass.BATTERY, category=EntityCategory.DIAGNOSTIC),
}
