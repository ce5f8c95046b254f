"""Addresses of stations: where their readings and their descriptions are."""

from contextlib import suppress
from dataclasses import dataclass, field

from yarl import URL

from ..domain.errors import AddressError
from ..network.addresses import base_url

PATH, INFO_PATH = "circumstances", "station"


@dataclass(frozen=True, slots=True)
class StationAddress:
    """Where a station is. Different spellings of one address are equal."""

    base: URL
    url: URL = field(init=False, compare=False, repr=False)
    info_url: URL = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Prepare the URLs of the readings and of the station's own description."""
        object.__setattr__(self, "url", self.base / PATH)
        object.__setattr__(self, "info_url", self.base / INFO_PATH)

    @classmethod
    def parse(cls, text: str) -> StationAddress:
        """Return the address that a host, ``host:port`` or a URL names. Raises AddressError."""
        try:
            base = base_url(text)
            path = base.raw_path
            while path.endswith(f"/{PATH}"):
                path = path.removesuffix(f"/{PATH}").rstrip("/")
            return cls(base.with_path(path or "/", encoded=True))
        except ValueError as error:
            # A text with an @ may hold a password, so neither the error nor its cause repeats it.
            if "@" in text:
                raise AddressError(address="-") from None
            raise AddressError(address=text.strip() or "-") from error

    def __str__(self) -> str:
        """Return the shortest text that `parse` reads as this address, with few %-codes."""
        plain, encoded = (
            text.rstrip("/").removeprefix("http://")
            for text in (self.base.human_repr(), str(self.base))
        )
        with suppress(AddressError):
            if StationAddress.parse(plain) == self:
                return plain
        return encoded
