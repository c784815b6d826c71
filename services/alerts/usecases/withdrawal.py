"""A bureau takes back an alert it sent in error."""

from datetime import datetime
from uuid import UUID

from services.alerts import events, rules
from services.alerts.models import Alert
from services.alerts.queries.alerts import lock_alert
from services.alerts.rules import sight
from shared.db.engine import WriteSession
from shared.lanes import Lane
from shared.outbox import emit
from shared.security import audit
from shared.security.principals import Principal
from shared.security.vault import Vault

PURPOSE = "withdrawal-reason"


async def withdraw_alert(
    session: WriteSession, who: Principal, alert_id: UUID, reason: str, vault: Vault, now: datetime
) -> Alert:
    """Take an alert back. Raises `AlertNotFound`, `AlertAlreadyWithdrawn`, `AlertAlreadyAnswered`."""
    alert = await lock_alert(session, sight(who), alert_id)
    rules.require_withdrawable(alert.state)
    alert.state, alert.withdrawn_at = "withdrawn", now
    alert.withdrawal_reason_sealed = vault.seal(reason.encode(), PURPOSE)
    await emit(session, events.alert_withdrawn(alert, now), lane=Lane(alert.lane))  # or it would overtake its alert
    await audit.record(session, who, "alert:withdraw", alert.id, area_code=alert.area_code)
    return alert
