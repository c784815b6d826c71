"""Tables of the service. People's data carry an `area_code`, by which row-level security hides them (migrations)."""

from services.jobs.models.indicators import IndicatorCount, IndicatorDue, IndicatorState
from services.jobs.models.ledger import LabourChange, LabourRow, LedgerImport, LedgerMonth
from services.jobs.models.needs import NeedState, NeedWaiting, WorkNeed
from services.jobs.models.people import Person
from services.jobs.models.plumbing import (
    Account,
    Area,
    AuditEntry,
    Base,
    DeadLetter,
    IdempotencyKey,
    Inbox,
    Outbox,
    Policy,
)
from services.jobs.models.tasks import LabourTask, TaskKind, TaskState

__all__ = [
    "Account",
    "Area",
    "AuditEntry",
    "Base",
    "DeadLetter",
    "IdempotencyKey",
    "Inbox",
    "IndicatorCount",
    "IndicatorDue",
    "IndicatorState",
    "LabourChange",
    "LabourRow",
    "LabourTask",
    "LedgerImport",
    "LedgerMonth",
    "NeedState",
    "NeedWaiting",
    "Outbox",
    "Person",
    "Policy",
    "TaskKind",
    "TaskState",
    "WorkNeed",
]
