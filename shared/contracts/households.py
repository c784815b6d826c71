"""Events of the households service: tasks, what becomes of them, and the verdicts that go back to the bureaus."""

from datetime import date, datetime
from typing import ClassVar, Literal
from uuid import UUID

from shared.contracts.envelope import Event

Level = Literal["village", "township", "county"]
Verdict = Literal[
    "no_risk",
    "risk_confirmed",
    "already_helped",
    "moved_away",
    "duplicate",
    "wrong_person",
    "unreachable",
]


class _TaskEvent(Event):
    topic: ClassVar[str] = "households.task"

    task_id: UUID
    case_id: UUID
    subject_key: str  # household id, or the person key while the household is unknown

    @property
    def key(self) -> str:
        """One household's events stay in order."""
        return self.subject_key


class TaskOpened(_TaskEvent):
    """An alert opened a case and its first task (核查任务)."""

    type: ClassVar[str] = "households.task-opened"

    alert_id: UUID
    household_id: UUID | None  # None: nobody known here has that ID number
    risk_family: str
    level: Level
    area_code: str
    opened_at: datetime
    due_at: datetime
    policy_id: UUID


class EvidenceAdded(_TaskEvent):
    """An alert joined a case that was open already; no second task was made."""

    type: ClassVar[str] = "households.evidence-added"

    alert_id: UUID
    due_at: datetime
    added_at: datetime


class TaskAssigned(_TaskEvent):
    """A task went to another desk."""

    type: ClassVar[str] = "households.task-assigned"

    level: Level
    area_code: str
    assignee_id: UUID | None
    assigned_at: datetime


class TaskOverdue(_TaskEvent):
    """A task's deadline passed. Said once."""

    type: ClassVar[str] = "households.task-overdue"

    level: Level
    area_code: str
    due_at: datetime
    overdue_at: datetime


class TaskEscalated(_TaskEvent):
    """An overdue task moved up a level."""

    type: ClassVar[str] = "households.task-escalated"

    from_level: Level
    to_level: Level
    area_code: str  # the desk that has it now
    escalated_at: datetime


class TaskClosed(_TaskEvent):
    """A task was done, or cancelled because every alert behind it was withdrawn."""

    type: ClassVar[str] = "households.task-closed"

    state: Literal["done", "cancelled"]
    late: bool
    closed_at: datetime


class VerdictGiven(Event):
    """A verdict (核查结论) on all alerts of a case."""

    type: ClassVar[str] = "households.verdict-given"
    topic: ClassVar[str] = "households.verdict"

    case_id: UUID
    task_id: UUID
    subject_key: str
    alert_ids: list[UUID]
    verdict: Verdict
    reason_sealed: str  # base64; free text may name people (purpose "verdict-reason")
    visited_on: date | None
    given_by: UUID
    given_at: datetime

    @property
    def key(self) -> str:
        """One household's events stay in order."""
        return self.subject_key


EVENTS = (TaskOpened, EvidenceAdded, TaskAssigned, TaskOverdue, TaskEscalated, TaskClosed, VerdictGiven)
