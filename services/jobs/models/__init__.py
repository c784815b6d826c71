"""Tables of the service. People's data carry an `area_code`, by which row-level security hides them (migrations)."""

from services.jobs.models.ledger import ImportState, LabourChange, LabourRow, LedgerImport, LedgerMonth
from services.jobs.models.needs import NeedState, WorkNeed
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
from services.jobs.models.reconciliation import Reconciliation, ReconciliationRow
from services.jobs.models.samples import AnswerState, LedgerSample, SampledRow
from services.jobs.models.tasks import LabourTask, TaskKind, TaskState

__all__ = [
    "Account",
    "AnswerState",
    "Area",
    "AuditEntry",
    "Base",
    "DeadLetter",
    "IdempotencyKey",
    "ImportState",
    "Inbox",
    "LabourChange",
    "LabourRow",
    "LabourTask",
    "LedgerImport",
    "LedgerMonth",
    "LedgerSample",
    "NeedState",
    "Outbox",
    "Person",
    "Policy",
    "Reconciliation",
    "ReconciliationRow",
    "SampledRow",
    "TaskKind",
    "TaskState",
    "WorkNeed",
]
