"""Actions that read a history, called as scripts call them."""

from datetime import date, datetime
from pathlib import Path

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.air_state.const import DOMAIN
from custom_components.air_state.services import ACTIONS
from tests.ha.conftest import FakeStation, SetUp
from tests.ha.history import WARSAW, act, filled

__all__ = ["filled"]


async def test_get_latest(hass: HomeAssistant, filled: MockConfigEntry) -> None:
    answer = await act(hass, "get_latest", filled)

    time = "2026-11-02T11:30:00.000+01:00"
    assert answer == {
        "station": "Attic",
        "parameters": {
            "co2": {"value": 495.0, "unit": "ppm", "time": time, "sensors": ["mq135"]},
            "temperature": {
                "value": 20.05,
                "unit": "°C",
                "time": time,
                "sensors": ["bmp180", "dht22"],
            },
        },
        "readings": {
            "bmp180.temperature": {
                "value": 20.0,
                "unit": "°C",
                "time": time,
                "sensors": ["bmp180"],
            },
            "dht22.temperature": {"value": 20.1, "unit": "°C", "time": time, "sensors": ["dht22"]},
            "mq135.co2": {"value": 495.0, "unit": "ppm", "time": time, "sensors": ["mq135"]},
        },
    }


async def test_latest_is_there_before_it_is_committed(
    hass: HomeAssistant, set_up: SetUp, entry: MockConfigEntry, station: FakeStation
) -> None:
    data = await set_up()
    await data.journal.flush()
    station.sends(dht22={"humidity": 77})
    await data.coordinator.async_refresh()

    answer = await act(hass, "get_latest", entry)
    assert answer["parameters"]["humidity"]["value"] == 77.0


async def test_history_as_records(hass: HomeAssistant, filled: MockConfigEntry) -> None:
    answer = await act(
        hass,
        "get_history",
        filled,
        parameters=["co2", "dht22.temperature"],
        start="-2h",
        window="1h",
        aggregate="max",
    )

    assert answer == {
        "station": "Attic",
        "source": "journal",
        "problem": None,
        "start": "2026-11-02T10:00:00.000+01:00",
        "stop": "2026-11-02T12:00:00.000+01:00",
        "window": "1h",
        "aggregate": "max",
        "units": {"co2": "ppm", "dht22.temperature": "°C"},
        "row_count": 2,
        "truncated": False,
        "next_start": None,
        "records": [
            {"time": "2026-11-02T10:00:00+01:00", "co2": 493.0, "dht22.temperature": 20.1},
            {"time": "2026-11-02T11:00:00+01:00", "co2": 495.0, "dht22.temperature": 20.1},
        ],
    }


async def test_several_aggregates_make_a_column_each(
    hass: HomeAssistant, filled: MockConfigEntry
) -> None:
    asked = {"parameters": ["co2", "dht22.temperature"], "start": "-2h", "window": "1h"}
    answer = await act(hass, "get_history", filled, aggregate=["max", "count"], **asked)

    assert answer["aggregate"] == ["max", "count"]
    assert answer["units"] == {
        "co2_max": "ppm",
        "co2_count": None,
        "dht22.temperature_max": "°C",
        "dht22.temperature_count": None,
    }
    assert answer["records"][0] == {
        "time": "2026-11-02T10:00:00+01:00",
        "co2_max": 493.0,
        "co2_count": 2.0,
        "dht22.temperature_max": 20.1,
        "dht22.temperature_count": 2.0,
    }
    table = await act(
        hass, "get_history", filled, aggregate=["max", "count"], format="table", **asked
    )
    assert table["columns"] == ["time", *answer["units"]]
    assert [list(record.values()) for record in answer["records"]] == table["rows"]
    text = await act(hass, "get_history", filled, aggregate=["max", "count"], format="csv", **asked)
    assert text["csv"].splitlines()[0] == ",".join(table["columns"])


@pytest.mark.parametrize("aggregate", [["max"], ["max", "max"]])
async def test_a_list_of_one_aggregate_is_that_aggregate(
    hass: HomeAssistant, filled: MockConfigEntry, aggregate: list[str]
) -> None:
    answer = await act(hass, "get_history", filled, window="1h", aggregate=aggregate)
    assert answer == await act(hass, "get_history", filled, window="1h", aggregate="max")
    empty = await act(hass, "get_history", filled, aggregate=[])
    assert empty == await act(hass, "get_history", filled)


async def test_history_as_a_table_of_raw_rows(hass: HomeAssistant, filled: MockConfigEntry) -> None:
    answer = await act(
        hass, "get_history", filled, parameters="temperature", start="-1h", format="table"
    )

    assert (answer["window"], answer["aggregate"]) == (None, None)
    assert answer["columns"] == ["time", "temperature"]
    assert answer["rows"] == [
        ["2026-11-02T11:00:00.000+01:00", 20.0],
        ["2026-11-02T11:30:00.000+01:00", 20.05],
    ]


async def test_history_as_csv(hass: HomeAssistant, filled: MockConfigEntry) -> None:
    answer = await act(hass, "get_history", filled, start="2026-11-02", window="6h", format="csv")

    assert answer["csv"] == (
        "time,co2,temperature\n"
        "2026-11-01T19:00:00+01:00,472.5,20.025\n"  # windows are counted in UTC
        "2026-11-02T01:00:00+01:00,479.5,20.025\n"
        "2026-11-02T07:00:00+01:00,490.5,20.025\n"
    )


async def test_history_goes_on_where_it_was_truncated(
    hass: HomeAssistant, filled: MockConfigEntry
) -> None:
    asked: dict[str, object] = {"parameters": ["co2"], "start": "-2d"}
    seen = []
    while True:
        answer = await act(hass, "get_history", filled, limit=40, **asked)
        seen += [record["co2"] for record in answer["records"]]
        assert answer["truncated"] is (answer["next_start"] is not None)
        if not answer["truncated"]:
            break
        asked["start"] = answer["next_start"]
    assert seen == [400.0 + number for number in range(96)]


async def test_auto_and_defaults(hass: HomeAssistant, filled: MockConfigEntry) -> None:
    answer = await act(hass, "get_history", filled, window="auto", limit="30")
    assert (answer["window"], answer["aggregate"], answer["row_count"]) == ("1h", "mean", 24)

    assert (await act(hass, "get_history", filled))["row_count"] == 48


@pytest.mark.parametrize(
    ("start", "rows"),
    [
        (datetime(2026, 11, 2, 11, 30, tzinfo=WARSAW), 1),
        ("2026-11-02 11:30", 1),
        (date(2026, 11, 2), 24),
    ],
)
async def test_templates_may_give_times_as_objects(
    hass: HomeAssistant, filled: MockConfigEntry, start: object, rows: int
) -> None:
    answer = await act(hass, "get_history", filled, start=start)

    assert answer["row_count"] == rows


@pytest.mark.parametrize(
    ("data", "key", "placeholders", "message"),
    [
        (
            {"start": "soon"},
            "time_invalid",
            {"name": "start", "value": "soon"},
            "“soon” is not a time",
        ),
        ({"stop": 5}, "time_invalid", {"name": "stop", "value": "5"}, "such as -3h"),
        (
            {"start": "now", "stop": "-1h"},
            "range_invalid",
            {"start": "now", "stop": "-1h"},
            "start is “now”, stop is “-1h”",
        ),
        ({"window": "2d"}, "window_invalid", {"value": "2d"}, "1d, 1w or 1mo"),
        (
            {"window": "1h", "aggregate": "median"},
            "choice_invalid",
            {"value": "median", "allowed": "mean, min, max, first, last, count, sum"},
            "“median” is not a choice",
        ),
        (
            {"window": "1h", "aggregate": ["max", "median"]},
            "choice_invalid",
            {"value": "median", "allowed": "mean, min, max, first, last, count, sum"},
            "“median” is not a choice",
        ),
        (
            {"format": "xml"},
            "choice_invalid",
            {"value": "xml", "allowed": "records, table, csv"},
            "records, table, csv",
        ),
        ({"aggregate": "max"}, "aggregate_without_window", {"value": "max"}, "needs a window"),
        (
            {"aggregate": ["min", "max"]},
            "aggregate_without_window",
            {"value": "min, max"},
            "The aggregate “min, max” needs a window",
        ),
        (
            {"parameters": ["co2", "co3"]},
            "parameter_unknown",
            {
                "value": "co3",
                "allowed": "co2, temperature, bmp180.temperature, dht22.temperature, mq135.co2",
            },
            "It has: co2, temperature, ",
        ),
        (
            {"limit": 25_001},
            "limit_invalid",
            {"value": "25001", "most": "25000"},
            "from 1 to 25000",
        ),
        ({"limit": "many"}, "limit_invalid", {"value": "many", "most": "25000"}, "“many” rows"),
        ({"limit": 2.5}, "limit_invalid", {"value": "2.5", "most": "25000"}, "a whole number"),
        ({"limit": 0}, "limit_invalid", {"value": "0", "most": "25000"}, "from 1 to 25000"),
    ],
)
async def test_mistakes_are_named_and_say_what_to_write(
    hass: HomeAssistant,
    filled: MockConfigEntry,
    data: dict[str, object],
    key: str,
    placeholders: dict[str, str],
    message: str,
) -> None:
    with pytest.raises(ServiceValidationError) as caught:
        await act(hass, "get_history", filled, **data)

    error = caught.value
    assert (error.translation_domain, error.translation_key) == (DOMAIN, key)
    assert error.translation_placeholders == placeholders
    assert message in str(error)


async def test_a_journal_that_cannot_be_read_is_no_mistake_of_the_caller(
    hass: HomeAssistant, filled: MockConfigEntry, journal_path: Path
) -> None:
    for each in journal_path.parent.iterdir():
        each.unlink()
    journal_path.mkdir()

    with pytest.raises(HomeAssistantError) as caught:
        await act(hass, "get_latest", filled)
    assert not isinstance(caught.value, ServiceValidationError)
    assert caught.value.translation_key == "journal_unavailable"
    assert str(journal_path) in str(caught.value)


async def test_null_is_left_out_and_spaces_do_not_count(
    hass: HomeAssistant, filled: MockConfigEntry
) -> None:
    nulls = dict.fromkeys(("start", "stop", "window", "aggregate", "limit", "format"))

    answer = await act(hass, "get_history", filled, parameters=[" co2 "], **nulls)
    assert answer == await act(hass, "get_history", filled, parameters=["co2"])


async def test_actions_are_there_without_a_station(hass: HomeAssistant) -> None:
    assert hass.services.async_services()[DOMAIN].keys() == ACTIONS.keys()

    stranger = MockConfigEntry(domain=DOMAIN, entry_id="gone")
    with pytest.raises(ServiceValidationError) as caught:
        await act(hass, "get_latest", stranger)
    assert caught.value.translation_key == "service_config_entry_not_found"


async def test_usable_from_a_script(hass: HomeAssistant, filled: MockConfigEntry) -> None:
    script = {
        "script": {
            "warmest": {
                "sequence": [
                    {
                        "action": "air_state.get_history",
                        "data": {
                            "config_entry_id": filled.entry_id,
                            "parameters": ["temperature"],
                            "start": "{{ (now() - timedelta(days=1)).isoformat() }}",
                            "window": "1d",
                            "aggregate": "max",
                        },
                        "response_variable": "history",
                    },
                    {"variables": {"result": {"warmest": "{{ history.records[-1].temperature }}"}}},
                    {"stop": "done", "response_variable": "result"},
                ]
            }
        }
    }
    assert await async_setup_component(hass, "script", script)

    answer = await hass.services.async_call(
        "script", "warmest", blocking=True, return_response=True
    )
    assert answer == {"warmest": 20.05}
