"""The tables of the alerts service."""

from services.alerts.models.alerts import Alert, NewAlert, OutboxRow
from services.alerts.models.batches import Batch, BatchChunk, BatchError
from services.alerts.models.feeds import Feed, FeedVersion
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
    "Alert",
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
