"""What runs beside the requests: deadlines; by night sums of income, grades, the audit of the register, and what was
kept long enough: photos, imports."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from functools import partial
from uuid import UUID

from services.households.models import RegisterImport, VisitPhoto
from services.households.queries.income_bulk import list_area_codes, list_versions
from services.households.usecases import (
    case_escalation,
    dropout_ends,
    emptied,
    escalation,
    grade_overrides,
    grading,
    grading_nightly,
    photos,
    pretence,
    register_imports,
)
from services.households.usecases.consequences import follow_due
from services.households.usecases.income import recompute_stale
from services.households.usecases.income_events import forget_waiting, take_waiting
from services.households.usecases.labour_telling import tell_come_of_age
from services.households.usecases.quality_night import audit_next_due, audit_next_village
from shared.areas import Scope
from shared.clock import CHINA, local_date
from shared.db.engine import Database
from shared.db.rounds import until_none
from shared.files import FilesSettings, Shelf
from shared.files.orphans import forget_orphans
from shared.security.vault import Vault

STEPS = (
    (escalation.mark_overdue, escalation.BATCH),
    (escalation.escalate, escalation.BATCH),
    (case_escalation.warn_of_clocks, case_escalation.BATCH),
    (case_escalation.escalate_cases, case_escalation.BATCH),
)


async def sweep_deadlines(database: Database, now: datetime) -> None:
    """Tasks: mark what is overdue, then raise what waited too long. Cases: warn, then raise."""
    for step, batch in STEPS:
        await until_none(database, partial(step, now=now), batch)


async def end_what_is_over(database: Database, vault: Vault, now: datetime) -> None:
    """National cases of households that lists have emptied; dropout cases of those of age, dead or gone."""
    await until_none(database, lambda session: emptied.end_emptied(session, now), emptied.BATCH)
    async with database.read(Scope.everywhere()) as session:
        over = await dropout_ends.list_over(session, now)
    for case_id in over:
        async with database.write(Scope.everywhere()) as session:
            await dropout_ends.end_dropout(session, vault, case_id, now)


NIGHT = time(1, 30)
"""From then on the register is graded, once a day (北京时间)."""


async def grade_waiting(database: Database, now: datetime) -> None:
    """Grade those who wait for it, then those whose grade by hand had its last day."""
    for step in (follow_due, grade_overrides.expire_overrides):
        await until_none(database, partial(step, now=now), grading.PART)


async def grade_by_night(database: Database, clock: Callable[[], datetime]) -> None:
    """Keep what stood when the month began; then grade the townships that have not been graded today."""
    async with database.write(Scope.everywhere()) as session:
        await grading_nightly.take_snapshots(session, clock())
    if clock().astimezone(CHINA).time() >= NIGHT:
        await grading_nightly.grade_county(database, clock)


async def sweep_imports(database: Database, shelf: Shelf, kept: FilesSettings, now: datetime) -> None:
    """Forget list workbooks once they are written, or `FILES_KEPT_DAYS` after they came."""
    await register_imports.forget_applied(database, shelf)
    await register_imports.forget_old_imports(database, shelf, timedelta(days=kept.kept_days), now)
    await forget_orphans(database, shelf, now, RegisterImport.id, RegisterImport.deleted_at.is_(None))


class IncomeSweep:
    """Takes lines that waited for their people; and once a day, or when a policy came, computes what is out of date.

    Which day and which policies were done is kept in memory: after a start it looks once more, and finds little.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._done: object = None

    async def run(self, now: datetime) -> int:
        """One round; how many households were computed because of their month or policies."""
        await until_none(self._database, lambda session: take_waiting(session, now))
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

    async def _compute(self, areas: list[str], now: datetime) -> int:
        computed, after = 0, UUID(int=0)
        while True:
            async with self._database.write(Scope.everywhere()) as session:
                count, last = await recompute_stale(session, after, areas, now)
            computed += count
            if last is None:
                return computed
            after = last


QUALITY_SECONDS = 30.0
"""How often is asked whether a file has changed villages, and whether the county has been audited today."""


async def audit_county(database: Database, vault: Vault, hour: int, now: datetime) -> None:
    """The villages that files changed; once a day from `hour` on (in China) all. Each village is a transaction of its
    own, and after a stop it goes on."""
    await until_none(database, lambda session: audit_next_due(session, vault, now))
    if now.astimezone(CHINA).hour >= hour:
        await until_none(database, lambda session: audit_next_village(session, vault, now))


async def look_for_pretence(database: Database, now: datetime) -> None:
    """What only shows in lists. Looked at again and again, for what was found is not found twice."""
    async with database.write(Scope.everywhere()) as session:
        await pretence.look_at_lists(session, now)


async def sweep_photos(database: Database, shelf: Shelf, kept_days: int, now: datetime) -> None:
    """Delete photos that were kept long enough, and what a process that died left in the store."""
    kept = timedelta(days=kept_days)
    await until_none(database, lambda session: photos.forget_photos(session, shelf, kept, now), photos.SWEEP)
    await forget_orphans(database, shelf, now, VisitPhoto.stored_as, VisitPhoto.deleted_at.is_(None))


async def tell_who_came_of_age(database: Database, vault: Vault, now: datetime) -> None:
    """People who turned 15 since yesterday, for the jobs service."""
    async with database.write(Scope.everywhere()) as session:
        await tell_come_of_age(session, vault, now)
