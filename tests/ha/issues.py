"""Reads repair issues and log lines of Air State."""

import logging

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir

from custom_components.air_state.const import DOMAIN


def issues(hass: HomeAssistant) -> dict[str, dict[str, str]]:
    return {
        issue.translation_key or "": dict(issue.translation_placeholders or {})
        for issue in ir.async_get(hass).issues.values()
        if issue.domain == DOMAIN and issue.active
    }


def own_lines(caplog: pytest.LogCaptureFixture) -> list[tuple[int, str]]:
    return [
        (record.levelno, record.getMessage())
        for record in caplog.records
        if record.name == "custom_components.air_state" and record.levelno > logging.DEBUG
    ]


def unescaped(text: str) -> str:
    return text.replace("\\", "")
