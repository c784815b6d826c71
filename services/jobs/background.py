"""What runs beside the requests. `make_background` lists all of it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from services.jobs.models import LedgerImport, Reconciliation
from services.jobs.queries import matching
from services.jobs.settings import JobsSettings
from services.jobs.usecases import move_up, reconciliation, reconciliation_tasks
from services.jobs.usecases.carrying import roll_months
from services.jobs.usecases.courses import drop_left_over, end_past, seat_waiting
from services.jobs.usecases.indicator_counts import mark_stale, recount_due
from services.jobs.usecases.ledger_imports import forget_old_imports, ledger_files
from services.jobs.usecases.ledger_minors import tell_minors
from services.jobs.usecases.needs import withdraw_past
from services.jobs.usecases.openings import close_past
from services.jobs.usecases.plans import release_overdue
from services.jobs.usecases.stay_checks import open_due_calls
from services.jobs.usecases.underage import end_underage
from services.jobs.worker import make_workers
from shared.areas import Scope
from shared.clock import utc_now
from shared.db.engine import Database
from shared.db.rounds import each, until_none
from shared.files import FileStore, Shelf
from shared.files.orphans import forget_orphans
from shared.http.app import BackgroundWork, every
from shared.security.vault import Vault
from shared.tables.in_turn import keep_ready
from shared.worker_process import keep_process

MONTHS_SECONDS = 600.0
FILES_SECONDS = 3600.0
INPUTS_SECONDS = 6 * 3600.0
"""How often is asked which inputs of matching runs were kept long enough."""


def make_background(settings: JobsSettings, database: Database, vault: Vault) -> Sequence[BackgroundWork]:
    """The work of one process, in the order in which it starts."""
    store = FileStore(settings.files)
    ledger, exports = ledger_files(store, vault), reconciliation.exports(store, vault)

    async def keep_matching() -> None:
        await keep_process("services.jobs.matching_worker", settings)

    async def keep_file_process() -> None:
        await keep_process("services.jobs.worker", settings)

    kept_days = settings.files.kept_days
    beside = [keep_ready, keep_file_process] if settings.file_process else []
    return [
        every(settings.sweep_seconds, "needs", lambda: sweep_needs(database, utc_now())),
        every(settings.sweep_seconds, "posts and courses", lambda: sweep_posts(database, utc_now())),
        every(settings.sweep_seconds, "placements", lambda: sweep_placements(database, vault, utc_now())),
        every(INPUTS_SECONDS, "old inputs", lambda: forget_inputs(database, settings.matching_days, utc_now())),
        keep_matching,
        every(settings.count_seconds, "indicators", lambda: recount_due(database, utc_now)),
        every(settings.sweep_seconds, "move-up queue", lambda: move_up.keep_queue(database, utc_now)),
        every(settings.sweep_seconds, "indicator days", lambda: mark_indicators(database, utc_now())),
        every(MONTHS_SECONDS, "ledger months", lambda: roll_months(database, utc_now())),
        every(FILES_SECONDS, "old imports", lambda: forget_imports(database, ledger, kept_days, utc_now())),
        every(MONTHS_SECONDS, "minors at work", lambda: sweep_minors(database, utc_now())),
        every(settings.sweep_seconds, "corrections", lambda: sweep_corrections(database, vault, utc_now())),
        every(FILES_SECONDS, "old reconciliations", lambda: forget_reconciliations(database, exports, utc_now())),
        *(beside or make_workers(settings, database, vault)),
    ]


async def sweep_needs(database: Database, now: datetime) -> None:
    """Close the needs whose last day has passed."""
    await until_none(database, lambda session: withdraw_past(session, now))


async def forget_inputs(database: Database, kept_days: int, now: datetime) -> None:
    """Forget the inputs of old runs; their digests and what they proposed stay."""
    async with database.write(Scope.everywhere()) as session:
        await matching.forget_inputs(session, now - timedelta(days=kept_days))


async def sweep_posts(database: Database, now: datetime) -> None:
    """Close posts and courses past their last day, let go of openings kept too long, give free seats to who waits."""
    works = (close_past, end_past, drop_left_over, release_overdue, seat_waiting)
    await each(**{work.__name__: partial(until_none, database, partial(work, now=now)) for work in works})


async def sweep_placements(database: Database, vault: Vault, now: datetime) -> None:
    """Open the calls that are due, end placements of people under 16, and once a day reckon what each trade earns."""

    async def reckon_medians() -> None:
        async with database.write(Scope.everywhere()) as session:
            await move_up.reckon_medians(session, now)

    await each(
        calls=lambda: until_none(database, lambda session: open_due_calls(session, now)),
        underage=lambda: until_none(database, lambda session: end_underage(session, vault, now)),
        medians=reckon_medians,
    )


async def sweep_minors(database: Database, now: datetime) -> None:
    """Tell of people under 16 who are at work by the ledger, for their day of birth was corrected or a row carried."""
    await until_none(database, lambda session: tell_minors(session, now))


async def forget_imports(database: Database, shelf: Shelf, kept_days: int, now: datetime) -> None:
    """Forget the files of the ledger that were kept long enough."""

    async def forget_old() -> None:
        while await forget_old_imports(database, shelf, timedelta(days=kept_days), now):
            pass

    await each(old=forget_old, orphans=lambda: forget_orphans(database, shelf, now, LedgerImport.id))


async def sweep_corrections(database: Database, vault: Vault, now: datetime) -> None:
    """Close tasks on rows of the ledger that were corrected."""
    settle = reconciliation_tasks.settle_corrected
    await until_none(database, lambda session: settle(session, vault, now), reconciliation_tasks.PART)


async def forget_reconciliations(database: Database, shelf: Shelf, now: datetime) -> None:
    """Forget exports once they are compared, and what was found when it was kept long enough."""
    await each(
        files=lambda: reconciliation.forget_files(database, shelf, now),
        runs=lambda: reconciliation.forget_old_runs(database, now),
        orphans=lambda: forget_orphans(database, shelf, now, Reconciliation.id),
    )


async def mark_indicators(database: Database, now: datetime) -> None:
    """Have counted anew what a new day or a new version of the definitions makes due."""
    async with database.write(Scope.everywhere()) as session:
        await mark_stale(session, now)
