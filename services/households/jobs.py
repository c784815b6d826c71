"""What runs beside the requests: deadlines are looked at, sums of income are kept up with months and policies, imports
that were kept long enough are forgotten."""

from datetime import datetime, timedelta
from uuid import UUID

from services.households.queries.income_bulk import list_area_codes, list_versions
from services.households.usecases import case_escalation, escalation
from services.households.usecases.income import recompute_stale
from services.households.usecases.income_events import forget_waiting, take_waiting
from services.households.usecases.register_imports import (
    Shelf,
    forget_applied,
    forget_old_imports,
    forget_orphans,
)
from shared.areas import Scope
from shared.clock import local_date
from shared.db.engine import Database
from shared.files import FilesSettings

STEPS = (
    (escalation.mark_overdue, escalation.BATCH),
    (escalation.escalate, escalation.BATCH),
    (case_escalation.warn_of_clocks, case_escalation.BATCH),
    (case_escalation.escalate_cases, case_escalation.BATCH),
)


async def sweep_deadlines(database: Database, now: datetime) -> None:
    """Tasks: mark what is overdue, then raise what waited too long. Cases: warn, then raise.

    Each batch is a transaction of its own.
    """
    for step, batch in STEPS:
        handled = batch
        while handled == batch:
            async with database.write(Scope.everywhere()) as session:
                handled = await step(session, now)


async def sweep_imports(database: Database, shelf: Shelf, kept: FilesSettings, now: datetime) -> None:
    """Forget list workbooks once they are written, or `FILES_KEPT_DAYS` after they came."""
    await forget_applied(database, shelf)
    await forget_old_imports(database, shelf, timedelta(days=kept.kept_days), now)
    await forget_orphans(database, shelf, now)


class IncomeSweep:
    """Takes lines that waited for their people; and once a day, or when a policy came, computes what is out of date.

    Which day and which policies were done is kept in memory: after a start it looks once more, and finds little.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._done: object = None

    async def run(self, now: datetime) -> int:
        """One round; how many households were computed because of their month or policies."""
        await self._take_waiting(now)
        async with self._database.read(Scope.everywhere()) as session:
            state = (local_date(now), await list_versions(session))
            areas = await list_area_codes(session)
        if state == self._done:
            return 0
        computed = await self._compute(areas, now)
        async with self._database.write(Scope.everywhere()) as session:
            await forget_waiting(session, now)
        self._done = state
        return computed

    async def _take_waiting(self, now: datetime) -> None:
        more = True
        while more:
            async with self._database.write(Scope.everywhere()) as session:
                more = await take_waiting(session, now)

    async def _compute(self, areas: list[str], now: datetime) -> int:
        computed, after = 0, UUID(int=0)
        while True:
            async with self._database.write(Scope.everywhere()) as session:
                count, last = await recompute_stale(session, after, areas, now)
            computed += count
            if last is None:
                return computed
            after = last
