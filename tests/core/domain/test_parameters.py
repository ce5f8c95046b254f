"""What is known of parameters, however their names are written."""

import pytest

from custom_components.air_state.core.domain.models import ReadingKey
from custom_components.air_state.core.domain.parameters import (
    PARAMETERS,
    canonical_name,
    unit_factor,
)
from custom_components.air_state.core.domain.sensor_types import (
    find_parameter,
)


@pytest.mark.parametrize(
    ("name", "row"),
    [
        *((name, "temperature") for name in ("temperature", "Temperature", "TEMPERATURE", "temp")),
        *((name, "pm25") for name in ("pm25", "PM2.5", "pm2_5", "PM2-5", "pm_2_5", "Pm 2.5")),
        *((name, "pm1") for name in ("pm1", "PM1.0", "pm1_0", "PM_1.0", "pm.1")),
        *((name, "pm10") for name in ("pm10", "PM10", "pm_10", "PM10.0")),
        *((name, "co2") for name in ("CO2", "eCO2", "eco_2")),
        *((name, "seaLevelPressure") for name in ("sea_level_pressure", "SeaLevelPressure")),
        ("acetone", "aceton"),
        ("tVOC", "tvoc"),
        ("VOC_index", "vocIndex"),
        ("pm", "pm"),
        ("Glow", "Glow"),
        ("", ""),
    ],
)
def test_names_of_parameters(name: str, row: str) -> None:
    assert canonical_name(name) == row
    assert find_parameter(ReadingKey("x", name)) == PARAMETERS.get(
        row, find_parameter(ReadingKey("", ""))
    )


def test_the_name_of_a_parameter_finds_itself() -> None:
    assert [canonical_name(name) for name in PARAMETERS] == list(PARAMETERS)
    assert unit_factor("Sea_Level_Pressure", "Pa") == 100
