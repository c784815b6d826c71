"""The tables of the alerts service."""

from services.alerts.models.accounting import AccountCheck, AccountFinding, Receipt
from services.alerts.models.alerts import Alert, Finished, NewAlert, OutboxRow
from services.alerts.models.areas import AreaCheck
from services.alerts.models.batches import Batch, BatchChunk, BatchError, ChunkAttempt
from services.alerts.models.evidence import AlertEvidence
from services.alerts.models.feeds import Feed, FeedVersion
from services.alerts.models.files import File, FileFault, FilePart, UnmatchedRow
from services.alerts.models.known_members import KnownMember
from services.alerts.models.plumbing import (
    Account,
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
from services.alerts.models.rules import Rule
from services.alerts.models.silence import (
    Contradiction,
    PhoneCode,
    ReportReminder,
    SelfReport,
    UseCount,
    ZeroReport,
)
from services.alerts.models.webhooks import VerdictNotice, Webhook, WebhookDelivery

__all__ = [
    "Account",
    "AccountCheck",
    "AccountFinding",
    "Alert",
    "AlertEvidence",
    "ApiKey",
    "Area",
    "AreaCheck",
    "AuditEntry",
    "Base",
    "Batch",
    "BatchChunk",
    "BatchError",
    "ChunkAttempt",
    "Contradiction",
    "DeadLetter",
    "Feed",
    "FeedVersion",
    "File",
    "FileFault",
    "FilePart",
    "Finished",
    "IdempotencyKey",
    "Inbox",
    "KnownMember",
    "NewAlert",
    "Outbox",
    "OutboxRow",
    "PhoneCode",
    "Policy",
    "Receipt",
    "ReportReminder",
    "Rule",
    "SelfReport",
    "UnmatchedRow",
    "UseCount",
    "VerdictNotice",
    "Webhook",
    "WebhookDelivery",
    "ZeroReport",
]
