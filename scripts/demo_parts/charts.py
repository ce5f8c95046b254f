"""A dashboard for the demo, and the past as Home Assistant's own long-term statistics."""

from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

from .home_assistant import HomeAssistant

_AGGREGATES = ("mean", "min", "max")  # as Home Assistant names them in its statistics too
_CARDS = """\
title: Air
views:
  - title: {name}
    path: "{path}"
    icon: mdi:air-filter
    type: sections
    max_columns: 3
    sections:
      - type: grid
        cards:
          - type: heading
            heading: {name}
          - type: tile
            entity: sensor.{path}_mean_temperature
            name: Mean temperature
          - type: tile
            entity: sensor.{path}_dht22_humidity
            name: Humidity
          - type: gauge
            entity: sensor.{path}_mq_135_carbon_dioxide
            name: CO₂, as an MQ-135 has it
            min: 400
            max: 420
            needle: true
            severity: {{green: 400, yellow: 408, red: 414}}
          - type: tile
            entity: sensor.{path}_bmp180_pressure
            name: Pressure
          - type: tile
            entity: sensor.{path}_mq_135_carbon_monoxide
            name: Carbon monoxide
      - type: grid
        cards:
          - type: statistics-graph
            title: CO₂, last week
            entities: [sensor.{path}_mq_135_carbon_dioxide]
            days_to_show: 7
            period: hour
            stat_types: [mean, min, max]
            hide_legend: true
            grid_options: {{columns: full}}
          - type: statistics-graph
            title: Temperature, three sensors
            entities:
              - {{entity: sensor.{path}_bmp180_temperature, name: BMP180}}
              - {{entity: sensor.{path}_dht22_temperature, name: DHT22}}
              - {{entity: sensor.{path}_ds18b20_temperature, name: DS18B20}}
            days_to_show: 3
            period: hour
            stat_types: [mean]
            grid_options: {{columns: full}}
"""


def write_dashboard(folder: Path, name: str) -> None:
    """Write the dashboard of the first station."""
    path = name.lower().replace(" ", "_")
    (folder / "air.yaml").write_text(_CARDS.format(name=name, path=path), encoding="utf-8")


async def import_statistics(
    home: HomeAssistant, entry_id: str, days: int, done: Counter[str]
) -> None:
    """Give Home Assistant the statistics that it would have made; count the `entities`."""
    for entity in await home.command("config/entity_registry/list"):
        _, _, name = entity["unique_id"].partition("/")
        if entity["config_entry_id"] == entry_id and name and not name.startswith("/"):
            await _import_one(home, entity["entity_id"], name.replace("/", "."), entry_id, days)
            done["entities"] += 1


async def _import_one(
    home: HomeAssistant, entity_id: str, parameter: str, entry_id: str, days: int
) -> None:
    """Import the statistics of one entity."""
    state = await home.request("GET", f"/api/states/{entity_id}")
    unit = state["attributes"].get("unit_of_measurement")
    answer = await home.act(
        "get_history",
        config_entry_id=entry_id,
        parameters=[parameter],
        start=f"-{days}d",
        window="1h",
        aggregate=list(_AGGREGATES),
        limit=25_000,
    )
    hours = [
        {"start": record["time"]} | {each: record[f"{parameter}_{each}"] for each in _AGGREGATES}
        for record in answer["records"][:-1]  # the present hour is not over
    ]
    whole = [hour for hour in hours if datetime.fromisoformat(hour["start"]).minute == 0]
    await home.command(
        "recorder/import_statistics",
        metadata={
            "mean_type": 1,
            "has_sum": False,
            "name": None,
            "source": "recorder",
            "statistic_id": entity_id,
            "unit_class": _unit_class(state["attributes"], unit),
            "unit_of_measurement": unit,
        },
        stats=whole,
    )


def _unit_class(attributes: dict[str, Any], unit: str | None) -> str | None:
    """Return the class that Home Assistant gives the unit of such a sensor."""
    if attributes.get("device_class") == "carbon_monoxide":
        return "carbon_monoxide"
    known = {"°C": "temperature", "hPa": "pressure", "m": "distance"}
    return known.get(unit or "", "unitless" if unit in {"ppm", "%"} else None)
