"""Tables of the service. Household data carry an `area_code`, by which row-level security hides them (migrations)."""

from services.households.models.areas import TaskHousehold
from services.households.models.cases import CaseState, Evidence, RiskCase, Verdict
from services.households.models.imports import ImportFinding, RegisterImport
from services.households.models.income import IncomeEntry, IncomeSummary, IncomeWaiting
from services.households.models.monitoring import CaseEvidence, CaseMove, CasePause, MonitoringCase
from services.households.models.plumbing import (
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
from services.households.models.register import Household, Member
from services.households.models.register_history import DoubleEntry, RegisterChange
from services.households.models.tasks import ACTIVE, Task, TaskEvent, TaskState, Visit

__all__ = [
    "ACTIVE",
    "Account",
    "Area",
    "AuditEntry",
    "Base",
    "CaseEvidence",
    "CaseMove",
    "CasePause",
    "CaseState",
    "DeadLetter",
    "DoubleEntry",
    "Evidence",
    "Household",
    "IdempotencyKey",
    "ImportFinding",
    "Inbox",
    "IncomeEntry",
    "IncomeSummary",
    "IncomeWaiting",
    "Member",
    "MonitoringCase",
    "Outbox",
    "Policy",
    "RegisterChange",
    "RegisterImport",
    "RiskCase",
    "Task",
    "TaskEvent",
    "TaskHousehold",
    "TaskState",
    "Verdict",
    "Visit",
]
