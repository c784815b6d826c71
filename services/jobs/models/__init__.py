"""Tables of the service. People's data carry an `area_code`, by which row-level security hides them (migrations)."""

from services.jobs.models.indicators import IndicatorCount, IndicatorDue, IndicatorState
from services.jobs.models.ledger import LabourChange, LabourRow, LedgerImport, LedgerMonth
from services.jobs.models.matching import MatchingProposal, MatchingRun, ProposalState, RunState
from services.jobs.models.move_up import MoveUpDue, MoveUpPlace, MoveUpVillage
from services.jobs.models.needs import NeedState, NeedWaiting, WorkNeed
from services.jobs.models.people import Person
from services.jobs.models.placements import Placement, PlacementMove, StayCheck
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
from services.jobs.models.posts import Blacklisting, Employer, Post, PostState
from services.jobs.models.reconciliation import Reconciliation, ReconciliationRow
from services.jobs.models.samples import AnswerState, LedgerSample, SampledRow
from services.jobs.models.subsidies import SubsidyClaim, TradeMedian
from services.jobs.models.tasks import LabourTask
from services.jobs.models.training import (
    Attendance,
    Certificate,
    Course,
    CourseState,
    Enrolment,
    EnrolmentState,
    PlanState,
)
from services.jobs.models.trips import Trip, TripPassenger

__all__ = [
    "Account",
    "AnswerState",
    "Area",
    "Attendance",
    "AuditEntry",
    "Base",
    "Blacklisting",
    "Certificate",
    "Course",
    "CourseState",
    "DeadLetter",
    "Employer",
    "Enrolment",
    "EnrolmentState",
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
    "LedgerSample",
    "MatchingProposal",
    "MatchingRun",
    "MoveUpDue",
    "MoveUpPlace",
    "MoveUpVillage",
    "NeedState",
    "NeedWaiting",
    "Outbox",
    "Person",
    "Placement",
    "PlacementMove",
    "PlanState",
    "Policy",
    "Post",
    "PostState",
    "ProposalState",
    "Reconciliation",
    "ReconciliationRow",
    "RunState",
    "SampledRow",
    "StayCheck",
    "SubsidyClaim",
    "TradeMedian",
    "Trip",
    "TripPassenger",
    "WorkNeed",
]
