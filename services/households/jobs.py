"""What runs beside the requests: deadlines are looked at, imports that were kept long enough are forgotten."""

from datetime import datetime, timedelta

from services.households.usecases import case_escalation, escalation
from services.households.usecases.register_imports import (
    Shelf,
    forget_applied,
    forget_old_imports,
    forget_orphans,
)
from shared.areas import Scope
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
