"""Feeds and areas, as screening wants them."""

import asyncio
import time
from collections.abc import Collection, Sequence

import orjson
from jsonschema_rs import Draft202012Validator
from sqlalchemy import select

from services.alerts import models
from services.alerts.rules import Feed, Reference
from shared.areas import Scope
from shared.db.engine import Database, ReadSession

TRUST_SECONDS = 1.0
"""How long a process goes on with the feeds and areas it has read."""


class ReferenceData:
    """The reference data in the process's memory, so that an alert costs one statement and not three."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known = Reference({}, frozenset())
        self._versions: dict[str, tuple[int, Feed]] = {}
        self._fresh_until = float("-inf")
        self._looking = asyncio.Lock()

    async def get(self) -> Reference:
        """Feeds and areas of at most `TRUST_SECONDS` ago, and a look-up more: while one looks, the others go on."""
        if time.monotonic() >= self._fresh_until and not (self._known.feeds and self._looking.locked()):
            async with self._looking:
                if time.monotonic() >= self._fresh_until:
                    self._known = await self._look()
                    self._fresh_until = time.monotonic() + TRUST_SECONDS
        return self._known

    async def _look(self) -> Reference:
        async with self._database.read(Scope.nowhere()) as session:
            feeds = await list_feeds(session, None)
            areas = await session.scalars(select(models.Area.code).where(models.Area.active))
            return Reference({f.code: self._compiled(f) for f in feeds if f.active}, frozenset(areas))

    def _compiled(self, row: models.Feed) -> Feed:
        """A schema is compiled once per version of its feed."""
        version, feed = self._versions.get(row.code, (0, None))
        if feed is None or version != row.version:
            validator = Draft202012Validator(orjson.dumps(row.evidence_schema).decode(), validate_formats=True)
            feed = Feed(row.code, row.risk_family, row.default_severity, validator)
            self._versions[row.code] = (row.version, feed)
        return feed


async def list_feeds(session: ReadSession, codes: Collection[str] | None) -> Sequence[models.Feed]:
    """Feeds by code; all with None."""
    wanted = select(models.Feed).order_by(models.Feed.code)
    if codes is not None:
        wanted = wanted.where(models.Feed.code.in_(codes))
    return (await session.scalars(wanted)).all()
