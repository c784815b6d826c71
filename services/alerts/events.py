"""What we tell others of an alert, and no more: who it is about travels sealed."""

from binascii import b2a_base64
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson

from services.alerts.models import Alert, AlertEvidence, Contradiction, Feed, NewAlert, OutboxRow, ZeroReport
from services.alerts.models.areas import named_by
from services.alerts.rules.silence import Cell, Reminder
from shared.contracts.alerts import (
    AlertExpired,
    AlertRaised,
    AlertWithdrawn,
    AlertWorsened,
    AreaAlertRaised,
    AreaAlertWorsened,
    ContradictionFound,
    EvidenceWithdrawn,
    PhoneCodeIssued,
    ReportDue,
)
from shared.ids import new_id


def partition_key(alert: NewAlert | Alert) -> str:
    """What all events of an alert are kept in order by."""
    return alert.person_key or alert.household_key or str(alert.id)


def alert_raised(alert: NewAlert | Alert) -> AlertRaised | AreaAlertRaised:
    """A new alert, or one that is told once more: as it was reported, whatever made it graver since."""
    if alert.area is not None:
        return AreaAlertRaised.model_validate(_area_raised(alert))
    return AlertRaised.model_validate(_raised(alert))


def raised_row(alert: NewAlert, traceparent: str | None) -> OutboxRow:
    """What `emit` would write for `alert_raised(alert)`, without the model: a batch spends a tenth of its time on it."""
    kind: type[AlertRaised | AreaAlertRaised] = AlertRaised
    value = _raised(alert)
    if alert.area is not None:
        kind, value = AreaAlertRaised, _area_raised(alert)
    key = alert.person_key or alert.household_key or str(alert.id)
    told = orjson.dumps(value, option=orjson.OPT_UTC_Z).decode()  # as pydantic writes it
    return (new_id(), kind.topic, key, kind.type, alert.reported_at, told, traceparent, alert.lane)


def _raised(alert: NewAlert | Alert) -> dict[str, Any]:
    severity = alert.severity if isinstance(alert, NewAlert) else alert.first_severity or alert.severity
    return {
        "alert_id": str(alert.id),
        "feed": alert.feed,
        "risk_family": alert.risk_family,
        "severity": severity,
        "occurred_on": alert.occurred_on,
        "reported_at": alert.reported_at,
        "area_code": alert.area_code,
        "person_key": alert.person_key,
        "household_key": alert.household_key,
        "sealed": _as_text(alert.sealed),
    }


def _area_raised(alert: NewAlert | Alert) -> dict[str, Any]:
    named = named_by(alert.area)
    assert named is not None
    value = _raised(alert) | {"area_codes": named.codes, "natural_villages": named.natural_villages}
    for name in ("area_code", "person_key", "household_key"):
        del value[name]
    return value


def alert_worsened(
    alert_id: UUID, subject_key: str, evidence: NewAlert | AlertEvidence, family: str
) -> AlertWorsened | AreaAlertWorsened:
    """Worse evidence for an alert whose partition key is `subject_key`."""
    same: dict[str, Any] = {
        "alert_id": alert_id,
        "evidence_id": evidence.id,
        "feed": evidence.feed,
        "risk_family": family,
        "severity": evidence.severity,
        "occurred_on": evidence.occurred_on,
        "reported_at": evidence.reported_at,
        "sealed": _as_text(evidence.sealed),
    }
    if (named := named_by(evidence.area)) is not None:
        return AreaAlertWorsened(**same, area_codes=named.codes, natural_villages=named.natural_villages)
    return AlertWorsened(
        **same,
        subject_key=subject_key,
        area_code=evidence.area_code,
        person_key=evidence.person_key,
        household_key=evidence.household_key,
    )


def alert_withdrawn(alert: Alert, withdrawn_at: datetime) -> AlertWithdrawn:
    """An alert taken back; it follows the alert itself, for it has the same partition key. To emit in the alert's lane."""
    return AlertWithdrawn(alert_id=alert.id, subject_key=partition_key(alert), withdrawn_at=withdrawn_at)


def report_due(bureau: str, cell: Cell, reminder: Reminder, policy_id: UUID, today: date) -> ReportDue:
    """A report that is due soon, or was due and did not come. `days` are those of today: a reminder may be late too."""
    assert cell.period.due_on is not None
    return ReportDue(
        bureau=bureau,
        feed=cell.feed,
        period=cell.period.name,
        area_prefix=cell.area,
        due_on=cell.period.due_on,
        when=reminder.kind,
        days=abs((cell.period.due_on - today).days),
        policy_id=policy_id,
    )


def contradiction_found(found: Contradiction, zero: ZeroReport, feed: Feed) -> ContradictionFound:
    """A zero report that cannot be true."""
    return ContradictionFound(
        contradiction_id=found.id,
        zero_report_id=zero.id,
        bureau=feed.bureau,
        feed=zero.feed,
        period=zero.period,
        kind=found.kind,
        alert_id=found.alert_id,
        found_at=found.found_at,
    )


def phone_code_issued(code_id: UUID, sealed: bytes, expires_at: datetime) -> PhoneCodeIssued:
    """A code for the text message gateway."""
    return PhoneCodeIssued(code_id=code_id, sealed=_as_text(sealed), expires_at=expires_at)


def evidence_withdrawn(alert: Alert, evidence_id: UUID, withdrawn_at: datetime) -> EvidenceWithdrawn:
    """One evidence taken back; the alert's own id stands for its first one."""
    return EvidenceWithdrawn(
        alert_id=alert.id, evidence_id=evidence_id, subject_key=partition_key(alert), withdrawn_at=withdrawn_at
    )


def alert_expired(alert: Alert, expired_at: datetime) -> AlertExpired:
    """An alert that nobody answered in time."""
    return AlertExpired(alert_id=alert.id, subject_key=partition_key(alert), expired_at=expired_at)


def _as_text(sealed: bytes) -> str:
    return b2a_base64(sealed, newline=False).decode()
