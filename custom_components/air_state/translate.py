"""The one place where errors of the core become errors of Home Assistant.

Every core error has a code, which is the key of its text under ``exceptions`` in `translations/`,
and details, which fill that text's placeholders. Forms of dialogs show the same text from
``config.error``, by the same code: see `FlowBase._form_errors` in flows/base.py.
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
    """Return a text from outside so that Markdown shows it as it is: no link, no image, no line."""
    return _PUNCTUATION.sub(r"\\\g<0>", " ".join(text.split()))


def escape_placeholders(details: Mapping[str, str]) -> dict[str, str]:
    """Return what fills a text's placeholders so that Markdown shows all of it as it is."""
    return {name: escape_markdown(text) for name, text in details.items()}


def error_message(error: AirStateError, *, markdown: bool = False) -> str:
    """Return what an error says, in English: for logs, and within other texts.

    Where those are `markdown`, what the error tells from outside stays plain.
    """
    details = escape_placeholders(error.details) if markdown else error.details
    return async_get_exception_message(DOMAIN, error.code, details)


def update_failed(error: StationError) -> UpdateFailed:
    """Return a failed poll as the coordinator wants it."""
    return UpdateFailed(
        translation_domain=DOMAIN,
        translation_key=error.code,
        translation_placeholders=error.details,
    )


def is_caller_error(error: AirStateError) -> bool:
    """Return whether whoever asked has to ask in another way."""
    return isinstance(error, (QueryError, InfluxAnswerError))


def action_failed(error: AirStateError) -> HomeAssistantError:
    """Return an error for whoever called an action: theirs to mend if it is their mistake."""
    kind = ServiceValidationError if is_caller_error(error) else HomeAssistantError
    return kind(
        translation_domain=DOMAIN,
        translation_key=error.code,
        translation_placeholders=error.details,
    )
