"""Names and messages from outside make no links or images where Home Assistant shows Markdown.

It shows Markdown in descriptions and aborts of flows, below fields, in repair issues and in
notifications. Each such text with a placeholder is filled here with harmful Markdown.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from homeassistant.components import persistent_notification
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.air_state.actions.export import Export
from custom_components.air_state.config_flow import AirStateConfigFlow
from custom_components.air_state.const import CONF_ADDRESS, CONF_DEVICE, CONF_INFLUXDB, DOMAIN
from custom_components.air_state.core.domain.errors import (
    JournalUnavailableError,
    JournalVersionError,
)
from custom_components.air_state.core.domain.models import Series
from custom_components.air_state.core.influx.errors import InfluxBucketError, InfluxRefusalError
from custom_components.air_state.core.influx.server.unit_jumps import UnitJump
from custom_components.air_state.core.influx.target import InfluxKind, InfluxTarget
from custom_components.air_state.core.journal.recovery.rebuild import DamageReport
from custom_components.air_state.core.journal.writing.journal_clock import ClockJump
from custom_components.air_state.core.mirror.status import MirrorStatus
from custom_components.air_state.flows.influx.units import jumps_as_markdown
from custom_components.air_state.journal_issues import JournalIssues
from custom_components.air_state.mirroring.issues import MISSING, MirrorIssues
from custom_components.air_state.mirroring.settings import InfluxSettings
from custom_components.air_state.repairs import ClockBehindFlow
from tests.ha.conftest import FakeStation
from tests.ha.flows.forms import begin, submit
from tests.payloads import encode
from tests.test_texts import EN, placeholders, texts

EVIL = "![x](http://evil.test/x.png) [l](http://evil.test) <b>*_`www.evil.test"
type TextPath = tuple[str, ...]
type Shown = dict[str, Mapping[str, str]]  # placeholders by the beginning of a text's path


def is_markdown(path: TextPath) -> bool:
    match path:
        case ("config" | "options", "step", _, kind, *_):
            return kind in {"description", "data_description"}
        case ("config" | "options", "abort", *_):
            return True
        case ("issues", *_):
            return path[-1] != "title"
        case ("common", name):
            return name != "export_title"
    return False


FILLED = {
    ".".join(path): text for path, text in texts(EN) if placeholders(text) and is_markdown(path)
}


async def shown_by_config_flow(hass: HomeAssistant, station: FakeStation) -> Shown:
    station.body = encode({EVIL[:64]: {EVIL[:64]: {EVIL[:64]: 1, "q": "nan"}}})
    settings = InfluxSettings.new(
        InfluxTarget(url=f"http://{EVIL}", kind=InfluxKind.V2, place=EVIL, token="t"), since=0
    )
    entry = MockConfigEntry(
        domain=DOMAIN,
        title=EVIL,
        data={
            CONF_ADDRESS: "127.0.0.1:1",
            CONF_DEVICE: EVIL,
            CONF_INFLUXDB: settings.to_stored(),
        },
    )
    entry.add_to_hass(hass)

    async def step(form: Mapping[str, Any], **values: str) -> ConfigFlowResult:
        return await hass.config_entries.flow.async_configure(form["flow_id"], values)

    found: dict[str, Mapping[str, Any]] = {
        "config.step.station": await submit(hass, await begin(hass), address=station.address),
        "config.step.remove_influxdb": await step(
            await entry.start_reconfigure_flow(hass), next_step_id="remove_influxdb"
        ),
        "config.step.reauth_confirm": await entry.start_reauth_flow(hass),
    }
    menu = await entry.start_reconfigure_flow(hass)
    form = await step(menu, next_step_id="address")
    found["config.step.other_station"] = await step(form, address=station.address)
    flow = AirStateConfigFlow()
    flow.hass, flow.context, flow.handler = hass, {"source": "user"}, DOMAIN
    flow._server, flow._policies, flow._target = None, ["a", "b"], settings.target
    found["config.step.policy"] = await flow.async_step_policy()
    series = Series(name=EVIL, parameter=EVIL, keys=())
    flow._jumps = [
        UnitJump(series=series, stored_value=1e5, stored_unit="Pa", new_value=1e3, new_unit="hPa")
    ]
    flow._points = {"device_tag": EVIL}
    found["config.step.units"] = await flow.async_step_units()
    shown = {path: each["description_placeholders"] for path, each in found.items()}
    return {
        **shown,
        "config.step.points": {"rows": "1,234"},
        "options.step.units": {"jumps": jumps_as_markdown(flow._jumps)},
    }


async def shown_by_issues(hass: HomeAssistant, _station: FakeStation) -> Shown:
    entry = MockConfigEntry(domain=DOMAIN, title=EVIL)
    entry.add_to_hass(hass)
    journal, mirror = JournalIssues(hass, entry.entry_id, EVIL), MirrorIssues(hass, entry)
    journal._report_problem(JournalUnavailableError(path=EVIL, reason=EVIL))
    journal._report_problem(JournalVersionError(path=EVIL, found=EVIL, known=EVIL))
    journal._report_damage(DamageReport(file=Path(EVIL), kept=1_000, known=2_000, newest=0))
    journal._report_damage(DamageReport(file=None, kept=1_000, known=2_000, newest=0))
    journal._report_deleted(0)
    journal._report_deleted(1_000)
    journal._report_clock_behind(0)
    journal._report_clock_ahead(ClockJump(rows=1_000, last=0, lead=1))
    mirror._report_problem(MISSING, InfluxBucketError(address=EVIL, place=EVIL))
    mirror._report_emptied()
    shown = dict(ir.async_get(hass).issues)
    refusal = InfluxRefusalError(address=EVIL, reason=EVIL)
    mirror.report(MirrorStatus(problem=refusal, refused=1_000, dead_letters=1_000, refusal=EVIL))
    flow = ClockBehindFlow(entry.entry_id)
    flow.hass = hass
    flow._report_removed(entry, 0, Path(EVIL), 1_000)
    issues = (shown | dict(ir.async_get(hass).issues)).values()
    return {
        f"issues.{each.translation_key}": each.translation_placeholders
        for each in issues
        if each.domain == DOMAIN and each.translation_key and each.translation_placeholders
    }


async def shown_by_repairs(hass: HomeAssistant, _station: FakeStation) -> Shown:
    flow = ClockBehindFlow("-")
    flow.hass, flow.flow_id, flow.handler = hass, "1", DOMAIN
    aborted = flow._abort_failed(JournalUnavailableError(path=EVIL, reason=EVIL))
    found = aborted["description_placeholders"]
    assert found is not None
    return {path: found for path in FILLED if path.endswith(".abort.failed")}


async def shown_by_exports(
    hass: HomeAssistant, _station: FakeStation, monkeypatch: pytest.MonkeyPatch
) -> Shown:
    export = Export(hass, Path(EVIL), EVIL, dt_util.UTC)
    export._texts = {f"component.{DOMAIN}.{path}": text for path, text in FILLED.items()}
    messages: list[str] = []

    def create(_hass: HomeAssistant, message: str, **_more: str) -> None:
        messages.append(message)

    monkeypatch.setattr(persistent_notification, "async_create", create)
    found: Shown = {}
    for name in (path for path in FILLED if path.startswith("common.")):
        export._notify(name.partition(".")[2], rows="1", percent="1%", size="1", reason=EVIL)
        found[name] = {"message": messages.pop()}
    return found


def markup(text: str) -> str:
    """Return the characters of a text that Markdown would treat as markup, the unescaped ones."""
    rest = re.sub(r"\\[!-/:-@\[-`{-~]", "", text)
    return "".join(re.findall(r"[\[\]()<>*_`!]|://|www\.", rest))


async def test_texts_from_outside_are_escaped(
    hass: HomeAssistant, station: FakeStation, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: Shown = {}
    for show in (shown_by_config_flow, shown_by_issues, shown_by_repairs):
        shown |= await show(hass, station)
    shown |= await shown_by_exports(hass, station, monkeypatch)
    for path, text in FILLED.items():
        start = next((each for each in sorted(shown, reverse=True) if path.startswith(each)), None)
        assert start is not None, f"show {path} here as well"
        filled = shown[start]
        if path.startswith("common."):
            assert not markup(filled["message"]), path
            continue
        for name in placeholders(text):
            value = filled[name]
            assert (EVIL[:20] in value, "\n\n" in value) == (False, False), (path, name)
            if name in {"readings", "message", "reason"}:
                value = re.sub(r"missing \(not finite\)|\([^()\\]*\)", "", value)
            assert not markup(value), (path, name, value)


def test_unescaped_markup_is_noticed() -> None:
    assert markup(EVIL)
    assert markup("http://evil.test")
    assert not markup(r"\[l\]\(http\:\/\/evil\.test\)")
