"""Where Home Assistant enters the dialogs."""

from .flows.station_steps import AirStateConfigFlow

__all__ = ["AirStateConfigFlow"]
