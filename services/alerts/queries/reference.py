"""Feeds and areas, as screening wants them."""

import asyncio
import time
from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from sqlalchemy import select

from services.alerts import models
from services.alerts.queries.compiled_rules import CompiledRules
from services.alerts.queries.rules import list_rules
from services.alerts.rules.evidence import compile_schema, number_types
from services.alerts.rules.explaining import titles_of
from services.alerts.rules.screening import Feed, Reference
from shared.areas import Scope
from shared.clock import utc_now
from shared.db.engine import Database, ReadSession
from shared.messages import LANGUAGES

TRUST_SECONDS = 1.0
"""How long a process goes on with the feeds and areas it has read."""
DOUBT_SECONDS = 0.02
"""How old they may be when a report names one that is not among them: typing errors shall not cost a look-up each."""


class ReferenceData:
    """The reference data in the process's memory, so that an alert costs one statement and not three."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known = Reference({}, frozenset())
        self._versions: dict[str, tuple[int, Feed]] = {}
        self._rules = CompiledRules()
        self._known_at = float("-inf")  # by the monotonic clock, for the age
        self._read_at = datetime.min.replace(tzinfo=UTC)
        self._looking = asyncio.Lock()

    async def get(self) -> Reference:
        """Feeds and areas of at most `TRUST_SECONDS` ago, and a look-up more: while one looks, the others go on."""
        if self._age() > TRUST_SECONDS and not (self._known.feeds and self._looking.locked()):
            await self._renew(TRUST_SECONDS)
        return self._known

    async def knowing(self, feed: str, area_code: str) -> Reference:
        """`get`, but what it does not know is looked up once more: it may have been announced a moment ago."""
        known = await self.get()
        if feed not in known.feeds or area_code not in known.areas:
            await self._renew(DOUBT_SECONDS)
        return self._known

    async def since(self, moment: datetime) -> Reference:
        """`get`, read after `moment`: a batch is screened with what was known when it came, or later."""
        if self._read_at <= moment:
            await self._renew(0)
        return await self.get()

    def _age(self) -> float:
        return time.monotonic() - self._known_at

    async def _renew(self, oldest: float) -> None:
        async with self._looking:
            if self._age() > oldest:
                begun_at, read_at = time.monotonic(), utc_now()
                self._known = await self._look()
                self._known_at, self._read_at = begun_at, read_at

    async def _look(self) -> Reference:
        async with self._database.read(Scope.nowhere()) as session:
            feeds = await list_feeds(session, None)
            areas = await session.scalars(select(models.Area.code).where(models.Area.active))
            rules = self._rules.renewed(await list_rules(session, None), feeds)
            return Reference({f.code: self._compiled(f) for f in feeds if f.active}, frozenset(areas), rules)

    def _compiled(self, row: models.Feed) -> Feed:
        """A schema is compiled once per version of its feed."""
        version, feed = self._versions.get(row.code, (0, None))
        if feed is None or version != row.version:
            validator = compile_schema(row.evidence_schema)
            roles, about_areas = frozenset(row.reporters), row.subject == "area"
            titles = {language: titles_of(row.evidence_schema, language) for language in LANGUAGES}
            numbers = number_types(row.evidence_schema)
            feed = Feed(row.code, row.risk_family, row.default_severity, validator, roles, about_areas, titles, numbers)
            self._versions[row.code] = (row.version, feed)
        return feed


async def list_feeds(session: ReadSession, codes: Collection[str] | None) -> Sequence[models.Feed]:
    """Feeds by code; all with None."""
    wanted = select(models.Feed).order_by(models.Feed.code)
    if codes is not None:
        wanted = wanted.where(models.Feed.code.in_(codes))
    return (await session.scalars(wanted)).all()


async def list_areas(session: ReadSession) -> Sequence[tuple[str, str]]:
    """Code and name of every area of today."""
    rows = await session.execute(select(models.Area.code, models.Area.name).where(models.Area.active))
    return [(row.code, row.name) for row in rows]
