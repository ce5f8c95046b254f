"""Series that would go on in another unit: how they are found, and the form that shows them."""

from collections.abc import Mapping, Sequence

import probatio
from homeassistant.core import HomeAssistant
from homeassistant.helpers.selector import BooleanSelector, TextSelector

from ...const import CONF_DEVICE_TAG
from ...core.domain.means import MeanSelection, mean_series, series_value
from ...core.domain.models import ReadingKey, Series
from ...core.influx.server.unit_jumps import UnitJump, find_unit_jump
from ...core.influx.target import InfluxTarget
from ...mirroring.connect import async_connect
from ...translate import escape_markdown

CONF_GO_ON = "go_on"


async def async_find_unit_jumps(  # noqa: PLR0913 - what is written, where to, and as what
    hass: HomeAssistant,
    target: InfluxTarget,
    tag: str,
    readings: Mapping[ReadingKey, float],
    *,
    mean_selection: MeanSelection,
    own_readings: bool,
    units: Mapping[str, str],
) -> list[UnitJump]:
    """Return the series under a tag whose newest value seems to be in another unit.

    The newest values in the bucket are compared with `readings`. `units` are the units that points
    would be written in, by parameter, where they are not the catalogue's. Raises InfluxError.
    """
    series = list(mean_series(readings, mean_selection).values())
    if own_readings:
        series += [
            Series(name=str(key), parameter=key.parameter, keys=(key,)) for key in sorted(readings)
        ]
    connection = await async_connect(hass, target, tag)
    try:
        stored = await connection.history.latest(series)
    finally:
        await connection.sink.close()
    jumps = (
        find_unit_jump(each.series, each.value, value, units)
        for each in stored
        if (value := series_value(each.series, readings)) is not None
    )
    return [jump for jump in jumps if jump is not None]


def jumps_as_markdown(jumps: Sequence[UnitJump]) -> str:
    """Return a list in Markdown: each field, its value in the bucket, and the value of now."""
    return "\n".join(
        f"- {escape_markdown(jump.series.name)}:"
        + f" {jump.stored_value:.10g} {jump.stored_unit or ''}".rstrip()
        + f" there, {jump.new_value:.10g} {jump.new_unit or ''}".rstrip()
        + f" now, a factor of {jump.factor:.3g}"
        for jump in jumps
    )


def units_schema(jumps: Sequence[UnitJump]) -> probatio.Schema:
    """Return the form for the device tag, and whether to keep the bucket's units if known."""
    fields: dict[probatio.Marker, object] = {}
    if any(jump.stored_unit is not None for jump in jumps):
        fields[probatio.Required(CONF_GO_ON, default=True)] = BooleanSelector()
    fields[probatio.Required(CONF_DEVICE_TAG)] = TextSelector()
    return probatio.Schema(fields)
