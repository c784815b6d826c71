"""What runs beside the requests. `make_background` lists all of it."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, time, timedelta
from functools import partial
from typing import TypeAlias
from uuid import UUID

from services.households.models import RegisterImport, VisitPhoto
from services.households.queries.income_bulk import list_area_codes, list_versions
from services.households.settings import HouseholdsSettings
from services.households.usecases import (
    case_escalation,
    dropout_ends,
    dropout_returns,
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
from services.households.worker import make_workers
from shared.areas import Scope
from shared.clock import CHINA, local_date, utc_now
from shared.db.engine import Database, ReadSession, WriteSession
from shared.db.rounds import each, until_none
from shared.files import FileStore, Shelf
from shared.files.orphans import forget_orphans
from shared.http.app import BackgroundWork, every
from shared.security.vault import Vault
from shared.tables.in_turn import keep_ready
from shared.worker_process import keep_process

QUALITY_SECONDS = 30.0
"""How often is asked whether a file has changed villages, and whether the county has been audited today."""
FILES_SECONDS = 3600.0
NIGHT_SECONDS = 6 * 3600.0
NIGHT = time(1, 30)
"""From then on the register is graded, once a day (北京时间)."""
STEPS = (
    (escalation.mark_overdue, escalation.BATCH),
    (escalation.escalate, escalation.BATCH),
    (case_escalation.warn_of_clocks, case_escalation.BATCH),
    (case_escalation.escalate_cases, case_escalation.BATCH),
)

CaseWork: TypeAlias = Callable[[WriteSession, Vault, UUID, datetime], Awaitable[bool]]


def make_background(
    settings: HouseholdsSettings, database: Database, vault: Vault, photo_shelf: Shelf
) -> Sequence[BackgroundWork]:
    """The work of one process, in the order in which it starts."""
    shelf, income = register_imports.workbooks(FileStore(settings.files), vault), IncomeSweep(database)
    kept_days, photo_days, hour = settings.files.kept_days, settings.photos.kept_days, settings.quality_hour

    async def keep_list_process() -> None:
        await keep_process("services.households.worker", settings)

    beside = [keep_ready, keep_list_process] if settings.list_process else []
    return [
        every(settings.sweep_seconds, "deadlines", lambda: sweep_deadlines(database, utc_now())),
        every(settings.sweep_seconds, "endings", lambda: end_what_is_over(database, vault, utc_now())),
        every(settings.grade_seconds, "grades", lambda: grade_waiting(database, utc_now())),
        every(settings.sweep_seconds, "grading by night", lambda: grade_by_night(database, utc_now)),
        every(settings.income_sweep_seconds, "income", lambda: income.run(utc_now())),
        every(QUALITY_SECONDS, "quality", lambda: audit_county(database, vault, hour, utc_now())),
        every(NIGHT_SECONDS, "pretence", lambda: look_for_pretence(database, utc_now())),
        every(NIGHT_SECONDS, "old photos", lambda: forget_photos(database, photo_shelf, photo_days, utc_now())),
        every(FILES_SECONDS, "old imports", lambda: forget_imports(database, shelf, kept_days, utc_now())),
        every(NIGHT_SECONDS, "labour", lambda: tell_who_came_of_age(database, vault, utc_now())),
        *(beside or make_workers(settings, database, vault)),
    ]


async def sweep_deadlines(database: Database, now: datetime) -> None:
    """Tasks: mark what is overdue, then raise what waited too long. Cases: warn, then raise."""
    await each(**{step.__name__: partial(until_none, database, partial(step, now=now), batch) for step, batch in STEPS})


async def end_what_is_over(database: Database, vault: Vault, now: datetime) -> None:
    """National cases of households that lists have emptied; dropout cases of those of age, dead or gone. Those of
    children who are back in the register go on first, before they end once more."""

    async def list_over(session: ReadSession) -> list[UUID]:
        back = set(await dropout_returns.list_back(session))  # whom we could not let go on
        return [case_id for case_id in await dropout_ends.list_over(session, now) if case_id not in back]

    async def one_by_one(find: Callable[[ReadSession], Awaitable[list[UUID]]], work: CaseWork) -> None:
        async with database.read(Scope.everywhere()) as session:
            cases = await find(session)
        await each(**{str(case_id): partial(one, case_id, work) for case_id in cases})

    async def one(case_id: UUID, work: CaseWork) -> None:
        async with database.write(Scope.everywhere()) as session:
            await work(session, vault, case_id, now)

    await each(
        emptied=lambda: until_none(database, lambda session: emptied.end_emptied(session, now), emptied.BATCH),
        back=lambda: one_by_one(dropout_returns.list_back, dropout_returns.resume_dropout),
        over=lambda: one_by_one(list_over, dropout_ends.end_dropout),
    )


async def grade_waiting(database: Database, now: datetime) -> None:
    """Grade those who wait for it, then those whose grade by hand had its last day."""
    steps = (follow_due, grade_overrides.expire_overrides)
    await each(**{step.__name__: partial(until_none, database, partial(step, now=now), grading.PART) for step in steps})


async def grade_by_night(database: Database, clock: Callable[[], datetime]) -> None:
    """Keep what stood when the month began; then grade the townships that have not been graded today."""
    async with database.write(Scope.everywhere()) as session:
        await grading_nightly.take_snapshots(session, clock())
    if clock().astimezone(CHINA).time() >= NIGHT:
        await grading_nightly.grade_county(database, clock)


async def forget_imports(database: Database, shelf: Shelf, kept_days: int, now: datetime) -> None:
    """Forget list workbooks once they are written, or `FILES_KEPT_DAYS` after they came."""
    await each(
        applied=lambda: register_imports.forget_applied(database, shelf),
        old=lambda: register_imports.forget_old_imports(database, shelf, timedelta(days=kept_days), now),
        orphans=lambda: forget_orphans(database, shelf, now, RegisterImport.id, RegisterImport.deleted_at.is_(None)),
    )


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


async def forget_photos(database: Database, shelf: Shelf, kept_days: int, now: datetime) -> None:
    """Forget photos that were kept long enough, and what a process that died left in the store."""
    kept = timedelta(days=kept_days)
    forget = partial(photos.forget_photos, shelf=shelf, kept=kept, now=now)
    await each(
        photos=lambda: until_none(database, forget, photos.BATCH),
        orphans=lambda: forget_orphans(database, shelf, now, VisitPhoto.stored_as, VisitPhoto.deleted_at.is_(None)),
    )


async def tell_who_came_of_age(database: Database, vault: Vault, now: datetime) -> None:
    """People who turned 15 since yesterday, for the jobs service."""
    async with database.write(Scope.everywhere()) as session:
        await tell_come_of_age(session, vault, now)
