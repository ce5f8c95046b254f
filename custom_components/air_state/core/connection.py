"""Everything that is open towards one InfluxDB."""

from dataclasses import dataclass

from .influx import InfluxTarget
from .influx_errors import InfluxLanguageError
from .influx_history import InfluxHistory
from .influx_protocols import FluxClient
from .influx_v1 import InfluxqlClient
from .ports import Sink
from .retention import RetentionKeeper
from .silence import Silence
from .turns import Turns


@dataclass(frozen=True, slots=True, kw_only=True)
class InfluxConnection:
    """What writes to a target and asks it; closing the sink closes all of it."""

    target: InfluxTarget
    sink: Sink
    flux: FluxClient | None
    influxql: InfluxqlClient
    retention: RetentionKeeper
    history: InfluxHistory
    silence: Silence
    turns: Turns

    def require_flux(self) -> FluxClient:
        """Return what carries Flux. Raises InfluxLanguageError."""
        if self.flux is None:
            raise InfluxLanguageError(address=self.target.url)
        return self.flux
