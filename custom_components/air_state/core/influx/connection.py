"""Everything that is open towards one InfluxDB."""

from dataclasses import dataclass

from ..domain.ports import Sink
from .errors import InfluxLanguageError
from .queries.circuit_breaker import CircuitBreaker
from .queries.concurrency import QueryLimiter
from .queries.protocols import FluxClient, InfluxqlClient
from .server.retention import RetentionClient
from .source import InfluxHistory
from .target import InfluxTarget


@dataclass(frozen=True, slots=True, kw_only=True)
class InfluxConnection:
    """All that writes to a target and queries it; closing the sink closes everything.

    `flux` is None if the server does not understand Flux.
    """

    target: InfluxTarget
    sink: Sink
    flux: FluxClient | None
    influxql: InfluxqlClient
    retention: RetentionClient
    history: InfluxHistory
    breaker: CircuitBreaker
    query_limiter: QueryLimiter

    def require_flux(self) -> FluxClient:
        """Return the client for Flux. Raises InfluxLanguageError if there is none."""
        if self.flux is None:
            raise InfluxLanguageError(address=self.target.url)
        return self.flux
