"""The forms for a token, or for user name and password, and what users paste into them."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import probatio
from homeassistant.const import CONF_PASSWORD, CONF_TOKEN, CONF_USERNAME
from homeassistant.helpers.selector import TextSelector, TextSelectorConfig, TextSelectorType

from ...core.influx.target import InfluxKind, InfluxTarget

LOGIN_KINDS = frozenset({InfluxKind.V1, InfluxKind.V1_FLUX})  # take user name and password
_SECRET = TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD))
TOKEN_SCHEMA = probatio.Schema({probatio.Required(CONF_TOKEN): _SECRET})
LOGIN_SCHEMA = probatio.Schema(
    {
        probatio.Optional(CONF_USERNAME): TextSelector(),
        probatio.Optional(CONF_PASSWORD): _SECRET,
        probatio.Optional(CONF_TOKEN): _SECRET,
    }
)
_HEADER = re.compile(r"(?:authorization\s*:\s*)?(?:token|bearer)\s+", re.IGNORECASE)


def with_credentials(target: InfluxTarget, user_input: Mapping[str, Any]) -> InfluxTarget:
    """Return the target with the credentials of a form, and no others.

    A token may be pasted with quotes, with the header that it was copied with, or broken into
    lines by a terminal.
    """
    username = user_input.get(CONF_USERNAME, "").strip()
    password = user_input.get(CONF_PASSWORD, "")
    token = _HEADER.sub("", user_input.get(CONF_TOKEN, "").strip().strip("\"'"))
    name, colon, secret = token.partition(":")
    if colon and target.kind in LOGIN_KINDS:
        # Clients of 2.x write user:password as the token of a 1.x. A signed token has no colon.
        return replace(target, username=username or name, password=password or secret, token="")
    return replace(target, username=username, password=password, token="".join(token.split()))
