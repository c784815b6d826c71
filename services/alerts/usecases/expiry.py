"""What nobody answered for too long comes to its end, so that it does not stay open for ever."""

from datetime import datetime

from services.alerts import events
from services.alerts.queries import expiry
from shared.clock import local_date
from shared.db.engine import WriteSession
from shared.lanes import Lane
from shared.outbox import emit

PAGE = 500
"""Alerts in one transaction."""


async def expire_alerts(session: WriteSession, now: datetime) -> int:
    """End one page of alerts and tell of it; how many."""
    ended = await expiry.expire(session, local_date(now), now, PAGE)
    await emit(session, *(events.alert_expired(alert, now) for alert in ended), lane=Lane.BULK)
    return len(ended)
