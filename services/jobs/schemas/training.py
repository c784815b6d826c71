"""Courses, enrolments, attendance and certificates: as entered and as shown."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from services.jobs.codes import LISTS
from services.jobs.models import CourseState, EnrolmentState
from services.jobs.rules.courses import CourseFacts, Entry
from services.jobs.schemas.fields import Trade
from services.jobs.schemas.people import PersonBrief
from services.jobs.schemas.posts import Place
from shared.http.fields import Answer, AreaView, CodeView, DayInReach, Draft, Line, PastDay

CourseKind = Annotated[str, LISTS["course_kind"].field(), Field(description="培训类别", examples=["training"])]
Venue = Annotated[str, LISTS["course_venue"].field(), Field(description="培训地点类型", examples=["factory"])]
Level = Annotated[str, LISTS["skill_level"].field(), Field(description="职业技能等级", examples=["5"])]
DropReason = Annotated[str, LISTS["drop_reason"].field(), Field(description="退出原因", examples=["found_work"])]


class CourseDraft(Draft):
    """A course as somebody enters it. With an employer it is order-based (订单式), with a post for a given post (定岗)."""

    kind: CourseKind = "training"
    trade: Trade
    title: Line = Field(description="培训班名称", examples=["五金冲压工订单班"])
    level: Level | None = None
    place: Place
    venue: Venue
    seats: Annotated[int, Field(ge=1, le=10_000, description="名额", examples=[30])]
    starts_on: date = Field(description="开班日期", examples=["2030-03-01"])
    ends_on: DayInReach = Field(description="结业日期", examples=["2030-03-20"])
    employer_id: UUID | None = Field(None, description="订单企业")
    post_id: UUID | None = Field(None, description="定向岗位")

    @model_validator(mode="after")
    def _days_in_order(self) -> "CourseDraft":
        if self.ends_on < self.starts_on:
            raise PydanticCustomError("course-days-order", "ends before it begins")
        return self

    def facts(self) -> CourseFacts:
        """As the use case takes it."""
        return CourseFacts(**dict(self))


class CourseView(Answer):
    """One course."""

    id: UUID
    kind: CodeView
    trade: CodeView
    title: str
    level: CodeView | None
    place: str = Field(examples=["539921100000"])
    venue: CodeView
    seats: int
    seated: int = Field(description="Seats taken · 已占名额")
    waiting: int = Field(description="People on the waiting list · 候补人数")
    starts_on: date
    ends_on: date
    employer_id: UUID | None
    post_id: UUID | None
    allowance: Decimal = Field(description="Yuan a day of attendance · 每日补贴（元）", examples=["80.00"])
    policy_id: UUID = Field(description="The version of `training-rules` · 依据的政策版本")
    state: CourseState
    changed_at: datetime


class CourseResultView(Answer):
    """What came of a course, counted from names within the caller's areas."""

    seated: int
    waiting: int
    completed: int = Field(description="结业")
    failed: int = Field(description="未结业")
    dropped: int = Field(description="退出")
    placed: int = Field(description="Began work in the days of the policy after it · 结业后按期就业")
    placed_share: float | None = Field(description="Of those who completed · 就业率")
    allowance: Decimal = Field(description="Yuan, for all days attended · 应发补贴（元）")


class EntryDraft(Draft):
    """Whom to enrol."""

    person_id: UUID
    need_id: UUID | None = Field(None, description="The need it answers · 对应就业需求")
    post_id: UUID | None = Field(None, description="An opening is kept for them: one plan · 培训+转岗预留岗位")

    def entry(self) -> Entry:
        """As the use case takes it."""
        return Entry(**dict(self))


class CandidateView(Answer):
    """Somebody who might go to a course."""

    person: PersonBrief
    need_id: UUID | None


class EnrolmentView(Answer):
    """One enrolment."""

    id: UUID
    course_id: UUID
    course_title: str
    person: PersonBrief
    area: AreaView
    need_id: UUID | None
    state: EnrolmentState
    state_text: str = Field(examples=["在学"])
    plan_post_id: UUID | None = Field(description="The post that follows · 培训后岗位")
    plan_state: str | None = Field(description="held, used, released")
    plan_until: date | None = Field(description="The opening is kept up to that day · 预留至")
    days_held: int = Field(description="应到天数")
    days_present: int = Field(description="实到天数")
    allowance: Decimal = Field(description="Yuan, for the days attended · 补贴（元）")
    dropped_reason: CodeView | None
    completed_on: date | None
    enrolled_at: datetime
    changed_at: datetime


class DropDraft(Draft):
    """Why somebody leaves."""

    reason: DropReason


class CompletionDraft(Draft):
    """That somebody completed a course. With a certificate (职业资格或技能等级证书) or without."""

    certificate_issued_on: PastDay | None = Field(None, description="发证日期")


class Mark(Draft):
    """Whether one person came."""

    enrolment_id: UUID
    present: bool = Field(True, description="到课")


class AttendanceDraft(Draft):
    """Who came on one day."""

    day: PastDay = Field(description="日期")
    marks: Annotated[tuple[Mark, ...], Field(min_length=1, max_length=2000)]


class AttendanceReport(Answer):
    """How many were recorded."""

    recorded: int


class CertificateDraft(Draft):
    """A certificate that somebody holds already."""

    trade: Trade
    level: Level | None = None
    issued_on: PastDay = Field(description="发证日期")


class CertificateView(Answer):
    """One certificate."""

    id: UUID
    trade: CodeView
    level: CodeView | None
    issued_on: date
    enrolment_id: UUID | None = Field(description="The course it is of · 培训报名")
