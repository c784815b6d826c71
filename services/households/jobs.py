"""What runs beside the requests: deadlines are looked at."""

from datetime import datetime

from services.households.usecases import escalation
from shared.areas import Scope
from shared.db.engine import Database


async def sweep_deadlines(database: Database, now: datetime) -> None:
    """Mark what is overdue, then raise what waited too long; each batch in a transaction of its own."""
    for step in (escalation.mark_overdue, escalation.escalate):
        handled = escalation.BATCH
        while handled == escalation.BATCH:
            async with database.write(Scope.everywhere()) as session:
                handled = await step(session, now)
