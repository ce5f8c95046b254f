"""What Home Assistant's frontend asks before it shows the demo's dashboard, asked likewise."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from .home_assistant import HomeAssistant, HomeAssistantError

_SCRIPT = re.compile(r"/frontend_latest/[\w.-]+\.js")
_MAIN_SCRIPTS = {"core", "app"}
_DASHBOARD = "demo-air"
_TRANSLATIONS = ("entity", "entity_component", "config", "options", "services", "title")
# Each has to be answered: the frontend stays at “Loading…” if one of the first is not.
_QUESTIONS: tuple[tuple[str, Mapping[str, object]], ...] = (
    ("get_config", {}),
    ("get_states", {}),
    ("get_services", {}),
    ("get_panels", {}),
    ("auth/current_user", {}),
    ("frontend/get_themes", {}),
    ("frontend/get_user_data", {"key": "core"}),
    *(
        ("frontend/get_translations", {"language": "en", "category": category})
        for category in _TRANSLATIONS
    ),
    ("config/entity_registry/list_for_display", {}),
    ("config/device_registry/list", {}),
    ("config/area_registry/list", {}),
    ("config/floor_registry/list", {}),
    ("lovelace/dashboards/list", {}),
    ("lovelace/resources", {}),
    ("lovelace/config", {"url_path": _DASHBOARD}),
    ("config_entries/get", {}),
    ("manifest/list", {}),
    ("recorder/info", {}),
    ("repairs/list_issues", {}),
)


async def check_frontend(home: HomeAssistant) -> None:
    """Ask all of it. Raises HomeAssistantError, which names each question that failed."""
    await _check_page(home)
    answers = await home.commands(_QUESTIONS)
    faults = [
        f"{kind} {arguments or ''}: {answer['error']}"
        for (kind, arguments), answer in zip(_QUESTIONS, answers, strict=True)
        if not answer["success"]
    ]
    if faults:
        raise HomeAssistantError("the frontend's questions failed:\n" + "\n".join(faults))
    results = {
        kind: answer["result"]
        for (kind, _), answer in zip(_QUESTIONS, answers, strict=True)
        if kind != "frontend/get_translations"
    }
    translated = {
        key
        for (kind, _), answer in zip(_QUESTIONS, answers, strict=True)
        if kind == "frontend/get_translations"
        for key in answer["result"]["resources"]
    }
    faults = list(_missing(results, translated))
    if faults:
        raise HomeAssistantError("the frontend lacks " + "; ".join(faults))
    print(f"\nthe frontend's {len(_QUESTIONS)} questions are answered, its main scripts are there")


async def _check_page(home: HomeAssistant) -> None:
    """Raise HomeAssistantError unless the dashboard's page and its main scripts are there."""
    page = await home.page(f"/{_DASHBOARD}")
    scripts = sorted(set(_SCRIPT.findall(page)))
    found = {path.rpartition("/")[2].partition(".")[0] for path in scripts}
    if not found >= _MAIN_SCRIPTS:
        message = f"the page names {scripts}, not all of {sorted(_MAIN_SCRIPTS)}"
        raise HomeAssistantError(message)
    for path in scripts:
        if not (await home.page(path)).strip():
            message = f"{path} is empty"
            raise HomeAssistantError(message)


def _missing(results: dict[str, Any], translated: set[str]) -> Iterator[str]:
    """Yield what the answers do not hold, though each was given."""
    if "get_history" not in results["get_services"].get("air_state", {}):
        yield "the action air_state.get_history"
    if _DASHBOARD not in results["get_panels"]:
        yield f"the panel {_DASHBOARD}"
    if not any(key.startswith("component.air_state.") for key in translated):
        yield "Air State's translations"
    cards = str(results["lovelace/config"])
    known = {state["entity_id"] for state in results["get_states"]}
    shown = set(re.findall(r"sensor\.\w+", cards))
    if not shown:
        yield "cards with entities on the dashboard"
    yield from sorted(shown - known)
