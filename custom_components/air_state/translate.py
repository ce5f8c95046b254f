"""The one place where errors of the core become errors of Home Assistant.

A core error's code is the key of its text under ``exceptions`` in `translations/`. Its details fill
the placeholders of that text. Dialogs show the same text from ``config.error``, by the same code:
see `FlowBase._form_errors` in flows/base.py.
"""

import re
from collections.abc import Mapping

from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers.translation import async_get_exception_message
from homeassistant.helpers.update_coordinator import UpdateFailed

from .const import DOMAIN
from .core.domain.errors import AirStateError, QueryError, StationError
from .core.influx.errors import InfluxAnswerError

_PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]")


def escape_markdown(text: str) -> str:
    """Return a text on one line in which Markdown finds no link, image or other markup."""
    return _PUNCTUATION.sub(r"\\\g<0>", " ".join(text.split()))


def escape_placeholders(details: Mapping[str, str]) -> dict[str, str]:
    """Return the values of a text's placeholders, each escaped for Markdown."""
    return {name: escape_markdown(text) for name, text in details.items()}


def error_message(error: AirStateError, *, markdown: bool = False) -> str:
    """Return an error's text in English, for logs and as a part of other texts.

    With `markdown`, its details are escaped for a text in Markdown.
    """
    details = escape_placeholders(error.details) if markdown else error.details
    return async_get_exception_message(DOMAIN, error.code, details)


def update_failed(error: StationError) -> UpdateFailed:
    """Return the error that the coordinator raises for a failed poll."""
    return UpdateFailed(
        translation_domain=DOMAIN,
        translation_key=error.code,
        translation_placeholders=error.details,
    )


def is_caller_error(error: AirStateError) -> bool:
    """Return whether the caller's question is at fault, rather than the system."""
    return isinstance(error, (QueryError, InfluxAnswerError))


def action_failed(error: AirStateError) -> HomeAssistantError:
    """Return the error that an action raises: ServiceValidationError if the caller is at fault."""
    kind = ServiceValidationError if is_caller_error(error) else HomeAssistantError
    return kind(
        translation_domain=DOMAIN,
        translation_key=error.code,
        translation_placeholders=error.details,
    )
