"""Errors in forms: a code for a field, and what fills the placeholders of the code's text.

The texts are in translations/en.json: `config.error`, and `options.error` for the options. Errors
of the core have their codes in `core/domain/errors.py` and `core/influx/errors.py`. The codes that
only dialogs use are here.
"""

from collections.abc import Mapping

from ..core.domain.errors import AirStateError

BASE = "base"  # in place of a field: the error is shown above the form
NAME_MISSING = "name_missing"
INFLUX_NOT_ASKED = "influx_not_asked"
TOKEN_SEES_NOTHING = "token_sees_nothing"  # noqa: S105 - the server accepts it, but lists no bucket


class FormErrors:
    """Shows errors of the core in the forms of a flow."""

    _error_details: Mapping[str, str] = {}  # fill the placeholders of the error's text

    def _form_errors(self, field: str, error: AirStateError) -> dict[str, str]:
        """Return an error as the `errors` of a form: its code, for the field it is shown below."""
        self._error_details = error.details
        return {field: error.code}
