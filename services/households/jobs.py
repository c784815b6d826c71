"""What runs beside the requests: deadlines are looked at, households are graded."""

from collections.abc import Callable
from datetime import datetime, time

from services.households.usecases import escalation, grade_overrides, grading, grading_nightly
from shared.areas import Scope
from shared.clock import CHINA
from shared.db.engine import Database


async def sweep_deadlines(database: Database, now: datetime) -> None:
    """Mark what is overdue, then raise what waited too long; each batch in a transaction of its own."""
    for step in (escalation.mark_overdue, escalation.escalate):
        handled = escalation.BATCH
        while handled == escalation.BATCH:
            async with database.write(Scope.everywhere()) as session:
                handled = await step(session, now)


NIGHT = time(1, 30)
"""From then on the register is graded, once a day (北京时间)."""


async def grade_waiting(database: Database, now: datetime) -> None:
    """Grade those who wait for it, then those whose grade by hand had its last day."""
    for step in (grading.regrade_due, grade_overrides.expire_overrides):
        handled = grading.PART
        while handled == grading.PART:
            async with database.write(Scope.everywhere()) as session:
                handled = await step(session, now)


async def grade_by_night(database: Database, clock: Callable[[], datetime]) -> None:
    """Keep what stood when the month began; then grade the townships that have not been graded today."""
    async with database.write(Scope.everywhere()) as session:
        await grading_nightly.take_snapshots(session, clock())
    if clock().astimezone(CHINA).time() >= NIGHT:
        await grading_nightly.grade_county(database, clock)
