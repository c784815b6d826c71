"""What runs beside the requests: deadlines are looked at."""

from datetime import datetime

from services.households.usecases import case_escalation, escalation
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
