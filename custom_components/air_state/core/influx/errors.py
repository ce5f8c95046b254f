"""What can go wrong with InfluxDB, by what follows from it.

::

    InfluxError               InfluxDB did not do what was asked
    ├── InfluxAwayError           passes by itself: waiting is all that there is to do
    │   ├── InfluxNameError, InfluxRouteError, InfluxClosedError, InfluxTlsError
    │   ├── InfluxTimeoutError, InfluxBrokenError
    │   ├── InfluxBusyError           429, 5xx
    │   ├── InfluxForeignError        something else answers, such as a login page
    │   │   └── InfluxNamelessError       which says that it has stored lines
    │   ├── InfluxLostError           it does not have what it took
    │   ├── InfluxMalformedError      an answer that is not of the form that it has to be
    │   ├── InfluxEndlessError        more than is taken as one answer
    │   └── InfluxUnexpectedError     a fault of ours
    ├── InfluxAccessError         the credentials are not, or no longer, enough
    │   ├── InfluxCredentialsError    401
    │   ├── InfluxWriteForbiddenError, InfluxReadForbiddenError
    │   └── InfluxForbiddenError      another 403
    ├── InfluxMissingError        nowhere to write to
    │   ├── InfluxOrganisationError, InfluxBucketError
    │   └── InfluxDatabaseError, InfluxPolicyError
    ├── InfluxTooLargeError       413
    ├── InfluxRefusalError        400, 422: a line that it will never take
    ├── InfluxFluxError           1.8 with Flux switched off
    ├── InfluxAnswerError         a question that it does not answer as it was put
    │   ├── InfluxQueryError          a mistake in it, or something that it met on the way
    │   ├── InfluxLanguageError       in a language that it does not know
    │   ├── InfluxFluxOffError        in one that is switched off
    │   ├── InfluxSpanError           3.x: over too long a time
    │   └── InfluxMappingError        2.x before 2.4: InfluxQL to a bucket without a mapping
    └── InfluxKindError           not an InfluxDB that Air State can work with
        ├── InfluxAddressError, InfluxUnknownError
        └── InfluxVictoriaMetricsError
"""

from ..domain.errors import AirStateError

_BEYOND = ("beyond retention policy", "outside retention policy")  # 1.x, 2.x


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


class InfluxNamelessError(InfluxForeignError):
    """A write was taken by something that does not say that it is InfluxDB."""


class InfluxLostError(InfluxAwayError):
    """It said that it took readings, and does not have them. Details: rows."""

    code = "influx_lost"


class InfluxMalformedError(InfluxAwayError):
    """An answer is not of its form. Details: address, place, where in it, and what is there."""

    code = "influx_malformed"


class InfluxEndlessError(InfluxAwayError):
    """An answer is longer than any that is expected. Details: address, most."""

    code = "influx_endless"


class InfluxUnexpectedError(InfluxAwayError):
    """Something went wrong that nobody thought of. Details: reason."""

    code = "influx_unexpected"


class InfluxAccessError(InfluxError):
    """The credentials do not do for what was asked."""


class InfluxCredentialsError(InfluxAccessError):
    """InfluxDB does not know the credentials."""

    code = "influx_credentials"
    by_login = False  # whether the server asks for a user's name and password


class InfluxWriteForbiddenError(InfluxAccessError):
    """The credentials are known but may not write there. Details: address, place."""

    code = "influx_write_forbidden"


class InfluxReadForbiddenError(InfluxAccessError):
    """The credentials are known but may not read there. Details: address, place."""

    code = "influx_read_forbidden"


class InfluxForbiddenError(InfluxAccessError):
    """The credentials are known but may not do what was asked. Details: address, reason."""

    code = "influx_forbidden"


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
        return is_beyond_retention(self.reason)


def is_beyond_retention(reason: str) -> bool:
    """Return whether InfluxDB refused lines as older than what it keeps."""
    return any(words in reason for words in _BEYOND)


class InfluxFluxError(InfluxError):
    """InfluxDB 1.8 knows Flux, but it is switched off there."""

    code = "influx_flux_off"


class InfluxAnswerError(InfluxError):
    """It does not answer that question as it was put."""


class InfluxQueryError(InfluxAnswerError):
    """There is a mistake in the query, as InfluxDB puts it. Details: reason."""

    code = "influx_query"


class InfluxLanguageError(InfluxAnswerError):
    """The server does not know Flux. Details: address."""

    code = "influx_no_flux"


class InfluxFluxOffError(InfluxAnswerError):
    """Flux is switched off in 1.8. Details: address."""

    code = "influx_flux_disabled"


class InfluxSpanError(InfluxAnswerError):
    """3.x does not look through so much of its past at once. Details: reason."""

    code = "influx_span"


class InfluxMappingError(InfluxAnswerError):
    """2.x before 2.4 knows no database of the bucket's name. Details: address, place."""

    code = "influx_no_mapping"


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


def query_error(reason: str) -> InfluxAnswerError:
    """Return what a server says of a query as an error."""
    kind = InfluxSpanError if "parquet files" in reason.lower() else InfluxQueryError
    return kind(reason=reason)
