"""Children who dropped out (辍学个案): as entered and as shown."""

from datetime import date, datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from services.households.codes import LISTS
from services.households.rules.schooling.states import State
from services.households.schemas.visits import PlaceDraft
from shared.contracts.households import Level
from shared.contracts.schooling_policies import LegalKind
from shared.http.fields import Answer, AreaView, Draft, Line, Moment, Name, Paragraph, PastDay

School = Annotated[Line, Field(description="School, no secret · 学校", examples=["青石镇中心小学"])]
SchoolGrade = Annotated[Line, Field(description="Grade or class · 年级班级", examples=["七年级"])]
Note = Annotated[Paragraph, Field(description="How one knows, kept sealed · 情况说明", examples=["班主任电话确认"])]
Exemption = Annotated[
    str, LISTS["dropout_exemption"].field(), Field(description="Why · 原因", examples=["moved_abroad"])
]
Result = Annotated[str, LISTS["persuasion_result"].field(), Field(description="Result · 劝返结果", examples=["agreed"])]
Absence = Annotated[str, LISTS["school_absence"].field(), Field(description="Why absent · 原因", examples=["weary"])]


class DropoutDraft(Draft):
    """A child in no school, told by hand."""

    member_id: UUID
    found_on: PastDay
    school: School | None = None
    grade: SchoolGrade | None = None
    note: Note


class DropoutMoveDraft(Draft):
    """One move by hand: back at school, absent again, taught at home, in persuasion after all, or exempt."""

    to: Annotated[
        Literal["returned", "again_absent", "home_taught", "persuading", "exempt"],
        Field(description="To · 转为", examples=["returned"]),
    ]
    on: PastDay
    note: Note
    school: Annotated[School | None, Field(description="Needed for a return · 返校就读学校")] = None
    grade: SchoolGrade | None = None
    exemption: Annotated[Exemption | None, Field(description="Needed for an exemption · 不再属控辍对象原因")] = None
    paper: Annotated[bool, Field(description="An assessment is at hand · 有评估认定材料")] = False


class PersuasionDraft(Draft):
    """One persuasion visit (劝返): teacher and cadre go together."""

    at: Annotated[Moment, Field(description="When · 时间", examples=["2026-03-10T19:00:00+08:00"])]
    teacher: Annotated[Name, Field(description="Kept sealed · 教师", examples=["李老师"])]
    cadre: Annotated[Name, Field(description="Kept sealed · 包保干部", examples=["王干部"])]
    with_whom: Annotated[Line | None, Field(description="Whom they met, kept sealed · 见到何人")] = None
    place: PlaceDraft | None = None
    result: Result
    note: Note

    @model_validator(mode="after")
    def _two_people(self) -> Self:
        if self.teacher == self.cadre:
            raise PydanticCustomError("same-person-twice", "teacher and cadre are two people")
        return self


class PlanDraft(Draft):
    """One pupil, one plan (一生一策)."""

    at: Annotated[Moment, Field(description="Made when · 制定时间", examples=["2026-03-10T19:00:00+08:00"])]
    until: Annotated[date, Field(description="Last day · 截止日期", examples=["2026-07-10"])]
    by: Annotated[Name, Field(description="Who sees to it, kept sealed · 责任人", examples=["李老师"])]
    text: Annotated[Paragraph, Field(description="Kept sealed · 内容", examples=["每周家访，补课"])]


class LessonsDraft(Draft):
    """Lessons at home (送教上门) of one day."""

    at: Annotated[Moment, Field(description="When · 时间", examples=["2026-03-10T09:00:00+08:00"])]
    lessons: Annotated[int, Field(ge=1, le=12, description="How many · 课时数", examples=[2])]
    teacher: Annotated[Name, Field(description="Kept sealed · 教师", examples=["李老师"])]
    text: Annotated[Paragraph | None, Field(description="What was taught, kept sealed · 内容")] = None


class LegalStepDraft(Draft):
    """One of the four legal steps (四步法) with its document."""

    kind: Annotated[LegalKind, Field(description="publicity → order → penalty → court · 步骤", examples=["order"])]
    document_no: Annotated[
        str,
        Field(
            min_length=1, max_length=80, pattern=r"^[^\p{Cc}]+$", description="文号", examples=["青教责改〔2026〕3号"]
        ),
    ]
    issued_on: PastDay
    served_on: PastDay
    proof: Annotated[
        Paragraph, Field(description="Served how and to whom, kept sealed · 送达情况", examples=["当面签收"])
    ]


class StayAnswerDraft(Draft):
    """What somebody found at school."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"present": True, "seen_on": "2026-11-20"}]})

    present: bool
    seen_on: PastDay
    reason: Absence | None = None
    note: Annotated[Paragraph | None, Field(description="Kept sealed · 说明")] = None

    @model_validator(mode="after")
    def _reason_of_absence(self) -> Self:
        if self.present == (self.reason is not None):
            raise PydanticCustomError("stay-check-reason", "a reason for an absence, and only then")
        return self


class PupilView(Answer):
    """The child of a case."""

    member_id: UUID
    name: str = Field(description="Masked for supervisors · 姓名", examples=["张小三"])
    age: int = Field(description="Completed years today · 年龄", examples=[13])
    household_id: UUID
    area: AreaView


class DropoutSummary(Answer):
    """One case in a list."""

    id: UUID
    pupil: PupilView
    state: State
    state_text: str = Field(examples=["劝返中"])
    state_since: date
    school: str | None
    grade: str | None
    term: str | None = Field(description="Found in this term · 发现学期", examples=["2026-S2"])
    found_on: date
    source: str = Field(description="check: a confirmed alert; hand · 来源", examples=["check"])
    returns: int = Field(description="How often the child came back · 返校次数")
    returned_on: date | None
    legal_step: int = Field(ge=0, le=4, description="The last that stands, 0: none · 法律步骤")
    exemption_text: str | None
    version: int


class MoveView(Answer):
    """One line of history."""

    from_state: State | None
    to_state: State
    text: str = Field(examples=["由“劝返中”转为“已返校”"])
    cause: str = Field(description="opening, visit, hand, check, alert, register · 起因", examples=["hand"])
    ref: UUID | None = Field(description="The visit, check or alert · 依据")
    happened_on: date
    at: datetime
    by: UUID
    policy_id: UUID | None
    note: str | None = Field(description="Hidden from supervisors · 说明")


class EntryView(Answer):
    """A persuasion visit, a plan, or lessons at home; names and texts are hidden from supervisors."""

    id: UUID
    kind: str = Field(description="visit, plan, lessons", examples=["visit"])
    at: datetime
    until: date | None
    result: str | None
    result_text: str | None
    lessons: int | None
    latitude: float | None
    longitude: float | None
    words: dict[str, str | None] | None = Field(examples=[{"teacher": "李老师", "cadre": "王干部"}])
    recorded_by: UUID


class LegalStepView(Answer):
    """One legal step."""

    id: UUID
    kind: LegalKind
    kind_text: str = Field(examples=["责令改正"])
    level: Level
    document_no: str
    issued_on: date
    served_on: date
    proof: str | None = Field(description="Hidden from supervisors · 送达情况")
    policy_id: UUID
    withdrawn_on: date | None = Field(description="The child was back · 终止日期")


class StayCheckView(Answer):
    """One check after a return."""

    id: UUID
    task_id: UUID
    round: int = Field(description="Of which return · 第几次返校")
    days: int = Field(examples=[7])
    planned_on: date
    state: str = Field(examples=["present"])
    state_text: str = Field(examples=["在校"])
    seen_on: date | None
    reason: str | None
    reason_text: str | None
    note: str | None = Field(description="Hidden from supervisors · 说明")


class DropoutView(DropoutSummary):
    """One case with all that belongs to it."""

    risk_case_id: UUID | None
    policy_id: UUID = Field(description="Version of `schooling` it was opened by · 依据的政策版本")
    moves: list[MoveView]
    entries: list[EntryView]
    legal_steps: list[LegalStepView]
    stay_checks: list[StayCheckView]
