"""Entries of stations that run their own firmware, and what these stations send."""

from ipaddress import ip_address

import orjson
from homeassistant.config_entries import SOURCE_ZEROCONF
from homeassistant.core import HomeAssistant
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.air_state.const import CONF_ADDRESS, CONF_DEVICE, DOMAIN
from tests.payloads import device, encode

ID, OTHER_ID = "5ecf7f0000aa", "5ecf7f0000bb"
MAC = "5e:cf:7f:00:00:aa"
FIVE_MINUTES = "advance 300000"


def entry_of(hass: HomeAssistant, address: str, unique_id: str | None = None) -> MockConfigEntry:
    made = MockConfigEntry(
        domain=DOMAIN,
        title="Attic",
        unique_id=unique_id,
        data={CONF_ADDRESS: address, CONF_DEVICE: "nodemcu"},
        options={"poll_seconds": 3600, "update_seconds": 0},
    )
    made.add_to_hass(hass)
    return made


async def set_up(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()


async def poll(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    await entry.runtime_data.coordinator.async_refresh()
    await hass.async_block_till_done()


def state(hass: HomeAssistant, entity_id: str) -> str:
    found = hass.states.get(entity_id)
    assert found is not None, entity_id
    return found.state


def tells(station_id: str) -> bytes:
    return orjson.dumps({"id": station_id, "fw": "1.0.0", "uptime": 300, "rssi": -58})


def sends(station_id: str) -> bytes:
    return encode({"nodemcu": device(), "station": {"id": station_id, "fw": "1.0.0"}})


def announced(address: str, station_id: str = ID) -> ZeroconfServiceInfo:
    host, _, port = address.partition(":")
    return ZeroconfServiceInfo(
        ip_address=ip_address(host),
        ip_addresses=[ip_address(host)],
        port=int(port),
        hostname="air-state-00aa.local.",
        type="_air-state._tcp.local.",
        name="air-state-00aa._air-state._tcp.local.",
        properties={"id": station_id, "model": "air-state-nodemcu", "fw": "1.0.0"},
    )


async def discover(hass: HomeAssistant, address: str, station_id: str = ID) -> dict[str, object]:
    found = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_ZEROCONF}, data=announced(address, station_id)
    )
    return dict(found)
