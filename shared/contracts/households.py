"""Events of checks: tasks, what becomes of them, the verdicts that go back to the bureaus; and of who lives where."""

from datetime import date, datetime
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

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
Basis = Literal["visit", "phone", "known_fact"]
"""What a verdict rests on: somebody went there (入户), called (电话), or knew already (已知情况)."""


class _TaskEvent(Event):
    topic: ClassVar[str] = "households.task"

    task_id: UUID = Field(description="The task (核查任务)")
    case_id: UUID = Field(description="The case (个案) it belongs to")
    subject_key: str = Field(
        description="Household id, the person key while the household is unknown, or `area:<alert>:<area>`"
    )

    @property
    def key(self) -> str:
        """One household's events stay in order, within a lane."""
        return self.subject_key


class TaskOpened(_TaskEvent):
    """An alert opened a case and its first task (核查任务). What area alerts open is told by `AreaChecksOpened`."""

    type: ClassVar[str] = "households.task-opened"
    title_zh: ClassVar[str] = "核查任务已下达"

    alert_id: UUID = Field(description="The alert that opened it")
    household_id: UUID | None = Field(description="null: nobody known here has that ID number")
    risk_family: str = Field(description="Kind of risk, e.g. `education`")
    level: Level = Field(description="Who has to act first")
    area_code: str = Field(description="12 digits: the desk that has it")
    opened_at: datetime = Field(description="When it was opened")
    due_at: datetime = Field(description="Deadline")
    policy_id: UUID = Field(description="Version of the `task-deadline` policy that set the deadline")


class EvidenceAdded(_TaskEvent):
    """An alert joined a case that was open already; no second task was made."""

    type: ClassVar[str] = "households.evidence-added"
    title_zh: ClassVar[str] = "预警已并入个案"

    alert_id: UUID = Field(description="The alert that joined")
    due_at: datetime = Field(description="Deadline of the open task after that")
    added_at: datetime = Field(description="When it joined")


class AreaCheck(BaseModel):
    """The task that one area got."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    area_code: str = Field(description="12 digits: the village; the township where no village of it is concerned")
    case_id: UUID = Field(description="The case (个案) of that area and kind of risk; other alerts may stand in it")
    task_id: UUID = Field(description="The task (核查任务)")
    due_at: datetime = Field(description="Deadline")
    households: int = Field(description="How many households are on its list")


class AreaChecksOpened(Event):
    """Each village that an area alert concerns has a task: a new one, or that of its open case. All are in this event,
    which is told again when a list has grown.
    """

    type: ClassVar[str] = "households.area-checks-opened"
    topic: ClassVar[str] = "households.task"
    title_zh: ClassVar[str] = "区域核查任务已下达"

    alert_id: UUID = Field(description="The area alert")
    risk_family: str = Field(description="Kind of risk, e.g. `water`")
    opened_at: datetime = Field(description="When the alert came to them")
    checks: list[AreaCheck] = Field(min_length=1, description="One for each area")

    @property
    def key(self) -> str:
        """An area alert is in order with itself only."""
        return str(self.alert_id)


class TaskAssigned(_TaskEvent):
    """A task went to another desk."""

    type: ClassVar[str] = "households.task-assigned"
    title_zh: ClassVar[str] = "核查任务已指派"

    level: Level = Field(description="Level of the desk that has it now")
    area_code: str = Field(description="12 digits: the desk that has it now")
    assignee_id: UUID | None = Field(description="Account it was given to; null: anybody at that desk")
    assigned_at: datetime = Field(description="When it was given")


class TaskOverdue(_TaskEvent):
    """A task's deadline passed. Said once."""

    type: ClassVar[str] = "households.task-overdue"
    title_zh: ClassVar[str] = "核查任务已超期"

    level: Level = Field(description="Level of the desk that has it")
    area_code: str = Field(description="12 digits: the desk that has it")
    due_at: datetime = Field(description="The deadline that passed")
    overdue_at: datetime = Field(description="When that was noticed")


class TaskEscalated(_TaskEvent):
    """An overdue task moved up a level."""

    type: ClassVar[str] = "households.task-escalated"
    title_zh: ClassVar[str] = "核查任务已上报"

    from_level: Level = Field(description="Level it was at")
    to_level: Level = Field(description="Level it moved up to")
    area_code: str = Field(description="12 digits: the desk that asks after it now; the task stays where it was")
    escalated_at: datetime = Field(description="When it moved")


class TaskClosed(_TaskEvent):
    """A task was done, or cancelled because every alert behind it was withdrawn."""

    type: ClassVar[str] = "households.task-closed"
    title_zh: ClassVar[str] = "核查任务已办结"

    state: Literal["done", "cancelled"] = Field(description="cancelled: every alert behind it was withdrawn")
    late: bool = Field(description="Closed after its deadline")
    closed_at: datetime = Field(description="When it was closed")
    area_code: str | None = Field(None, description="12 digits: the area of a cancelled check of area alerts")
    alert_ids: list[UUID] = Field([], description="The area alerts that stood behind such a check")


class VerdictGiven(Event):
    """A verdict (核查结论) on all alerts of a case."""

    type: ClassVar[str] = "households.verdict-given"
    topic: ClassVar[str] = "households.verdict"
    title_zh: ClassVar[str] = "核查结论已作出"

    case_id: UUID = Field(description="The case (个案)")
    task_id: UUID = Field(description="The task (核查任务) it concludes")
    subject_key: str = Field(description="Household id, or the person key while the household is unknown")
    alert_ids: list[UUID] = Field(description="The case's alerts, without those withdrawn")
    verdict: Verdict = Field(description="What the check found")
    reason_sealed: str = Field(
        description='base64; opens (purpose "verdict-reason"); sealed because free text may name people'
    )
    visited_on: date | None = Field(description="Day of the last visit; null: there was none")
    given_by: UUID = Field(description="Account that gave it")
    given_at: datetime = Field(description="When it was given")
    basis: Basis | None = Field(None, description="visit, phone or known_fact; null: given before that was asked")
    area_code: str | None = Field(None, description="12 digits: the one area of an area alert that it answers for")
    checked: int | None = Field(None, description="Households on that area's list of which was said whether at risk")
    at_risk: int | None = Field(None, description="Those of them that are; each has a national case")

    @property
    def key(self) -> str:
        """One household's events stay in order."""
        return self.subject_key


class MemberRecord(BaseModel):
    """Where a person of the register lives now. No name, no ID number."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    person_key: str = Field(description="Keyed hash of the ID number")
    household_id: UUID = Field(description="The household (户)")
    household_key: str | None = Field(description="Keyed hash of the national household code (户编号)")
    area_code: str = Field(description="12 digits: the household's village")
    household_class: str = Field(description="户类型: `ordinary`, `lifted_out`, `monitored`")
    active: bool = Field(description="false: left that household; moved away, married out or died")
    changed_at: datetime = Field(description="Of two records on one person the later one counts")


class MembersChanged(Event):
    """Members of households came, changed or left; at most 1,000 in one event, whatever changed them."""

    type: ClassVar[str] = "households.members-changed"
    topic: ClassVar[str] = "households.register"
    title_zh: ClassVar[str] = "家庭成员已变更"

    members: list[MemberRecord] = Field(min_length=1, max_length=1000, description="One record per person")

    @property
    def key(self) -> str:
        """Order does not matter: each record says when it changed."""
        return str(self.members[0].household_id)


class AccountGiven(Event):
    """What the households service knows of the alerts it was asked about."""

    type: ClassVar[str] = "households.account-given"
    topic: ClassVar[str] = "households.account"
    title_zh: ClassVar[str] = "预警对账答复"

    check_id: UUID = Field(description="The question, `alerts.account-asked`")
    missing: list[UUID] = Field(max_length=1000, description="Never came here")
    answered: list[UUID] = Field(max_length=1000, description="Have a verdict, which is told once more along with this")
    dropped: list[UUID] = Field(max_length=1000, description="Their task was cancelled; there will be no verdict")
    given_at: datetime = Field(description="When that was so")

    @property
    def key(self) -> str:
        """Each answer stands alone."""
        return str(self.check_id)


EVENTS = (
    TaskOpened,
    EvidenceAdded,
    TaskAssigned,
    TaskOverdue,
    TaskEscalated,
    TaskClosed,
    VerdictGiven,
    MembersChanged,
    AreaChecksOpened,
    AccountGiven,
)
