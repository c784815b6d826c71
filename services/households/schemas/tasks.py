"""Tasks, cases and verdicts: as entered and as shown."""

from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from services.households.models import CaseState, TaskState
from services.households.schemas.visits import VisitView
from shared.contracts.alerts import Severity
from shared.contracts.households import Basis, Level, Verdict
from shared.http.fields import Answer, AnyArea, AreaView, Draft, Line, Paragraph


class Assignment(Draft):
    """Where the task goes: to the desk of an area, or into the hands of an account."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"area_code": "539921100000"}]})

    area_code: AnyArea | None = None
    account_id: Annotated[UUID | None, Field(description="Active, with a desk that holds the household · 账号")] = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.area_code is None) == (self.account_id is None):
            raise PydanticCustomError("area-or-account", "give one of both")
        return self


class VerdictDraft(Draft):
    """What the check found (核查结论)."""

    verdict: Verdict
    reason: Annotated[
        Paragraph, Field(description="Told to the bureau, kept sealed · 理由", examples=["已返校，老师确认"])
    ]
    basis: Annotated[
        Basis | None,
        Field(
            description="Visit, call or known fact; left out: the visit, if one was recorded, else a known fact · 依据"
        ),
    ] = None
    contact: Annotated[
        Line | None, Field(description="Whom one spoke with, kept sealed · 联系人", examples=["班主任李老师"])
    ] = None
    visit_id: UUID | None = None


class Cancellation(Draft):
    """Why a task is dropped."""

    reason: Annotated[
        str,
        Field(
            pattern="^(entered_twice|no_longer_needed|ordered)$", description="Reason · 撤销原因", examples=["ordered"]
        ),
    ]


class EvidenceLine(Answer):
    """One report behind a case: an alert, or what made it worse."""

    evidence_id: UUID = Field(description="The alert's own id: its first report · 证据")
    alert_id: UUID
    feed: str = Field(examples=["education.absence"])
    feed_text: str = Field(examples=["连续缺课"])
    severity: Severity
    occurred_on: date
    reported_at: datetime
    withdrawn: bool
    person: str | None = Field(
        description="Whom the bureau named; masked for supervisors · 涉及人员", examples=["张三"]
    )
    facts: dict[str, Any] | None = Field(
        description="The bureau's evidence; its fields: `GET /alerts/v1/feeds/{feed}` · 预警内容，字段名称见预警类别",
        examples=[{"days_absent": 4}],
    )


class Contact(Answer):
    """Whom to call. The whole number: `POST /households/v1/members/{member_id}/reveal`."""

    member_id: UUID
    name: str = Field(examples=["张三"])
    phone: str = Field(examples=["154****0017"])


class TaskHousehold(Answer):
    """The household a task is about."""

    id: UUID
    head_name: str | None = Field(examples=["张三"])
    area: AreaView
    contact: Contact | None = Field(None, description="Absent where no phone is known · 联系电话")


class AreaList(Answer):
    """The households on the list of an area's check (区域核查)."""

    households: int = Field(description="On the list · 涉及户数", examples=[37])
    remarked: int = Field(description="Somebody said something of them · 已登记户数")
    affected: int = Field(description="Said to be affected · 受影响户数")
    checked: int = Field(description="Said to be at risk, or not · 已逐户核查户数")
    at_risk: int = Field(description="Said to be at risk: each has a national case · 存在风险户数")
    natural_villages: list[str] = Field(description="Only of these, as the bureau said · 自然村", examples=[["上寨"]])


class TaskView(Answer):
    """One task (核查任务)."""

    id: UUID
    case_id: UUID
    title: str = Field(examples=["入户核查：教育·连续缺课 — 张三（金沟村）"])
    state: TaskState
    household: TaskHousehold | None = Field(description="Absent while the person is unknown · 未匹配到农户时为空")
    level: Level
    area: AreaView
    assignee_id: UUID | None
    risk_family: str = Field(examples=["education"])
    risk_text: str = Field(examples=["教育"])
    feeds: list[str] = Field(examples=[["education.absence"]])
    severity: Severity | None = Field(description="The highest of its alerts; null: all withdrawn · 最高等级")
    evidence: list[EvidenceLine] = Field(
        description="All of it; in lists the last alert alone · 预警（列表仅列最新一条）"
    )
    evidence_count: int = Field(description="How many alerts there are · 预警条数", examples=[1])
    area_list: AreaList | None = Field(description="For the check of a whole area · 区域核查户清单")
    without_visit: list[Verdict] = Field(
        description="Verdicts that may rest on a call or a known fact · 可不入户作出的结论"
    )
    dropout_case_id: UUID | None = Field(
        None, description="A check whether a child stays at school, answered at this dropout case · 返校稳定核查"
    )
    due_at: datetime
    due_on: date = Field(description="Last day, Beijing time · 截止日", examples=["2026-03-05"])
    overdue: bool
    overdue_at: datetime | None
    raised_to: Level | None
    escalated_at: datetime | None
    created_at: datetime
    accepted_at: datetime | None
    closed_at: datetime | None
    version: int


class TaskEventView(Answer):
    """One line of a task's history."""

    at: datetime
    what: str = Field(examples=["assigned"])
    text: str = Field(examples=["转派"])
    by: UUID
    detail: dict[str, Any] | None


class VerdictView(Answer):
    """One verdict."""

    task_id: UUID
    verdict: str = Field(examples=["no_risk"])
    verdict_text: str = Field(examples=["无风险"])
    basis: Basis
    basis_text: str = Field(examples=["电话核实"])
    contact: str | None = Field(description="Hidden from supervisors · 联系人")
    reason: str | None = Field(description="Hidden from supervisors · 理由")
    visit_id: UUID | None
    given_by: UUID
    given_at: datetime


class CheckSummary(Answer):
    """One case (风险个案) in a list."""

    id: UUID
    household: TaskHousehold | None
    area: AreaView
    risk_family: str
    risk_text: str
    state: CaseState
    opened_at: datetime
    last_evidence_at: datetime
    closed_at: datetime | None
    verdict: str | None
    evidence: list[EvidenceLine] = Field(
        description="All of it; in lists the last alert alone · 预警（列表仅列最新一条）"
    )
    evidence_count: int = Field(description="How many alerts there are · 预警条数", examples=[1])


class CheckView(CheckSummary):
    """One case with all that belongs to it."""

    tasks: list[TaskView]
    visits: list[VisitView]
    verdicts: list[VerdictView]
