"""Alerts are told once more, so that a lost Kafka volume can be healed: whoever knows an alert passes it over."""

from datetime import datetime
from uuid import UUID

from services.alerts import events
from services.alerts.queries import alerts as find
from services.alerts.queries.reference import list_feeds
from shared.db.engine import WriteSession
from shared.lanes import Lane
from shared.outbox import emit
from shared.security import audit
from shared.security.principals import SYSTEM, Principal

PAGE = 1000
"""Alerts in one transaction."""


async def replay_alerts(
    session: WriteSession, since: datetime, feed: str | None, after: UUID | None, who: Principal = SYSTEM
) -> tuple[int, UUID | None]:
    """Tell one page of the alerts reported or withdrawn since then; how many, and after which to go on, if at all.

    The events have new ids, for the old ones are in the receivers' inboxes. A withdrawal follows its alert, each in
    the lane it was told in: one that comes meanwhile must not overtake its alert either.
    """
    families = {one.code: one.risk_family for one in await list_feeds(session, None)}
    page = await find.lock_told_since(session, since, feed, after, PAGE)
    for lane in Lane:
        raised = [alert for alert in page if alert.lane == lane]
        withdrawn = [(alert, alert.withdrawn_at) for alert in raised if alert.withdrawn_at is not None]
        await emit(
            session,
            *(events.alert_raised(alert, families[alert.feed]) for alert in raised),
            *(events.alert_withdrawn(alert, at) for alert, at in withdrawn),
            lane=lane,
        )
    if page:
        await audit.record(session, who, "alert:replay", "alerts", since=since, feed=feed, alerts=len(page))
    return len(page), page[-1].id if len(page) == PAGE else None
