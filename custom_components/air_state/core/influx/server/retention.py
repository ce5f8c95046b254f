"""How long a bucket, retention policy or database keeps its points: asked and changed.

Facts, below https://docs.influxdata.com: influxdb/v2/api/ (buckets),
influxdb/v1/query_language/manage-database/ (retention policies),
influxdb3/core/api/v3/ (configure/database, since 3.2).
"""

import re
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import aiohttp

from ...domain.errors import RetentionError, RetentionShorterError
from ..answers import Answer, request_error
from ..errors import InfluxBucketError, InfluxDatabaseError, InfluxPolicyError
from ..influxql.chunked_json import read_series
from ..influxql.literals import identifier
from ..queries.raw_tables import Cell
from ..requests import send_request
from ..target import InfluxKind, InfluxTarget
from ..v1 import InfluxV1Client

FOREVER = "forever"
_HOUR, _DAY = 3_600, 86_400  # seconds
_UNITS = {"h": _HOUR, "d": _DAY, "w": 7 * _DAY, "y": 365 * _DAY}
_MAX_RETENTION = 290 * 365 * _DAY  # InfluxDB's 64 bits of nanoseconds overflow soon after
_RETENTION = re.compile(r"([1-9][0-9]{0,5})(h|d|w|y)")
_GO_DURATION_PART = re.compile(r"([0-9]{1,9})(h|m|s)")
_GO_UNITS = {"h": _HOUR, "m": 60, "s": 1}
_ORGANISATION_ID = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long a bucket, policy or database keeps points, and how much time a shard of it spans.

    0 `seconds` mean forever. 0 `shard_seconds` mean that the server does not tell.
    """

    place: str
    seconds: int
    shard_seconds: int = 0

    def __str__(self) -> str:
        """Return the retention as `parse_retention` reads it."""
        return format_retention(self.seconds)


def parse_retention(text: str) -> int:
    """Return the seconds of ``12h``, ``30d``, ``52w`` or ``1y``, 0 for ``forever``.

    Raises RetentionError.
    """
    if text.strip().lower() == FOREVER:
        return 0
    if not (match := _RETENTION.fullmatch(text.strip())):
        raise RetentionError(value=text)
    seconds = int(match[1]) * _UNITS[match[2]]
    if seconds > _MAX_RETENTION:
        raise RetentionError(value=text)
    return seconds


def format_retention(seconds: int) -> str:
    """Return a retention as `parse_retention` reads it."""
    if not seconds:
        return FOREVER
    return f"{seconds // _DAY}d" if seconds % _DAY == 0 else f"{seconds // _HOUR}h"


def require_confirmed(before: Retention, seconds: int, *, confirmed: bool) -> None:
    """Return if the new retention deletes nothing or is confirmed.

    Raises RetentionShorterError.
    """
    shorter = seconds and (not before.seconds or seconds < before.seconds)
    if shorter and not confirmed:
        raise RetentionShorterError(
            place=before.place, before=before, after=format_retention(seconds)
        )


class RetentionClient:
    """Asks for the retention of one target, and changes it."""

    def __init__(self, session: aiohttp.ClientSession, target: InfluxTarget) -> None:
        """Send requests through `session`, which knows whether to verify certificates."""
        self._session = session
        self._target = target
        self._influxql = InfluxV1Client(session, target)

    async def get(self) -> Retention:
        """Return the retention. Raises InfluxError."""
        if self._target.kind is InfluxKind.V2:
            return _bucket_retention(self._target.place, await self._bucket())
        return await self._policy_retention()

    async def set(self, seconds: int) -> Retention:
        """Set the retention; return what the server then says that it is. Raises InfluxError."""
        before = await self.get()
        shard_seconds = _new_shard_seconds(before, seconds)
        match self._target.kind:
            case InfluxKind.V2:
                await self._set_bucket(seconds, shard_seconds)
            case InfluxKind.V3:
                await self._set_database(seconds)
            case _:
                policy = f"{identifier(before.place)} ON {self._database}"
                query = f"ALTER RETENTION POLICY {policy} DURATION {seconds}s"
                if shard_seconds:
                    query += f" SHARD DURATION {shard_seconds}s"
                await self._query(query)
        return await self.get()

    @property
    def _database(self) -> str:
        return identifier(self._target.place)

    async def _policy_retention(self) -> Retention:
        target = self._target
        for row in await self._query(f"SHOW RETENTION POLICIES ON {self._database}"):
            name, duration = row.get("name"), row.get("duration")
            is_target = (
                name == target.policy
                if target.policy
                else row.get("default") is True or target.kind is InfluxKind.V3
            )
            if is_target and isinstance(name, str) and isinstance(duration, str):
                shard = row.get("shardGroupDuration")
                return Retention(
                    place=name,
                    seconds=_parse_go_duration(duration),
                    shard_seconds=_parse_go_duration(shard) if isinstance(shard, str) else 0,
                )
        if target.policy:
            raise InfluxPolicyError(address=target.url, place=target.policy)
        raise InfluxDatabaseError(address=target.url, place=target.place)

    async def _query(self, query: str) -> list[dict[str, Cell]]:
        """Return the rows of an InfluxQL answer as cells by column name."""
        async with (
            self._influxql.query(query) as chunks,
            aclosing(read_series(chunks, self._target.url)) as answer,
        ):
            return [
                dict(zip(series.columns, row, strict=True))
                async for series in answer
                for row in series.rows
            ]

    async def _bucket(self) -> dict[str, Any]:
        """Return the bucket as 2.x describes it in JSON."""
        target = self._target
        organisation_key = "orgID" if _ORGANISATION_ID.fullmatch(target.organisation) else "org"
        params = {"name": target.place, organisation_key: target.organisation}
        answer = await self._send("GET /api/v2/buckets", params=params)
        match answer.json():
            case {"buckets": [{"id": str()} as bucket, *_]}:
                return dict(bucket)
        raise InfluxBucketError(address=target.url, place=target.place)

    async def _set_bucket(self, seconds: int, shard_seconds: int) -> None:
        bucket = await self._bucket()
        rule: dict[str, object] = {"type": "expire", "everySeconds": seconds}
        if shard_seconds:
            rule["shardGroupDurationSeconds"] = shard_seconds
        await self._send(f"PATCH /api/v2/buckets/{bucket['id']}", body={"retentionRules": [rule]})

    async def _set_database(self, seconds: int) -> None:
        body = {"db": self._target.place}  # without a period, 3.x keeps points forever
        if seconds:
            body["retention_period"] = format_retention(seconds)
        await self._send("PUT /api/v3/configure/database", body=body)

    async def _send(
        self,
        method_and_path: str,
        *,
        params: dict[str, str] | None = None,
        body: Mapping[str, object] | None = None,
    ) -> Answer:
        """Return a successful answer. Raises InfluxError."""
        answer = await send_request(
            self._session, self._target, method_and_path, params=params, body=body
        )
        if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
            return answer
        raise request_error(answer, self._target)


def _bucket_retention(place: str, bucket: dict[str, Any]) -> Retention:
    match bucket.get("retentionRules"):
        case [{"everySeconds": int(seconds)} as rule, *_]:
            shard_seconds = rule.get("shardGroupDurationSeconds", 0)
            return Retention(place=place, seconds=seconds, shard_seconds=shard_seconds)
    return Retention(place=place, seconds=0)


def _new_shard_seconds(before: Retention, seconds: int) -> int:
    """Return the span that new shards should have, 0 if the present one will do.

    InfluxDB deletes a shard as a whole, so it must not span more than the retention. Years in
    shards of an hour, on the other hand, would be thousands of files. The span returned is the one
    that InfluxDB itself would choose.
    """
    if not seconds or seconds >= 180 * _DAY:
        best = 7 * _DAY
    else:
        best = _DAY if seconds >= 2 * _DAY else _HOUR
    grows = before.seconds and (not seconds or seconds > before.seconds)
    too_long = seconds and before.shard_seconds > seconds
    too_short = grows and 0 < before.shard_seconds < best
    return best if too_long or too_short else 0


def _parse_go_duration(text: str) -> int:
    """Return the seconds of a duration as Go writes it, such as ``168h0m0s``."""
    return sum(int(number) * _GO_UNITS[unit] for number, unit in _GO_DURATION_PART.findall(text))
