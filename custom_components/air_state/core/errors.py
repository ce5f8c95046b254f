"""Everything that can go wrong, by what a person can do about it.

::

    AirStateError
    ├── AddressError              an address that cannot be one
    ├── StationError              a poll that brought nothing
    │   ├── StationNameError          its name is not known on this network
    │   ├── StationRouteError         no way to its address
    │   ├── StationRefusedError       nothing listens on that port
    │   ├── StationTimeoutError       no answer in time
    │   ├── StationTlsError           no trust in its certificate
    │   ├── StationProtocolError      an answer that is not HTTP
    │   ├── StationBrokenError        the answer broke off
    │   ├── StationNotFoundError      404: something else lives there
    │   ├── StationStatusError        any other status than 200
    │   └── PayloadError          an answer that holds no readings
    │       ├── PayloadTooLargeError
    │       ├── PayloadNotJsonError
    │       ├── PayloadShapeError
    │       └── PayloadEmptyError
    ├── JournalError              the journal cannot be used at the moment
    │   ├── JournalUnavailableError   disk full, no permission, unplugged
    │   ├── JournalDamagedError       not a database any more
    │   └── JournalVersionError       written by a newer Air State
    ├── InfluxError               InfluxDB did not do what was asked
    │   ├── InfluxAwayError           passes by itself: waiting is all that there is to do
    │   │   ├── InfluxNameError, InfluxRouteError, InfluxClosedError, InfluxTlsError
    │   │   ├── InfluxTimeoutError, InfluxBrokenError
    │   │   ├── InfluxBusyError           429, 5xx
    │   │   ├── InfluxForeignError        something else answers, such as a login page
    │   │   └── InfluxUnexpectedError     a fault of ours
    │   ├── InfluxAccessError         the credentials are not, or no longer, enough
    │   │   ├── InfluxCredentialsError    401
    │   │   ├── InfluxWriteForbiddenError, InfluxReadForbiddenError
    │   ├── InfluxMissingError        nowhere to write to
    │   │   ├── InfluxOrganisationError, InfluxBucketError
    │   │   └── InfluxDatabaseError, InfluxPolicyError
    │   ├── InfluxTooLargeError       413
    │   ├── InfluxRefusalError        400, 422: a line that it will never take
    │   ├── InfluxFluxError           1.8 with Flux switched off
    │   └── InfluxKindError           not an InfluxDB that Air State can work with
    │       ├── InfluxAddressError, InfluxUnknownError
    │       └── InfluxVictoriaMetricsError
    └── QueryError                a question that cannot be answered as it was put
        ├── TimeError, RangeError, WindowError, AggregateError
        └── ParameterError, ChoiceError, LimitError, MirrorAbsentError

Each class has a ``code``, the key of its text in ``translations/``; ``details`` fill that text's
placeholders. The Home Assistant side turns one into the other in a single place (`translate.py`).
"""

import re
from typing import ClassVar

_LONGEST_DETAIL = 255
_LONGEST_KIND = 60
_BEYOND = ("beyond retention policy", "outside retention policy")  # 1.x, 2.x
_PARTICULARS = re.compile(r"""'[^']*'?|"[^"]*"?|[0-9.+:TZ-]*[0-9][0-9.+:TZ-]*""")


class AirStateError(Exception):
    """Base of all errors of Air State."""

    code: ClassVar[str]

    def __init__(self, **details: object) -> None:
        """Keep what the error's text names, what came from outside cut to fit a dialog."""
        self.details = {
            name: str(value) if name == "allowed" else _shortened(str(value))
            for name, value in details.items()
        }
        super().__init__(self.code, self.details)

    def __str__(self) -> str:
        """Return the code with its details, for logs of this package alone."""
        return ", ".join([self.code, *(f"{name}: {text}" for name, text in self.details.items())])


def _shortened(text: str) -> str:
    """Return `text` on one line of at most `_LONGEST_DETAIL` characters."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_DETAIL else line[: _LONGEST_DETAIL - 1] + "…"


class AddressError(AirStateError):
    """The text is no address of a station. Details: address."""

    code = "address_invalid"


class StationError(AirStateError):
    """The station could not be read. Details: address."""


class StationNameError(StationError):
    """The host's name cannot be resolved."""

    code = "station_name_unknown"


class StationRouteError(StationError):
    """The network has no way to the address."""

    code = "station_no_route"


class StationRefusedError(StationError):
    """The host is there, but nothing listens on the port."""

    code = "station_refused"


class StationTimeoutError(StationError):
    """No complete answer in time. Details: address, seconds."""

    code = "station_timeout"


class StationTlsError(StationError):
    """The station is addressed by https and its certificate is not trusted."""

    code = "station_tls"


class StationProtocolError(StationError):
    """Something answers that does not speak HTTP."""

    code = "station_not_http"


class StationBrokenError(StationError):
    """The connection or the answer broke off."""

    code = "station_broken_off"


class StationNotFoundError(StationError):
    """The host answers, but has no readings at that path."""

    code = "station_not_found"


class StationStatusError(StationError):
    """The host answers with an unexpected status. Details: address, status."""

    code = "station_status"


class PayloadError(StationError):
    """The station's answer holds no readings."""


class PayloadTooLargeError(PayloadError):
    """The answer is over the limits on bytes or readings. Details: limit."""

    code = "payload_too_large"


class PayloadNotJsonError(PayloadError):
    """The answer is not JSON. Details: start, its first characters."""

    code = "payload_not_json"


class PayloadShapeError(PayloadError):
    """The answer is JSON, but not of the form device → sensor → parameter."""

    code = "payload_not_station"


class PayloadEmptyError(PayloadError):
    """No reading of the answer is plausible. Details: refused, the first few with reasons."""

    code = "payload_no_reading"


class JournalError(AirStateError):
    """The journal cannot be used. Details: path, reason."""


class JournalUnavailableError(JournalError):
    """The disk does not let the journal be read or written at the moment."""

    code = "journal_unavailable"


class JournalDamagedError(JournalError):
    """The file is no intact journal."""

    code = "journal_damaged"


class JournalVersionError(JournalError):
    """The file was written by a newer version. Details: path, found, known."""

    code = "journal_too_new"


class InfluxError(AirStateError):
    """InfluxDB did not do what was asked. Details: address."""


class InfluxAwayError(InfluxError):
    """It may be different the next time; nothing was refused for good."""

    retry_after: float | None = None  # seconds that the server asked for


class InfluxNameError(InfluxAwayError):
    """The host's name cannot be resolved."""

    code = "influx_name_unknown"


class InfluxRouteError(InfluxAwayError):
    """The network has no way to the address."""

    code = "influx_no_route"


class InfluxClosedError(InfluxAwayError):
    """The host is there, but nothing listens on the port."""

    code = "influx_closed"


class InfluxTlsError(InfluxAwayError):
    """No trust in the certificate, or no TLS at all."""

    code = "influx_tls"


class InfluxTimeoutError(InfluxAwayError):
    """No complete answer in time. Details: address, seconds."""

    code = "influx_timeout"


class InfluxBrokenError(InfluxAwayError):
    """The connection or the answer broke off."""

    code = "influx_broken_off"


class InfluxBusyError(InfluxAwayError):
    """InfluxDB is there but cannot at the moment. Details: address, status, reason."""

    code = "influx_busy"


class InfluxForeignError(InfluxAwayError):
    """What answers does not answer as InfluxDB does. Details: address, status, start."""

    code = "influx_foreign"


class InfluxUnexpectedError(InfluxAwayError):
    """Something went wrong that nobody thought of. Details: reason."""

    code = "influx_unexpected"


class InfluxAccessError(InfluxError):
    """The credentials do not do for what was asked."""


class InfluxCredentialsError(InfluxAccessError):
    """InfluxDB does not know the credentials."""

    code = "influx_credentials"


class InfluxWriteForbiddenError(InfluxAccessError):
    """The credentials are known but may not write there. Details: address, place."""

    code = "influx_write_forbidden"


class InfluxReadForbiddenError(InfluxAccessError):
    """The credentials are known but may not read there. Details: address, place."""

    code = "influx_read_forbidden"


class InfluxMissingError(InfluxError):
    """What is to be written to does not exist. Details: address, place."""


class InfluxOrganisationError(InfluxMissingError):
    """There is no such organisation."""

    code = "influx_no_organisation"


class InfluxBucketError(InfluxMissingError):
    """There is no such bucket."""

    code = "influx_no_bucket"


class InfluxDatabaseError(InfluxMissingError):
    """There is no such database."""

    code = "influx_no_database"


class InfluxPolicyError(InfluxMissingError):
    """The database has no such retention policy."""

    code = "influx_no_policy"


class InfluxTooLargeError(InfluxError):
    """The request was larger than the server or a proxy before it takes."""

    code = "influx_too_large"


class InfluxRefusalError(InfluxError):
    """A line, at least, will never be taken. Details: address, reason, as InfluxDB puts it."""

    code = "influx_refused"

    def __init__(self, *, address: object, reason: str, dropped: int | None = None) -> None:
        """Note besides how many lines were `dropped`, where the server says so."""
        super().__init__(address=address, reason=reason)
        self.dropped = dropped

    @property
    def reason(self) -> str:
        """Return why, as InfluxDB puts it."""
        return self.details["reason"]

    @property
    def beyond_retention(self) -> bool:
        """Return whether the lines are older than what the bucket keeps."""
        return any(words in self.reason for words in _BEYOND)

    @property
    def kind(self) -> str:
        """Return the reason without names and numbers, the same for lines that fail alike."""
        return _PARTICULARS.sub("", self.reason)[:_LONGEST_KIND]


class InfluxFluxError(InfluxError):
    """InfluxDB 1.8 knows Flux, but it is switched off there."""

    code = "influx_flux_off"


class InfluxKindError(InfluxError):
    """Not an InfluxDB that Air State can work with."""


class InfluxAddressError(InfluxKindError):
    """The text is no address of a server."""

    code = "influx_address_invalid"


class InfluxUnknownError(InfluxKindError):
    """A server that does not say that it is InfluxDB. Details: address, said."""

    code = "influx_unknown_server"


class InfluxVictoriaMetricsError(InfluxKindError):
    """VictoriaMetrics, which takes writes as InfluxDB does and answers no queries."""

    code = "influx_victoria_metrics"


class QueryError(AirStateError):
    """A query asks for something that cannot be. Details: value, and what is allowed."""


class TimeError(QueryError):
    """Not a time. Details: value."""

    code = "time_invalid"


class RangeError(QueryError):
    """The range ends before it starts. Details: start, stop."""

    code = "range_invalid"


class WindowError(QueryError):
    """Not a window. Details: value."""

    code = "window_invalid"


class AggregateError(QueryError):
    """An aggregate without a window to fold. Details: value."""

    code = "aggregate_without_window"


class ParameterError(QueryError):
    """The station has never sent such a parameter. Details: value, allowed."""

    code = "parameter_unknown"


class ChoiceError(QueryError):
    """None of the words that are allowed. Details: value, allowed."""

    code = "choice_invalid"


class LimitError(QueryError):
    """A row limit out of bounds. Details: value, most."""

    code = "limit_invalid"


class MirrorAbsentError(QueryError):
    """The station is not mirrored into InfluxDB, which the question needs. Details: station."""

    code = "mirror_absent"
