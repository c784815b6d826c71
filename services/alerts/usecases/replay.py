"""Alerts are told once more, so that a lost Kafka volume can be healed: whoever knows an alert passes it over."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from services.alerts import events
from services.alerts.models import Alert, AlertEvidence
from services.alerts.queries import alerts as find
from shared.contracts.envelope import Event
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
    """Tell one page of the alerts that anything was told of since then; how many, and after which to go on, if at all.

    The events have new ids, for the old ones are in the receivers' inboxes. All of an alert is told in the order in
    which it was told first: what it was, what made it worse, what was taken back, and its end.
    """
    page = await find.lock_told_since(session, since, feed, after, PAGE)
    await retell(session, page)
    if page:
        await audit.record(session, who, "alert:replay", "alerts", since=since, feed=feed, alerts=len(page))
    return len(page), page[-1].id if len(page) == PAGE else None


async def retell(session: WriteSession, alerts: Sequence[Alert]) -> None:
    """Tell all that was ever told of these alerts."""
    worsened: dict[UUID, list[AlertEvidence]] = {}
    for one in await find.list_all_evidence(session, [alert.id for alert in alerts]):
        if one.outcome == "worsened":
            worsened.setdefault(one.alert_id, []).append(one)
    for lane in Lane:  # each in the lane it was told in: what comes meanwhile must not overtake its alert
        told = (event for one in alerts if one.lane == lane for event in _told(one, worsened.get(one.id, [])))
        await emit(session, *told, lane=lane)


def _told(alert: Alert, worsened: Sequence[AlertEvidence]) -> Iterator[Event]:
    key = events.partition_key(alert)
    yield events.alert_raised(alert)
    for one in worsened:
        yield events.alert_worsened(alert.id, key, one, alert.risk_family)
    if alert.withdrawn_at is not None:
        yield events.alert_withdrawn(alert, alert.withdrawn_at)
        return
    if alert.first_withdrawn_at is not None:
        yield events.evidence_withdrawn(alert, alert.id, alert.first_withdrawn_at)
    for one in worsened:
        if one.withdrawn_at is not None:
            yield events.evidence_withdrawn(alert, one.id, one.withdrawn_at)
    if alert.state == "expired" and alert.expired_at is not None:
        yield events.alert_expired(alert, alert.expired_at)
