"""The tables of the alerts service."""

from services.alerts.models.alerts import Alert, NewAlert, OutboxRow
from services.alerts.models.batches import Batch, BatchChunk, BatchError
from services.alerts.models.feeds import Feed
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
from services.alerts.models.webhooks import VerdictNotice, Webhook, WebhookDelivery

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
    "IdempotencyKey",
    "Inbox",
    "NewAlert",
    "Outbox",
    "OutboxRow",
    "VerdictNotice",
    "Webhook",
    "WebhookDelivery",
]
