"""Texts and manifest: what hassfest checks, and that no text is missing or left over."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from homeassistant.util.yaml import load_yaml_dict
from probatio import Required

from custom_components.air_state import config_flow, descriptions, repairs, services
from custom_components.air_state import journal_issues as issues
from custom_components.air_state.actions import influx as influx_actions
from custom_components.air_state.actions.tables import TableFormat
from custom_components.air_state.const import DOMAIN
from custom_components.air_state.core.domain import errors
from custom_components.air_state.core.domain.models import Aggregate, ReadingKey, Source
from custom_components.air_state.core.history.request import MAX_ROWS
from custom_components.air_state.core.influx import errors as influx_errors
from custom_components.air_state.entities import mirror_sensors, station_entities
from custom_components.air_state.flows import options as options_flow
from custom_components.air_state.mirroring import issues as mirror_issues

CHECKOUT = Path(__file__).parents[1]
FOLDER = CHECKOUT / "custom_components" / DOMAIN

type Tree = dict[str, "Tree | str"]


def read(name: str) -> Tree:
    tree: Tree = json.loads((FOLDER / name).read_text(encoding="utf-8"))
    return tree


EN, ICONS = read("translations/en.json"), read("icons.json")
SERVICES = load_yaml_dict(str(FOLDER / "services.yaml"))


def at(tree: Tree, *path: str) -> Tree:
    """Return the part of the tree at `path`, empty if there is none."""
    for name in path:
        branch = tree.get(name, {})
        assert isinstance(branch, dict)
        tree = branch
    return tree


def texts(tree: Tree, *path: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield every text of the tree with its path."""
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from texts(value, *path, name)
        else:
            yield (*path, name), value


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


# manifest.json and hacs.json


def test_the_manifest() -> None:
    manifest = read("manifest.json")
    keys = list(manifest)

    assert keys == ["domain", "name", *sorted(keys[2:])]
    assert {"codeowners", "config_flow", "documentation", "iot_class", "issue_tracker"} < set(keys)
    assert set(keys) <= {
        *("domain", "name", "after_dependencies", "codeowners", "config_flow", "dependencies"),
        *("documentation", "integration_type", "iot_class", "issue_tracker", "loggers"),
        *("requirements", "single_config_entry", "version", "zeroconf"),
    }
    assert manifest["domain"] == DOMAIN == FOLDER.name
    assert manifest["integration_type"] == "device"
    assert manifest["iot_class"] == "local_polling"
    assert re.fullmatch(r"\d+\.\d+\.\d+", str(manifest["version"]))
    assert str(manifest["codeowners"]) == "['@air-state']"
    assert "home-assistant.io" not in str(manifest["documentation"])


def test_versions_agree() -> None:
    manifest, project = read("manifest.json"), (CHECKOUT / "pyproject.toml").read_text()

    assert f'\nversion = "{manifest["version"]}"\n' in project
    assert f"## {manifest['version']}" in (CHECKOUT / "CHANGELOG.md").read_text()


def test_hacs() -> None:
    hacs = json.loads((CHECKOUT / "hacs.json").read_text())

    assert hacs["name"] == "Air State"
    assert set(hacs) <= {
        *("content_in_root", "filename", "hacs", "hide_default_branch", "homeassistant"),
        *("name", "persistent_directory", "zip_release"),
    }


@pytest.mark.parametrize(("name", "size"), [("icon", 256), ("icon@2x", 512)])
def test_brand_icons(name: str, size: int) -> None:
    header = (FOLDER / "brand" / f"{name}.png").read_bytes()[:24]

    assert header[:8] == b"\x89PNG\r\n\x1a\n"
    assert [int.from_bytes(header[at : at + 4]) for at in (16, 20)] == [size, size]


# Texts in general


def test_no_text_is_empty_or_untidy() -> None:
    for path, text in texts(EN):
        assert text == text.strip(), path
        assert text, path
        assert "[%key:" not in text, path
        assert not re.search(r"https?://|www\.", text), path
        assert not re.search(r"<[a-z/]", text), path
        assert not re.search(r"'\{\w+\}'", text), path  # quotes that some languages escape by


def test_keys_are_of_home_assistants_form() -> None:
    for tree in (EN, ICONS):
        for path, _ in texts(tree):
            for key in path:
                assert re.fullmatch(r"[a-z0-9_-]+", key), path


def test_only_english_and_no_strings_json() -> None:
    assert [each.name for each in (FOLDER / "translations").iterdir()] == ["en.json"]
    assert not (FOLDER / "strings.json").exists()


# Errors


def error_codes(kind: type[errors.AirStateError]) -> dict[str, type[errors.AirStateError]]:
    own = {kind.code: kind} if "code" in vars(kind) else {}
    for child in kind.__subclasses__():
        own |= error_codes(child)
    return own


def documented_details(kind: type[errors.AirStateError]) -> set[str]:
    """Return the details that the docstring of a class, or of its nearest base, lists."""
    for each in kind.__mro__:
        if found := re.search(r"Details: (.*)\.", each.__doc__ or ""):
            return {part.split(",")[0].strip() for part in re.split(r", (?!its|and)", found[1])}
    return set()


CODES = error_codes(errors.AirStateError)


def test_every_error_has_its_text_and_no_text_is_left_over() -> None:
    assert at(EN, "exceptions").keys() == CODES.keys()


@pytest.mark.parametrize("code", CODES)
def test_texts_of_errors_ask_for_details_that_are_there(code: str) -> None:
    message = at(EN, "exceptions", code)["message"]
    assert isinstance(message, str)
    allowed = documented_details(CODES[code])
    if issubclass(CODES[code], errors.PayloadError):
        allowed |= {"address"}

    assert placeholders(message) <= allowed


def test_the_config_flow_says_the_same_of_an_error() -> None:
    shown = at(EN, "config", "error")
    flow = {
        code
        for code, kind in CODES.items()
        if issubclass(kind, (errors.StationError, errors.AddressError, influx_errors.InfluxError))
    } - {
        influx_errors.InfluxRefusalError.code,
        influx_errors.InfluxTooLargeError.code,
        influx_errors.InfluxUnexpectedError.code,
        influx_errors.InfluxLostError.code,
        errors.StationOtherError.code,
        errors.StationNamelessError.code,
        errors.StationTakenError.code,
        influx_errors.InfluxForbiddenError.code,
        influx_errors.InfluxMalformedError.code,  # of answers to queries, which a flow
        influx_errors.InfluxEndlessError.code,  # does not ask
        *error_codes(influx_errors.InfluxAnswerError),
    }

    own = {"name_missing", "device_tag_invalid", "device_tag_taken", "token_sees_nothing"}
    own.add("influx_not_asked")
    assert shown.keys() == flow | own
    for code in flow:
        assert shown[code] == at(EN, "exceptions", code)["message"]


# Flows


def steps(kind: type) -> set[str]:
    """Return the steps of a flow, without those of Home Assistant's base classes."""
    own = [each for each in kind.__mro__ if each.__module__.startswith("custom_components")]
    names = {name for each in own for name in vars(each)}
    return {name.removeprefix("async_step_") for name in names if "async_step_" in name}


FIELDS = {
    "user": {"address"},
    "station": {"name", "poll_seconds"},
    "address": {"address"},
    "other_station": set[str](),
    "influxdb": {"url", "verify_tls"},
    "token": {"token"},
    "login": {"username", "password", "token"},
    "take_over": {"connection"},
    "other_place": set[str](),
    "bucket": {"organisation", "bucket"},
    "database": {"database", "without_flux"},
    "policy": {"policy"},
    "points": {"device_tag", "own_readings", "send_history"},
    "units": {"go_on", "device_tag"},
    "remove_influxdb": set[str](),
    "reauth_confirm": {"username", "password", "token"},
}
MENUS = {
    "mirror": {"without_influxdb", "take_over", "influxdb"},
    "reconfigure": {
        *("address", "other_place", "influxdb", "take_over", "connect_influxdb"),
        "remove_influxdb",
    },
}


def test_every_step_and_field_is_translated() -> None:
    unseen = {
        "reauth",
        "without_influxdb",
        "connect_influxdb",
        "zeroconf",
    }  # these show nothing themselves
    assert steps(config_flow.AirStateConfigFlow) - unseen == FIELDS.keys() | MENUS.keys()
    assert at(EN, "config", "step").keys() == FIELDS.keys() | MENUS.keys()
    for step, names in FIELDS.items():
        for kind in ("data", "data_description"):
            assert at(EN, "config", "step", step, kind).keys() == names
        assert {"title", "description"} <= at(EN, "config", "step", step).keys()
    for step, options in MENUS.items():
        assert at(EN, "config", "step", step, "menu_options").keys() == options
        assert {"title", "description"} <= at(EN, "config", "step", step).keys()
    assert at(EN, "config", "abort").keys() == {
        *("already_configured", "no_influxdb", "not_there", "no_readings"),
    }


def test_every_option_is_translated() -> None:
    key = ReadingKey("a", "t")
    schema = options_flow._options_schema([[key]], [key], {key: "A t"}, mirrored=True)
    names = {str(marker) for marker in schema.schema}

    assert steps(options_flow.AirStateOptionsFlow) == {"init", "units"}
    for kind in ("data", "data_description"):
        assert at(EN, "options", "step", "init", kind).keys() == names
    tags = {"device_tag_invalid", "device_tag_taken"}
    assert at(EN, "options", "error").keys() == {"none_counted", "influx_not_asked"} | tags
    for kind in ("data", "data_description"):
        assert at(EN, "options", "step", "units", kind).keys() == FIELDS["units"]


# Entities


def test_every_entity_is_named_and_no_name_is_left_over() -> None:
    keys = {each.translation_key for each in descriptions.DESCRIPTIONS.values()}
    names = at(EN, "entity", "sensor")

    mirror = {each.translation_key for each in mirror_sensors.MIRROR_SENSORS}
    station = {station_entities.SIGNAL.key, station_entities.STARTED.key}
    assert (
        names.keys()
        == keys | {f"{key}_mean" for key in keys} | {"mean", "reading"} | mirror | station
    )
    assert at(EN, "entity", "binary_sensor").keys() == {"influxdb", "warming_up"}
    for key in keys:
        assert placeholders(str(at(names, str(key))["name"])) == {"sensor"}
        assert not placeholders(str(at(names, f"{key}_mean")["name"]))
    assert placeholders(str(at(names, "mean")["name"])) == {"parameter"}
    assert placeholders(str(at(names, "reading")["name"])) == {"sensor", "parameter"}


def test_icons_are_for_entities_without_a_device_class() -> None:
    plain = {
        each.key
        for each in descriptions.DESCRIPTIONS.values()
        if each.device_class is None or each.device_class == "distance"
    }

    mirror = {each.key for each in mirror_sensors.MIRROR_SENSORS if each.device_class is None}
    means = {f"{key}_mean" for key in plain} | {"mean", "reading"}
    assert at(ICONS, "entity", "sensor").keys() == plain | means | mirror
    for path, icon in texts(ICONS):
        assert re.fullmatch(r"mdi:[a-z0-9-]+", icon), path


# Actions


def test_every_action_and_field_is_described() -> None:
    actions = services.ACTIONS
    assert SERVICES.keys() == actions.keys() == at(EN, "services").keys()
    assert at(ICONS, "services").keys() == actions.keys()
    for name, action in actions.items():
        fields = {str(marker) for marker in action.schema.schema}
        required = {str(each) for each in action.schema.schema if isinstance(each, Required)}
        assert SERVICES[name]["fields"].keys() == fields
        shown = {key for key, each in SERVICES[name]["fields"].items() if each.get("required")}
        assert shown == required
        assert at(EN, "services", name, "fields").keys() == fields
        for field in fields:
            own = at(EN, "services", name, "fields", field)
            assert own.keys() == {"name", "description"}
        assert at(EN, "services", name).keys() == {"name", "description", "fields"}


def test_choices_are_those_of_the_code() -> None:
    fields = SERVICES["get_history"]["fields"]
    choices = {"aggregate": Aggregate, "format": TableFormat, "source": Source}
    for name, kind in choices.items():
        select = fields[name]["selector"]["select"]
        assert select["options"] == [each.value for each in kind]
        assert select["translation_key"] == name
        assert select.get("multiple", False) is (name == "aggregate")
        assert "custom_value" not in select
        assert at(EN, "selector", name, "options").keys() == {each.value for each in kind}
    assert at(EN, "selector").keys() == choices.keys()
    assert fields["limit"]["selector"]["number"]["max"] == MAX_ROWS
    timeout = SERVICES["query_flux"]["fields"]["timeout"]["selector"]["number"]
    assert timeout["max"] == influx_actions.MAX_SECONDS


def test_notifications_have_their_texts() -> None:
    code = (FOLDER / "actions/export.py").read_text()
    used = set(re.findall(r'_notify\(\s*"(\w+)"', code)) | {"export_title"}
    assert at(EN, "common").keys() == used


# Issues, system health


def test_every_issue_has_its_text() -> None:
    mirror = {mirror_issues.MISSING, mirror_issues.REFUSES_ALL, mirror_issues.DEAD_LETTERS}
    journal = {issues.NOT_WRITABLE, issues.NEWER_VERSION, issues.SET_ASIDE, issues.AT_LIMIT}
    journal |= {issues.ROWS_MISSING, issues.FUTURE_SET_ASIDE}
    mirror.add(mirror_issues.EMPTIED)
    keys = journal | mirror | {issues.CLOCK_AHEAD, issues.CLOCK_BEHIND}

    assert at(EN, "issues").keys() == keys
    for key in keys:
        assert ("description" in at(EN, "issues", key)) != ("fix_flow" in at(EN, "issues", key))


def test_every_choice_of_a_repair_has_its_text() -> None:
    flows = {
        issues.CLOCK_AHEAD: repairs.ClockAheadFlow,
        issues.CLOCK_BEHIND: repairs.ClockBehindFlow,
        issues.FUTURE_SET_ASIDE: repairs.FutureRowsFlow,
        mirror_issues.DEAD_LETTERS: repairs.DeadLettersFlow,
        mirror_issues.REFUSES_ALL: repairs.RefusesAllFlow,
        mirror_issues.MISSING: repairs.MissingFlow,
        mirror_issues.EMPTIED: repairs.EmptiedFlow,
    }
    for key, flow in flows.items():
        fix = at(EN, "issues", key, "fix_flow")
        assert at(fix, "step", "init", "menu_options").keys() == set(flow.choices)
        assert steps(flow) == {"init", *flow.choices}
        assert at(fix, "abort").keys() == {"not_loaded", "failed"}


def test_system_health_is_labelled() -> None:
    code = (FOLDER / "system_health.py").read_text()

    labels = at(EN, "system_health", "info").keys()
    assert set(re.findall(r'^        "(\w+)":', code, re.MULTILINE)) == labels
