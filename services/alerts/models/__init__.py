"""The tables of the alerts service."""

from services.alerts.models.alerts import Alert, NewAlert, OutboxRow
from services.alerts.models.batches import Batch, BatchChunk, BatchError
from services.alerts.models.feeds import Feed, FeedVersion
from services.alerts.models.files import File, FileFault, FilePart, UnmatchedRow
from services.alerts.models.plumbing import (
    ApiKey,
    Area,
    AuditEntry,
    Base,
    DeadLetter,
    IdempotencyKey,
    Inbox,
    Outbox,
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
    "DeadLetter",
    "Feed",
    "FeedVersion",
    "File",
    "FileFault",
    "FilePart",
    "IdempotencyKey",
    "Inbox",
    "NewAlert",
    "Outbox",
    "OutboxRow",
    "UnmatchedRow",
]
