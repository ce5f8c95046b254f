"""Everything that is open towards one InfluxDB."""

from dataclasses import dataclass

from ..domain.ports import Sink
from .errors import InfluxLanguageError
from .queries.circuit_breaker import CircuitBreaker
from .queries.concurrency import QueryLimiter
from .queries.protocols import FluxClient
from .server.retention import RetentionKeeper
from .source import InfluxHistory
from .target import InfluxTarget
from .v1 import InfluxV1Client


@dataclass(frozen=True, slots=True, kw_only=True)
class InfluxConnection:
    """What writes to a target and asks it; closing the sink closes all of it."""

    target: InfluxTarget
    sink: Sink
    flux: FluxClient | None
    influxql: InfluxV1Client
    retention: RetentionKeeper
    history: InfluxHistory
    breaker: CircuitBreaker
    query_limiter: QueryLimiter

    def require_flux(self) -> FluxClient:
        """Return what carries Flux. Raises InfluxLanguageError."""
        if self.flux is None:
            raise InfluxLanguageError(address=self.target.url)
        return self.flux
