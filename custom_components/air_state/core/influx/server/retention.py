"""For how long a bucket, policy or database keeps its points: asked, and changed.

Facts, below https://docs.influxdata.com: influxdb/v2/api/ (buckets),
influxdb/v1/query_language/manage-database/ (retention policies),
influxdb3/core/api/v3/ (configure/database, since 3.2).
"""

import json
import re
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import aiohttp

from ...domain.errors import RetentionError, RetentionShorterError
from ..errors import InfluxBucketError, InfluxDatabaseError, InfluxPolicyError
from ..influxql import query_text as influxql
from ..influxql.chunked_json import Cell, read_series
from ..queries.streaming import refusal
from ..target import Answer, InfluxKind, InfluxTarget, ask
from ..v1 import InfluxV1Client

FOREVER = "forever"
_HOUR, _DAY = 3_600, 86_400  # seconds
_UNITS = {"h": _HOUR, "d": _DAY, "w": 7 * _DAY, "y": 365 * _DAY}
_LONGEST = 290 * 365 * _DAY  # InfluxDB counts nanoseconds in 64 bits, and lets more wrap around
_WORDS = re.compile(r"([1-9][0-9]{0,5})(h|d|w|y)")
_GO_PARTS = re.compile(r"([0-9]{1,9})(h|m|s)")
_GO_UNITS = {"h": _HOUR, "m": 60, "s": 1}
_ID = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """For how long `place` keeps points, and how much time each of its shards spans; in seconds.

    0 seconds mean for ever; a shard of 0 seconds that the server does not tell.
    """

    place: str
    seconds: int
    shard: int = 0

    def __str__(self) -> str:
        """Return it as it would be written."""
        return in_words(self.seconds)


def parse_retention(text: str) -> int:
    """Return seconds for ``12h``, ``30d``, ``52w``, ``1y``, 0 for ``forever``.

    Raises RetentionError.
    """
    if text.strip().lower() == FOREVER:
        return 0
    if not (found := _WORDS.fullmatch(text.strip())):
        raise RetentionError(value=text)
    seconds = int(found[1]) * _UNITS[found[2]]
    if seconds > _LONGEST:
        raise RetentionError(value=text)
    return seconds


def in_words(seconds: int) -> str:
    """Return a retention as `parse_retention` reads it."""
    if not seconds:
        return FOREVER
    return f"{seconds // _DAY}d" if seconds % _DAY == 0 else f"{seconds // _HOUR}h"


def require_confirmed(before: Retention, seconds: int, *, confirmed: bool) -> None:
    """Return if nothing would be deleted, or it may be. Raises RetentionShorterError."""
    shorter = seconds and (not before.seconds or seconds < before.seconds)
    if shorter and not confirmed:
        raise RetentionShorterError(place=before.place, before=before, after=in_words(seconds))


class RetentionKeeper:
    """Asks and changes the retention of one target."""

    def __init__(self, session: aiohttp.ClientSession, target: InfluxTarget) -> None:
        """Ask through `session`, which knows whether to verify certificates."""
        self._session = session
        self._target = target
        self._influxql = InfluxV1Client(session, target)

    async def get(self) -> Retention:
        """Return the retention. Raises InfluxError."""
        if self._target.kind is InfluxKind.V2:
            return _of_bucket(self._target.place, await self._bucket())
        return await self._policy()

    async def set(self, seconds: int) -> Retention:
        """Keep points for so long; return what the server says then. Raises InfluxError."""
        before = await self.get()
        shard = _new_shard(before, seconds)
        match self._target.kind:
            case InfluxKind.V2:
                await self._set_bucket(seconds, shard)
            case InfluxKind.V3:
                await self._set_database(seconds)
            case _:
                policy = f"{influxql.identifier(before.place)} ON {self._database}"
                text = f"ALTER RETENTION POLICY {policy} DURATION {seconds}s"
                await self._rows(f"{text} SHARD DURATION {shard}s" if shard else text)
        return await self.get()

    @property
    def _database(self) -> str:
        return influxql.identifier(self._target.place)

    async def _policy(self) -> Retention:
        target = self._target
        found = await self._rows(f"SHOW RETENTION POLICIES ON {self._database}")
        for each in found:
            name, duration = each.get("name"), each.get("duration")
            wanted = (
                name == target.policy
                if target.policy
                else each.get("default") is True or target.kind is InfluxKind.V3
            )
            if wanted and isinstance(name, str) and isinstance(duration, str):
                shard = each.get("shardGroupDuration")
                return Retention(
                    place=name,
                    seconds=_go_seconds(duration),
                    shard=_go_seconds(shard) if isinstance(shard, str) else 0,
                )
        if target.policy:
            raise InfluxPolicyError(address=target.url, place=target.policy)
        raise InfluxDatabaseError(address=target.url, place=target.place)

    async def _rows(self, query: str) -> list[dict[str, Cell]]:
        async with (
            self._influxql.ask(query) as chunks,
            aclosing(read_series(chunks, self._target.url)) as found,
        ):
            return [
                dict(zip(series.columns, row, strict=True))
                async for series in found
                for row in series.rows
            ]

    async def _bucket(self) -> dict[str, Any]:
        target = self._target
        kind = "orgID" if _ID.fullmatch(target.organisation) else "org"
        params = {"name": target.place, kind: target.organisation}
        said = _json(await self._ask("GET", "/api/v2/buckets", params=params))
        match said:
            case {"buckets": [{"id": str()} as bucket, *_]}:
                return dict(bucket)
        raise InfluxBucketError(address=target.url, place=target.place)

    async def _set_bucket(self, seconds: int, shard: int) -> None:
        bucket = await self._bucket()
        rule: dict[str, object] = {"type": "expire", "everySeconds": seconds}
        if shard:
            rule["shardGroupDurationSeconds"] = shard
        await self._ask("PATCH", f"/api/v2/buckets/{bucket['id']}", body={"retentionRules": [rule]})

    async def _set_database(self, seconds: int) -> None:
        body = {"db": self._target.place}  # without a period there is none any more
        if seconds:
            body["retention_period"] = in_words(seconds)
        await self._ask("PUT", "/api/v3/configure/database", body=body)

    async def _ask(
        self,
        method: str,
        path: str,
        *,
        params: dict[str, str] | None = None,
        body: Mapping[str, object] | None = None,
    ) -> Answer:
        answer = await ask(
            self._session, self._target, f"{method} {path}", params=params, body=body
        )
        if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
            return answer
        raise refusal(answer, self._target)


def _of_bucket(place: str, bucket: dict[str, Any]) -> Retention:
    match bucket.get("retentionRules"):
        case [{"everySeconds": int(seconds)} as rule, *_]:
            shard = rule.get("shardGroupDurationSeconds", 0)
            return Retention(place=place, seconds=seconds, shard=shard)
    return Retention(place=place, seconds=0)


def _new_shard(before: Retention, seconds: int) -> int:
    """Return the span that shards are to have, 0 if it may stay.

    A shard leaves as a whole, so it cannot span more than what is kept; and years in shards of an
    hour would be thousands of files. What is wanted is what InfluxDB itself would choose.
    """
    if not seconds or seconds >= 180 * _DAY:
        wanted = 7 * _DAY
    else:
        wanted = _DAY if seconds >= 2 * _DAY else _HOUR
    grows = before.seconds and (not seconds or seconds > before.seconds)
    too_long = seconds and before.shard > seconds
    return wanted if too_long or (grows and 0 < before.shard < wanted) else 0


def _go_seconds(text: str) -> int:
    """Return the seconds of a duration as Go writes it, such as ``168h0m0s``."""
    return sum(int(number) * _GO_UNITS[unit] for number, unit in _GO_PARTS.findall(text))


def _json(answer: Answer) -> object:
    try:
        found: object = json.loads(answer.text)
    except ValueError:
        return None
    return found
