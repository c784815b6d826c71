"""Whole villages: those that a file changed, soon after; all of the county by night, and after a stop on from there."""

import logging
from dataclasses import astuple
from datetime import datetime
from uuid import UUID

from services.households.queries import findings as find
from services.households.queries.quality_facts import lock_village, next_village
from services.households.usecases.quality import Audited, RuleSets, audit_locked, load_rule_sets
from shared.clock import local_date
from shared.db.engine import WriteSession
from shared.db.outage import is_outage
from shared.security.principals import SYSTEM
from shared.security.vault import Vault

log = logging.getLogger(__name__)

PART = 1000
"""Households whose records are in memory at once."""


async def audit_next_village(session: WriteSession, vault: Vault, now: datetime) -> bool:
    """Look at the next village of today's run; False when there is none left, or another process is at it."""
    night = await find.lock_night(session, local_date(now), now)
    if night is None or night.finished_at is not None:
        return False
    in_force = await load_rule_sets(session, local_date(now))
    village = await next_village(session, night.reached) if in_force else None
    if village is None:
        night.finished_at = now
        return False
    audited = await _audit_village(session, vault, SYSTEM.id, village, now, in_force)
    night.households += audited.households
    night.found += audited.found
    night.mended += audited.mended
    night.reached = village
    return True


async def audit_next_due(session: WriteSession, vault: Vault, now: datetime) -> bool:
    """Look at the village that waits the longest; False when none waits that is not in another process's hands."""
    due = await find.take_due(session)
    if due is None:
        return False
    village, by = due
    in_force = await load_rule_sets(session, local_date(now))
    if in_force:
        await _audit_village(session, vault, by, village, now, in_force)
    return True


async def _audit_village(
    session: WriteSession, vault: Vault, by: UUID, village: str, now: datetime, in_force: RuleSets
) -> Audited:
    """A village whose records cannot be looked at is passed over until it changes, or the next night: the others are not
    to wait for it."""
    try:
        async with session.begin_nested():
            lives = await lock_village(session, village)
            parts = [
                await audit_locked(session, vault, by, lives[start : start + PART], now, in_force)
                for start in range(0, len(lives), PART)
            ]
    except Exception as error:
        if is_outage(error):
            raise
        log.error("village not audited", extra={"village": village, "error": type(error).__name__})
        return Audited()
    return Audited(*(sum(numbers) for numbers in zip(*(astuple(part) for part in parts), strict=True)))
