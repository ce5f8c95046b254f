"""Raw queries and answers to them, for tests of either language."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

import aiohttp
from homeassistant.util.ssl import client_context

from custom_components.air_state.core.influx.flux.raw import run_flux_query
from custom_components.air_state.core.influx.influxql.raw import run_influxql_query
from custom_components.air_state.core.influx.queries.bind_parameters import parse_parameters
from custom_components.air_state.core.influx.queries.concurrency import query_limiter
from custom_components.air_state.core.influx.queries.raw_tables import RawAnswer, RawQuery
from custom_components.air_state.core.influx.target import InfluxKind, InfluxTarget
from custom_components.air_state.core.influx.v1 import InfluxV1Client
from custom_components.air_state.core.influx.v2 import InfluxV2Client
from tests.core.influx.scripted_server import ScriptedServer

WARSAW = ZoneInfo("Europe/Warsaw")
NOW = datetime(2026, 11, 2, 12, 0, tzinfo=WARSAW)
TOKEN = "s3cret"
CSV = (
    "#datatype,string,long,dateTime:RFC3339,string,double,long,boolean,duration,unsignedLong\r\n"
    "#group,false,false,false,true,false,false,false,false,false\r\n"
    "#default,mine,,,,,,,,\r\n"
    ",result,table,_time,device,_value,count,ok,took,bytes\r\n"
    ',,0,2026-07-01T12:00:00.123456789Z,"a ""b""",1.5,7,true,1h,18446744073709551615\r\n'
    ',,0,2026-01-01T12:00:00Z,"a ""b""",NaN,,false,,\r\n'
    ",,1,2026-01-01T12:00:00.5Z,c,+Inf,-1,,,\r\n"
    "\r\n"
    "#datatype,string,long,string\r\n#group,false,false,false\r\n#default,other,,\r\n"
    ",result,table,name\r\n,,0,x\r\n\r\n"
)
SERIES = {
    "results": [
        {
            "statement_id": 0,
            "series": [
                {
                    "name": "m",
                    "tags": {"device": "a"},
                    "columns": ["time", "f", "s", "b", "n"],
                    "values": [
                        [1782907200123456789, 1, "x", True, None],
                        [1767268800000000000, 2.5, "y", False, None],
                    ],
                },
                {
                    "name": "m",
                    "tags": {"device": "b"},
                    "columns": ["time", "f"],
                    "values": [[0, 3]],
                },
            ],
        },
        {"statement_id": 1, "series": [{"columns": ["name"], "values": [["x"]]}]},
    ]
}


def target(server: ScriptedServer, kind: InfluxKind) -> InfluxTarget:
    return InfluxTarget(url=server.url, kind=kind, place="air", organisation="home", token=TOKEN)


def query(
    text: str = "q",
    bound: Mapping[str, object] | None = None,
    *,
    limit: int = 100,
    cells: int = 1000,
    timeout_seconds: float = 30,
) -> RawQuery:
    return RawQuery(
        text=text,
        parameters=parse_parameters(bound or {}, now=NOW),
        limit=limit,
        max_cells=cells,
        timeout_seconds=timeout_seconds,
    )


async def by_flux(
    server: ScriptedServer, asked: RawQuery, kind: InfluxKind = InfluxKind.V2
) -> RawAnswer:
    client = InfluxV2Client(target(server, kind), client_context())
    try:
        return await run_flux_query(client, asked, WARSAW, query_limiter())
    finally:
        await client.close()


async def by_influxql(
    server: ScriptedServer, asked: RawQuery, kind: InfluxKind = InfluxKind.V1
) -> RawAnswer:
    async with aiohttp.ClientSession() as session:
        return await run_influxql_query(
            InfluxV1Client(session, target(server, kind)), asked, WARSAW, query_limiter()
        )
