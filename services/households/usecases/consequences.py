"""What follows for a household when a fact of it changes, in one place and one order."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from services.households.rules.grading import Cause
from services.households.usecases.grading import regrade, take_due
from services.households.usecases.income import recompute
from services.households.usecases.quality import audit_households
from shared.db.engine import WriteSession
from shared.lanes import Lane
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


OF_IMPORT: dict[str, Cause] = {"import": "fact", "import-correction": "correction"}
"""Households wait for their sums as well, and then for a grade of that cause."""


async def follow_due(session: WriteSession, now: datetime) -> int:
    """What follows for some of those that waited (`regrade_later`, an import): sums, then grades; how many they were."""
    due = await take_due(session, now)
    await recompute(session, {id_ for id_, cause in due if cause in OF_IMPORT}, now)
    corrections = {id_ for id_, cause in due if OF_IMPORT.get(cause, cause) == "correction"}
    facts = {id_ for id_, _ in due} - corrections
    await regrade(session, corrections, now, cause="correction", lane=Lane.BULK)
    await regrade(session, facts, now, lane=Lane.BULK)
    return len(due)
