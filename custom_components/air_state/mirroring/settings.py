"""What a config entry stores about its InfluxDB."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any
from uuid import uuid4

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

from ..const import CONF_DEVICE, CONF_DEVICE_TAG, CONF_INFLUXDB, CONF_STORED_UNITS, DOMAIN
from ..core.influx.target import InfluxKind, InfluxTarget

CONF_SINK = "sink"
CONF_SINCE = "since"
SECRETS = frozenset({"username", "password", "token"})
_MAX_TAG_LENGTH = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class InfluxSettings:
    """Where an entry's readings go.

    `sink` names the journal's cursor: a new target is a new sink with a cursor of its own. Rows
    taken before `since` (UTC ms) are not sent.
    """

    target: InfluxTarget
    sink: str
    since: int

    @classmethod
    def from_entry(cls, entry: ConfigEntry) -> InfluxSettings | None:
        """Return the entry's settings, None if it has no InfluxDB."""
        stored: Mapping[str, Any] | None = entry.data.get(CONF_INFLUXDB)
        if stored is None:
            return None
        known = {each.name: stored[each.name] for each in fields(InfluxTarget)}
        target = InfluxTarget(**{**known, "kind": InfluxKind(known["kind"])})
        return cls(target=target, sink=stored[CONF_SINK], since=stored[CONF_SINCE])

    @classmethod
    def new(cls, target: InfluxTarget, *, since: int) -> InfluxSettings:
        """Return settings for a target that has received nothing yet."""
        return cls(target=target, sink=uuid4().hex, since=since)

    def to_stored(self) -> dict[str, Any]:
        """Return what the config entry stores under `CONF_INFLUXDB`."""
        target = {**asdict(self.target), "kind": self.target.kind.value}
        return {**target, CONF_SINK: self.sink, CONF_SINCE: self.since}


def same_connection(one: InfluxTarget, other: InfluxTarget) -> bool:
    """Return whether both targets use the same server with the same credentials."""
    return all(
        getattr(one, name) == getattr(other, name) for name in ("url", "verify_tls", *SECRETS)
    )


def same_place(one: InfluxTarget, other: InfluxTarget) -> bool:
    """Return whether both targets write to the same bucket or database, by whatever credentials."""
    return all(
        getattr(one, name) == getattr(other, name)
        for name in ("url", "place", "policy")  # not the organisation: it may be a name or an id
    )


def device_tag(entry: ConfigEntry) -> str:
    """Return the tag that tells the station's points from those of others."""
    tag: str = entry.options.get(CONF_DEVICE_TAG) or entry.data[CONF_DEVICE]
    return tag


def stored_units(entry: ConfigEntry) -> dict[str, str]:
    """Return the bucket's units by parameter, where they differ from the catalogue's."""
    units: dict[str, str] = entry.options.get(CONF_STORED_UNITS, {})
    return units


def device_tag_problem(
    hass: HomeAssistant, target: InfluxTarget, tag: str, own_entry_id: str | None
) -> str | None:
    """Return the translation key of what is wrong with a device tag, None if it is valid.

    Two stations with one tag in one bucket would overwrite each other's points. The entry with
    `own_entry_id` is not compared.
    """
    if not tag or not tag.isprintable() or len(tag) > _MAX_TAG_LENGTH:
        return "device_tag_invalid"
    for entry in hass.config_entries.async_entries(DOMAIN):
        settings = InfluxSettings.from_entry(entry)
        if (
            entry.entry_id != own_entry_id
            and settings is not None
            and same_place(settings.target, target)
            and device_tag(entry) == tag
        ):
            return "device_tag_taken"
    return None
