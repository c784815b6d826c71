"""What follows for a household when a fact of it changes, in one place and one order."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from services.households.rules.grading import Cause
from services.households.usecases.grading import regrade
from services.households.usecases.income import recompute
from services.households.usecases.quality import audit_households
from shared.db.engine import WriteSession
from shared.security.principals import Principal
from shared.security.vault import Vault


async def follow_up(
    session: WriteSession,
    vault: Vault,
    who: Principal,
    household_ids: Collection[UUID],
    now: datetime,
    *,
    cause: Cause = "fact",
    income: bool = True,
) -> None:
    """Its sums of income, what the audit rules find in it, then its grade, which looks at all of that.

    In the transaction of the change and last in it: the households stay locked until the commit. `income` False: what
    changed has no part in the sums.
    """
    if income:
        await recompute(session, household_ids, now)
    await audit_households(session, vault, who, household_ids, now)
    await regrade(session, household_ids, now, cause=cause, by=who.id)
