"""Telling everything once more, so that a service that is new, or lost its copies, can fill them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, text

from services.directory import events
from services.directory.models import Account, ApiKey, Policy
from services.directory.queries import areas as area_queries
from shared.db.engine import WriteSession
from shared.outbox import emit
from shared.security import audit
from shared.security.principals import SYSTEM, Principal

# Nobody may change a row between our reading and our telling it: the old state would be told after the new one.
_LOCK = text("LOCK TABLE area, account, api_key, policy IN SHARE MODE")


@dataclass(frozen=True, slots=True)
class Announced:
    """How much was told."""

    areas: int
    accounts: int
    api_keys: int
    policies: int


async def announce_all(session: WriteSession, now: datetime, who: Principal = SYSTEM) -> Announced:
    """Emit the present state of every area, account, API key still in its time, and policy."""
    await session.execute(_LOCK)
    areas = await area_queries.list_all(session)
    policies = (await session.scalars(select(Policy).order_by(Policy.id))).all()
    keys = (await session.scalars(select(ApiKey).where(ApiKey.expires_at > now).order_by(ApiKey.id))).all()
    accounts = (await session.scalars(select(Account).order_by(Account.id))).all()
    await emit(session, *events.areas_changed(areas))
    await emit(session, *map(events.policy_published, policies))
    await emit(session, *map(events.api_key_changed, keys))
    await emit(session, *map(events.account_changed, accounts))
    told = Announced(len(areas), len(accounts), len(keys), len(policies))
    await audit.record(session, who, "announcement:make", "directory")
    return told
