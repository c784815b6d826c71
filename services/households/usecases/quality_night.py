"""The whole county by night, village by village; whoever is stopped half way goes on there."""

from datetime import datetime

from services.households.queries import findings as find
from services.households.queries.quality_facts import lock_village, next_village
from services.households.usecases.quality import QualityPolicies, audit_locked
from shared.clock import local_date
from shared.db.engine import WriteSession
from shared.security.principals import SYSTEM
from shared.security.vault import Vault

PART = 1000
"""Households whose records are in memory at once."""


async def audit_next_village(session: WriteSession, vault: Vault, now: datetime) -> bool:
    """Look at the next village of today's run; False when there is none left, or another process is at it."""
    night = await find.lock_night(session, local_date(now), now)
    if night is None or night.finished_at is not None:
        return False
    in_force = await QualityPolicies.load(session)
    village = await next_village(session, night.reached) if in_force else None
    if village is None:
        night.finished_at = now
        return False
    lives = await lock_village(session, village)
    for start in range(0, len(lives), PART):
        audited = await audit_locked(session, vault, SYSTEM, lives[start : start + PART], now, in_force)
        night.households += audited.households
        night.found += audited.found
        night.mended += audited.mended
    night.reached = village
    return True
