"""Home Assistant for tests, and a station on loopback whose answers a test chooses."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path

import pytest
from aiohttp import web
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry

import custom_components  # noqa: F401 - before Home Assistant looks for a package of that name
from custom_components.air_state.const import CONF_ADDRESS, CONF_DEVICE, DOMAIN
from custom_components.air_state.mirroring.migration import MINOR_VERSION
from custom_components.air_state.runtime import AirStateConfigEntry, AirStateData
from tests.closing import close
from tests.payloads import payload

ZONE = "Europe/Warsaw"


class FakeStation:
    """A station whose answer a test sets in `body` and `status`."""

    def __init__(self) -> None:
        self.body = payload()
        self.status = 200
        self.info: bytes | None = None  # what `/station` answers; 404 if None
        self.polls = 0
        self._runner: web.AppRunner | None = None
        self._port = 0

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._port}"

    def sends(self, **changes: Mapping[str, object]) -> None:
        """Answer with the readings of the first firmware, some of them changed."""
        self.status, self.body = 200, payload(**changes)

    async def start(self) -> None:
        application = web.Application()
        application.router.add_get("/circumstances", self._answer)
        application.router.add_get("/station", self._answer_info)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self._port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        if self._runner is not None:
            await close(self._runner)
            self._runner = None

    async def _answer_info(self, _request: web.Request) -> web.Response:
        return web.Response(body=self.info, status=404 if self.info is None else 200)

    async def _answer(self, _request: web.Request) -> web.Response:
        self.polls += 1
        return web.Response(body=self.body, status=self.status)


@pytest.fixture
async def station(socket_enabled: None) -> AsyncIterator[FakeStation]:
    """Return a station that answers."""
    fake = FakeStation()
    await fake.start()
    yield fake
    await fake.stop()


@pytest.fixture
def hass_config_dir(hass_tmp_config_dir: str) -> str:
    """Give every test a configuration folder of its own."""
    return hass_tmp_config_dir


@pytest.fixture(autouse=True)
async def prepared(enable_custom_integrations: None, hass: HomeAssistant) -> AsyncIterator[None]:
    """Let Home Assistant load the integration in Warsaw's time zone; close journals at the end."""
    await hass.config.async_set_time_zone(ZONE)
    # Unlike the real one, the tests' web server takes no more views once a client has asked it.
    assert await async_setup_component(hass, DOMAIN, {})
    yield
    hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await hass.async_block_till_done()


@pytest.fixture
def entry_id() -> str:
    """Return the id of the entry."""
    return "0123456789abcdef"


@pytest.fixture
def entry(hass: HomeAssistant, station: FakeStation, entry_id: str) -> MockConfigEntry:
    """Return an entry of the station, not set up yet, that updates entities with every poll."""
    made = MockConfigEntry(
        domain=DOMAIN,
        title="Attic",
        entry_id=entry_id,
        minor_version=MINOR_VERSION,
        data={CONF_ADDRESS: station.address, CONF_DEVICE: "nodemcu"},
        options={"poll_seconds": 3600, "update_seconds": 0},
    )
    made.add_to_hass(hass)
    return made


type SetUp = Callable[[], Awaitable[AirStateData]]


@pytest.fixture
def set_up(hass: HomeAssistant, entry: AirStateConfigEntry) -> SetUp:
    """Return a function that sets the entry up and returns what belongs to it."""

    async def run() -> AirStateData:
        assert await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        return entry.runtime_data

    return run


@pytest.fixture
def journal_path(hass: HomeAssistant, entry: MockConfigEntry) -> Path:
    """Return where the entry's journal is."""
    return Path(hass.config.path(".storage", DOMAIN, f"{entry.entry_id}.db"))
