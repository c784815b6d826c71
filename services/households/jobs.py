"""What runs beside the requests: deadlines are looked at, households audited by night."""

from datetime import datetime

from services.households.usecases import escalation
from services.households.usecases.quality_night import audit_next_due, audit_next_village
from shared.areas import Scope
from shared.clock import CHINA
from shared.db.engine import Database
from shared.security.vault import Vault


async def sweep_deadlines(database: Database, now: datetime) -> None:
    """Mark what is overdue, then raise what waited too long; each batch in a transaction of its own."""
    for step in (escalation.mark_overdue, escalation.escalate):
        handled = escalation.BATCH
        while handled == escalation.BATCH:
            async with database.write(Scope.everywhere()) as session:
                handled = await step(session, now)


QUALITY_SECONDS = 30.0
"""How often is asked whether a file has changed villages, and whether the county has been audited today."""


async def audit_county(database: Database, vault: Vault, hour: int, now: datetime) -> None:
    """The villages that files changed; once a day from `hour` on (in China) all. Each village is a transaction of its
    own, and after a stop it goes on."""
    going = True
    while going:
        async with database.write(Scope.everywhere()) as session:
            going = await audit_next_due(session, vault, now)
    going = now.astimezone(CHINA).hour >= hour
    while going:
        async with database.write(Scope.everywhere()) as session:
            going = await audit_next_village(session, vault, now)
