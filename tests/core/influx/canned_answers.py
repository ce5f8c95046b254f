"""Answers of InfluxDB as bytes, and a client that returns them without a server."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from custom_components.air_state.core.influx.target import InfluxKind, InfluxTarget

ADDRESS = "http://x"
ROWS = (
    b"#datatype,string,long,dateTime:RFC3339,double,double\r\n"
    b"#group,false,false,false,false,false\r\n#default,_result,,,,\r\n"
    b",result,table,_time,co2,t\r\n"
    b",,0,1970-01-01T00:00:01Z,400.5,\r\n,,0,1970-01-01T00:00:02.5Z,,-1\r\n"
    b",,0,1970-01-01T00:00:03Z,402,1e3\r\n\r\n"
)
NEWEST = (
    b"#datatype,string,long,dateTime:RFC3339,string,double,string\r\n"
    b"#group,false,false,false,true,false,true\r\n#default,_result,,,,,\r\n"
    b",result,table,_time,_field,_value,sensor\r\n"
    b",,0,1970-01-01T00:00:01Z,co2,400.5,mq135\r\n,,1,1970-01-01T00:00:02Z,t,20,dht22\r\n\r\n"
)
SERIES = "".join(
    f"#datatype,string,long,string,string,string,string,{kind}\r\n"
    "#group,false,false,false,false,false,false,false\r\n"
    f"#default,{name},,,,,,\r\n"
    f",result,table,_measurement,device,sensor,_field,{column}\r\n"
    f",,0,sensor_data,n,,co2,{value}\r\n\r\n"
    for name, kind, column, value in (
        ("count", "long", "_value", "2"),
        ("first", "dateTime:RFC3339", "_time", "1970-01-01T00:00:01Z"),
        ("last", "dateTime:RFC3339", "_time", "1970-01-01T00:00:02Z"),
    )
).encode()


@dataclass
class CannedClient:
    """A client that answers each query with the next of `bodies`, and goes on with the last."""

    bodies: list[bytes]
    kind: InfluxKind = InfluxKind.V2
    piece: int = 10**6
    bucket: str = "air"
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Set the target, which clients have."""
        self.target = InfluxTarget(url=ADDRESS, kind=self.kind, place="air")

    @asynccontextmanager
    async def query(self, query: str, **_: object) -> AsyncGenerator[AsyncIterator[bytes]]:
        """Return the next answer, whatever the query is."""
        self.asked.append(query)
        body = self.bodies.pop(0) if len(self.bodies) > 1 else self.bodies[0]

        async def pieces() -> AsyncIterator[bytes]:
            for start in range(0, len(body), self.piece):
                yield body[start : start + self.piece]

        yield pieces()
