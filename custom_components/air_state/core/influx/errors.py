"""The errors of InfluxDB, in a tree by what the caller can do about them.

::

    InfluxError               InfluxDB did not do what it was asked to
    ├── InfluxAwayError           may pass by itself: wait and try again
    │   ├── InfluxNameError, InfluxRouteError, InfluxClosedError, InfluxTlsError
    │   ├── InfluxTimeoutError, InfluxBrokenError
    │   ├── InfluxBusyError           408, 429, 5xx
    │   ├── InfluxForeignError        something else answers, such as a login page
    │   │   └── InfluxNamelessError       a write succeeded, but not necessarily at InfluxDB
    │   ├── InfluxLostError           it took rows and does not have them any more
    │   ├── InfluxMalformedError      an answer is not in the format that it should have
    │   ├── InfluxEndlessError        an answer is longer than any that is expected
    │   └── InfluxUnexpectedError     a bug in Air State
    ├── InfluxAccessError         the credentials are not, or no longer, enough
    │   ├── InfluxCredentialsError    401
    │   ├── InfluxWriteForbiddenError, InfluxReadForbiddenError
    │   └── InfluxForbiddenError      another 403
    ├── InfluxMissingError        the place to write to does not exist
    │   ├── InfluxOrganisationError, InfluxBucketError
    │   └── InfluxDatabaseError, InfluxPolicyError
    ├── InfluxTooLargeError       413
    ├── InfluxRefusalError        400, 422: a line that it will never take
    ├── InfluxFluxError           1.8 with Flux switched off, found when it is set up
    ├── InfluxAnswerError         a query that it cannot answer as it is
    │   ├── InfluxQueryError          a mistake in the query, or an error while it ran
    │   ├── InfluxLanguageError       in a language that the server does not have
    │   ├── InfluxFluxOffError        in Flux, which is switched off
    │   ├── InfluxSpanError           3.x: over too long a time
    │   └── InfluxMappingError        2.x before 2.4: InfluxQL to a bucket without a mapping
    └── InfluxKindError           not a server that Air State can work with
        ├── InfluxAddressError, InfluxUnknownError
        └── InfluxVictoriaMetricsError
"""

from ..domain.errors import AirStateError

_BEYOND_RETENTION = ("beyond retention policy", "outside retention policy")  # 1.x, 2.x


class InfluxError(AirStateError):
    """InfluxDB did not do what it was asked to. Details: address."""


class InfluxAwayError(InfluxError):
    """A later try may succeed; nothing was refused for good."""

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
    """The certificate is not trusted, or there is no TLS at all."""

    code = "influx_tls"


class InfluxTimeoutError(InfluxAwayError):
    """There was no complete answer in time. Details: address, seconds."""

    code = "influx_timeout"


class InfluxBrokenError(InfluxAwayError):
    """The connection or the answer broke off."""

    code = "influx_broken_off"


class InfluxBusyError(InfluxAwayError):
    """InfluxDB answers but cannot work at the moment. Details: address, status, reason."""

    code = "influx_busy"


class InfluxForeignError(InfluxAwayError):
    """Something other than InfluxDB answers. Details: address, status, start.

    The start is that of the answer.
    """

    code = "influx_foreign"


class InfluxNamelessError(InfluxForeignError):
    """A write succeeded, but the answer does not name InfluxDB."""


class InfluxLostError(InfluxAwayError):
    """InfluxDB took rows and does not have them any more. Details: rows."""

    code = "influx_lost"


class InfluxMalformedError(InfluxAwayError):
    """An answer is not in its format. Details: address, place.

    The place tells where in the answer the problem is, and what it is.
    """

    code = "influx_malformed"


class InfluxEndlessError(InfluxAwayError):
    """An answer is longer than any that is expected. Details: address, most."""

    code = "influx_endless"


class InfluxUnexpectedError(InfluxAwayError):
    """An error that is not foreseen: a bug in Air State. Details: reason."""

    code = "influx_unexpected"


class InfluxAccessError(InfluxError):
    """The credentials are not enough for what was asked."""


class InfluxCredentialsError(InfluxAccessError):
    """InfluxDB does not know the credentials."""

    code = "influx_credentials"
    by_login = False  # whether the server asks for a user name and password


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
    """The place to write to does not exist. Details: address, place."""


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
    """The request was larger than the server, or a proxy before it, accepts."""

    code = "influx_too_large"


class InfluxRefusalError(InfluxError):
    """At least one line will never be taken. Details: address, reason.

    The reason is in InfluxDB's words.
    """

    code = "influx_refused"

    def __init__(self, *, address: object, reason: str, dropped: int | None = None) -> None:
        """Take the number of lines that were dropped, None if the server does not tell."""
        super().__init__(address=address, reason=reason)
        self.dropped = dropped

    @property
    def reason(self) -> str:
        """Return the reason in InfluxDB's words."""
        return self.details["reason"]

    @property
    def beyond_retention(self) -> bool:
        """Return whether the lines are older than the bucket's retention."""
        return is_beyond_retention(self.reason)


def is_beyond_retention(reason: str) -> bool:
    """Return whether InfluxDB refused lines because they are older than its retention."""
    return any(words in reason for words in _BEYOND_RETENTION)


class InfluxFluxError(InfluxError):
    """Flux is switched off in 1.8, which the dialogs find. Details: address."""

    code = "influx_flux_off"


class InfluxAnswerError(InfluxError):
    """InfluxDB cannot answer the query as it is."""


class InfluxQueryError(InfluxAnswerError):
    """InfluxDB found a mistake in the query, or failed while it ran. Details: reason."""

    code = "influx_query"


class InfluxLanguageError(InfluxAnswerError):
    """The server does not have Flux. Details: address."""

    code = "influx_no_flux"


class InfluxFluxOffError(InfluxAnswerError):
    """Flux is switched off in 1.8, which a query finds. Details: address."""

    code = "influx_flux_disabled"


class InfluxSpanError(InfluxAnswerError):
    """3.x does not look through so long a time range at once. Details: reason."""

    code = "influx_span"


class InfluxMappingError(InfluxAnswerError):
    """2.x before 2.4 has no database with the bucket's name. Details: address, place."""

    code = "influx_no_mapping"


class InfluxKindError(InfluxError):
    """The server is none that Air State can work with."""


class InfluxAddressError(InfluxKindError):
    """The text is not the address of a server."""

    code = "influx_address_invalid"


class InfluxUnknownError(InfluxKindError):
    """The server does not say that it is InfluxDB. Details: address, said."""

    code = "influx_unknown_server"


class InfluxVictoriaMetricsError(InfluxKindError):
    """The server is VictoriaMetrics, which takes InfluxDB's writes but not its queries."""

    code = "influx_victoria_metrics"


def query_error(reason: str) -> InfluxAnswerError:
    """Return the error for the reason that a server gives."""
    kind = InfluxSpanError if "parquet files" in reason.lower() else InfluxQueryError
    return kind(reason=reason)
