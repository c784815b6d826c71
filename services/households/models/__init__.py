"""Tables of the service. Household data carry an `area_code`, by which row-level security hides them (migrations)."""

from services.households.models.areas import TaskHousehold
from services.households.models.cases import CaseState, Evidence, RiskCase, Verdict
from services.households.models.comparison import AssetAnswer, Authorisation, ComparisonTicket, TicketState
from services.households.models.grades import (
    GradeChange,
    GradeDue,
    GradeOverride,
    GradeSnapshot,
    GradingProgress,
    HouseholdGrade,
)
from services.households.models.help import EliminationCheck, Measure, MeasureState
from services.households.models.imports import ImportFinding, RegisterImport
from services.households.models.income import IncomeEntry, IncomeSummary, IncomeWaiting
from services.households.models.labour import LabourNight
from services.households.models.monitoring import CaseEvidence, CaseMove, CasePause, CaseSnapshot, MonitoringCase
from services.households.models.notices import NoticeEntry, Objection, ObjectionState, PublicNotice
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
from services.households.models.quality import QualityDue, QualityFinding, QualityNight
from services.households.models.register import Household, Member
from services.households.models.register_history import DoubleEntry, RegisterChange
from services.households.models.schooling import DropoutCase, DropoutEntry, DropoutMove, LegalStep, StayCheck
from services.households.models.tasks import ACTIVE, Task, TaskEvent, TaskState
from services.households.models.visits import PretenceFinding, Visit, VisitKind, VisitPhoto

__all__ = [
    "ACTIVE",
    "Account",
    "Area",
    "AssetAnswer",
    "AuditEntry",
    "Authorisation",
    "Base",
    "CaseEvidence",
    "CaseMove",
    "CasePause",
    "CaseSnapshot",
    "CaseState",
    "ComparisonTicket",
    "DeadLetter",
    "DoubleEntry",
    "DropoutCase",
    "DropoutEntry",
    "DropoutMove",
    "EliminationCheck",
    "Evidence",
    "GradeChange",
    "GradeDue",
    "GradeOverride",
    "GradeSnapshot",
    "GradingProgress",
    "Household",
    "HouseholdGrade",
    "IdempotencyKey",
    "ImportFinding",
    "Inbox",
    "IncomeEntry",
    "IncomeSummary",
    "IncomeWaiting",
    "LabourNight",
    "LegalStep",
    "Measure",
    "MeasureState",
    "Member",
    "MonitoringCase",
    "NoticeEntry",
    "Objection",
    "ObjectionState",
    "Outbox",
    "Policy",
    "PretenceFinding",
    "PublicNotice",
    "QualityDue",
    "QualityFinding",
    "QualityNight",
    "RegisterChange",
    "RegisterImport",
    "RiskCase",
    "StayCheck",
    "Task",
    "TaskEvent",
    "TaskHousehold",
    "TaskState",
    "TicketState",
    "Verdict",
    "Visit",
    "VisitKind",
    "VisitPhoto",
]
