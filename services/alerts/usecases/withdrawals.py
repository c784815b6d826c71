"""A bureau takes back what it sent in error: all of its reports in an alert, or one of them.

An alert stands as long as any report in it stands, whosever that is.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.alerts import events
from services.alerts.models import Alert, AlertEvidence
from services.alerts.models.areas import named_by
from services.alerts.queries.alerts import list_all_evidence, lock_alert
from services.alerts.rules.alerts import require_withdrawable, sight
from services.alerts.rules.withdrawals import Piece, Taking, take_back
from services.alerts.usecases import area_alerts
from shared.db.engine import WriteSession
from shared.lanes import Lane
from shared.outbox import emit
from shared.security import audit
from shared.security.principals import Principal
from shared.security.vault import Vault

PURPOSE = "withdrawal-reason"


async def withdraw_alert(
    session: WriteSession,
    who: Principal,
    alert_id: UUID,
    reason: str,
    vault: Vault,
    now: datetime,
    source_ref: str | None = None,
) -> Alert:
    """Take the asker's reports in an alert back, or only the one with `source_ref`; with the last one goes the alert.

    Raises `AlertNotFound`, `EvidenceNotFound`, `AlertAlreadyWithdrawn`, `AlertAlreadyAnswered`, `AlertHasExpired`.
    """
    alert = await lock_alert(session, sight(who), alert_id)
    require_withdrawable(alert.state)
    further = await list_all_evidence(session, [alert.id])
    taking = take_back(_pieces(alert, further), sight(who).feeds, source_ref)
    sealed = vault.seal(reason.encode(), PURPOSE)
    taken = {piece.id for piece in taking.taken}
    if alert.id in taken:
        alert.withdrawal_reason_sealed = sealed
    for one in further:
        if one.id in taken:
            one.withdrawn_at, one.withdrawal_reason_sealed = now, sealed
    if taking.left:
        await _stand_on(session, alert, further, taking, now)
    else:
        alert.state, alert.withdrawn_at, alert.withdrawal_reason_sealed = "withdrawn", now, sealed
        await emit(session, events.alert_withdrawn(alert, now), lane=Lane(alert.lane))  # or it would overtake its alert
    await audit.record(session, who, "alert:withdraw", alert.id, area_code=alert.area_code)
    return alert


def _pieces(alert: Alert, further: Sequence[AlertEvidence]) -> list[Piece]:
    severity = alert.first_severity or alert.severity
    gone = alert.first_withdrawn_at is not None
    first = Piece(
        alert.id, alert.feed, alert.source_ref, severity, told=True, withdrawn=gone, area=named_by(alert.area)
    )
    return [first, *map(_piece, further)]


def _piece(one: AlertEvidence) -> Piece:
    told, gone = one.outcome == "worsened", one.withdrawn_at is not None
    return Piece(one.id, one.feed, one.source_ref, one.severity, told, gone, named_by(one.area))


async def _stand_on(
    session: WriteSession, alert: Alert, further: Sequence[AlertEvidence], taking: Taking, now: datetime
) -> None:
    """The alert goes on with what is left. What nobody was told of before is told now, ahead of the withdrawal."""
    if any(piece.id == alert.id for piece in taking.taken):
        alert.first_withdrawn_at = now
    if alert.severity != taking.severity:
        alert.first_severity, alert.severity = alert.first_severity or alert.severity, taking.severity
    untold = {piece.id for piece in taking.to_tell}
    for news in (one for one in further if one.id in untold):
        news.outcome = "worsened"
        told = events.alert_worsened(alert.id, events.partition_key(alert), news, alert.risk_family)
        await emit(session, told, lane=Lane(news.lane))
    lanes = {alert.id: Lane(alert.lane), **{one.id: Lane(one.lane) for one in further}}
    for lane in Lane:  # each in the lane in which it was told, or its withdrawal would overtake it
        gone = [piece.id for piece in taking.taken if piece.told and lanes[piece.id] is lane]
        await emit(session, *(events.evidence_withdrawn(alert, id_, now) for id_ in gone), lane=lane)
    if alert.area is not None:  # the areas that are left may all have answered
        await session.flush()
        await area_alerts.settle(session, [alert.id])
        await session.refresh(alert)
