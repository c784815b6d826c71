"""What runs beside the requests: deadlines are looked at, lists compared, old photos forgotten."""

from datetime import datetime, timedelta

from services.households.usecases import case_escalation, escalation, photos, pretence
from services.households.usecases.photos import PhotoShelf
from shared.areas import Scope
from shared.db.engine import Database

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


async def look_for_pretence(database: Database, now: datetime) -> None:
    """What only shows in lists. Looked at again and again, for what was found is not found twice."""
    async with database.write(Scope.everywhere()) as session:
        await pretence.look_at_lists(session, now)


async def sweep_photos(database: Database, shelf: PhotoShelf, kept_days: int, now: datetime) -> None:
    """Delete photos that were kept long enough, and what a process that died left in the store."""
    gone = photos.SWEEP
    while gone == photos.SWEEP:
        gone = await photos.forget_photos(database, shelf, timedelta(days=kept_days), now)
    await photos.forget_orphans(database, shelf, now)
