"""The tables of the alerts service."""

from services.alerts.models.accounting import AccountCheck, AccountFinding
from services.alerts.models.alerts import Alert, NewAlert, OutboxRow
from services.alerts.models.batches import Batch, BatchChunk, BatchError
from services.alerts.models.evidence import AlertEvidence
from services.alerts.models.feeds import Feed, FeedVersion
from services.alerts.models.known_members import KnownMember
from services.alerts.models.plumbing import (
    ApiKey,
    Area,
    AuditEntry,
    Base,
    DeadLetter,
    IdempotencyKey,
    Inbox,
    Outbox,
    Policy,
)
from services.alerts.models.silence import (
    Contradiction,
    PhoneCode,
    ReportReminder,
    SelfReport,
    UseCount,
    ZeroReport,
)

__all__ = [
    "AccountCheck",
    "AccountFinding",
    "Alert",
    "AlertEvidence",
    "ApiKey",
    "Area",
    "AuditEntry",
    "Base",
    "Batch",
    "BatchChunk",
    "BatchError",
    "Contradiction",
    "DeadLetter",
    "Feed",
    "FeedVersion",
    "IdempotencyKey",
    "Inbox",
    "KnownMember",
    "NewAlert",
    "Outbox",
    "OutboxRow",
    "PhoneCode",
    "Policy",
    "ReportReminder",
    "SelfReport",
    "UseCount",
    "ZeroReport",
]
