"""Fields that several forms share."""

from typing import Any

import probatio
from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
)


def number_field(low: int, high: int, unit: str) -> probatio.All[Any]:
    """Return a validator for a whole number from `low` to `high`."""
    return probatio.All(
        NumberSelector(
            NumberSelectorConfig(
                min=low,
                max=high,
                step=1,
                mode=NumberSelectorMode.BOX,
                unit_of_measurement=unit,
            )
        ),
        probatio.Coerce(int),
    )


POLL_SECONDS = number_field(1, 3_600, "s")
