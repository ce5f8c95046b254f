"""What a form says of series that would go on in another unit, and asks about them."""

from collections.abc import Mapping, Sequence

import probatio
from homeassistant.core import HomeAssistant
from homeassistant.helpers.selector import BooleanSelector, TextSelector

from ...const import CONF_DEVICE_TAG
from ...core.domain.means import MeanSelection, mean_series, series_value
from ...core.domain.models import ReadingKey, Series
from ...core.influx.server.unit_jumps import Jump, find_jump
from ...core.influx.target import InfluxTarget
from ...mirroring.connection import async_connect
from ...translate import escape_markdown

CONF_GO_ON = "go_on"


async def async_find_jumps(  # noqa: PLR0913 - what is written, where to, and as what
    hass: HomeAssistant,
    target: InfluxTarget,
    tag: str,
    readings: Mapping[ReadingKey, float],
    *,
    mean_selection: MeanSelection,
    own_readings: bool,
    units: Mapping[str, str],
) -> list[Jump]:
    """Compare what a bucket holds under a tag with readings of now. Raises InfluxError.

    `units` are those in which they would be written, where they are not the catalogue's.
    """
    series = list(mean_series(readings, mean_selection).values())
    if own_readings:
        series += [
            Series(name=str(key), parameter=key.parameter, keys=(key,)) for key in sorted(readings)
        ]
    connection = await async_connect(hass, target, tag)
    try:
        held = await connection.history.latest(series)
    finally:
        await connection.sink.close()
    found = (
        find_jump(each.series, each.value, value, units)
        for each in held
        if (value := series_value(each.series, readings)) is not None
    )
    return [jump for jump in found if jump is not None]


def jumps_as_markdown(jumps: Sequence[Jump]) -> str:
    """Return the jumps as lines of a list: the field, what is there, what would be written."""
    return "\n".join(
        f"- {escape_markdown(jump.series.name)}: {jump.found:.10g} {jump.other or ''}".rstrip()
        + f" there, {jump.now:.10g} {jump.unit or ''}".rstrip()
        + f" now, a factor of {jump.factor:.3g}"
        for jump in jumps
    )


def units_schema(jumps: Sequence[Jump]) -> probatio.Schema:
    """Return the form: whether to go on in the bucket's units, where that can be, and the tag."""
    fields: dict[probatio.Marker, object] = {}
    if any(jump.other is not None for jump in jumps):
        fields[probatio.Required(CONF_GO_ON, default=True)] = BooleanSelector()
    fields[probatio.Required(CONF_DEVICE_TAG)] = TextSelector()
    return probatio.Schema(fields)
