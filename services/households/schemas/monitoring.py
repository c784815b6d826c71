"""National cases (监测个案): as opened and moved, and as shown."""

from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from services.households.codes import LISTS
from services.households.rules.monitoring.moving import Brought, Minutes, Way
from services.households.rules.monitoring.states import Evidence, Road
from services.households.schemas.snapshots import SnapshotView
from shared.contracts.households import Level
from shared.contracts.monitoring import CaseClass, Clock, Source, State
from shared.http.fields import Answer, AreaView, CodeView, Draft, Line, Paragraph, PastDay

Risk = Annotated[
    str, LISTS["risk"].field(), Field(max_length=40, description="Domain code · 风险类型", examples=["01"])
]
PauseReason = Annotated[
    str,
    LISTS["pause_reason"].field(),
    Field(max_length=40, description="Why · 暂停事由", examples=["bureau_answer"]),
]
FastLaneReason = Annotated[
    str,
    LISTS["fast_lane_reason"].field(),
    Field(max_length=40, description="Why · 绿色通道事由", examples=["disaster"]),
]
Count = Annotated[int, Field(ge=0, le=100_000)]


class CaseDraft(Draft):
    """A clue that no alert brought: the household asked, a cadre saw it, a bureau told."""

    household_id: UUID
    source: Annotated[Source, Field(description="Where the clue came from · 线索来源", examples=["self_report"])]
    note: Annotated[Paragraph, Field(description="What is known, kept sealed · 线索情况", examples=["主动申报住院"])]


class MinutesDraft(Draft):
    """The minutes of a village's deliberation (民主评议)."""

    held_on: PastDay
    attendees: Annotated[int, Field(ge=1, le=100_000, description="How many were there · 到会人数", examples=[32])]
    votes_for: Annotated[Count, Field(description="同意", examples=[30])]
    votes_against: Annotated[Count, Field(description="不同意", examples=[1])]
    abstained: Annotated[Count, Field(description="弃权", examples=[1])]
    text: Annotated[Paragraph, Field(description="Kept sealed · 会议记录", examples=["逐户评议，同意纳入"])]

    @model_validator(mode="after")
    def _no_more_votes_than_people(self) -> Self:
        if self.votes_for + self.votes_against + self.abstained > self.attendees:
            raise PydanticCustomError("case-too-many-votes", "more votes than people")
        return self


class EvidenceDraft(Draft):
    """What a move rests on; `GET .../moves` says what each of them needs."""

    visit_id: Annotated[UUID | None, Field(description="A recorded visit to the household · 入户走访")] = None
    visited_on: Annotated[PastDay | None, Field(description="Or the day of one on paper · 入户日期")] = None
    signed_on: Annotated[PastDay | None, Field(description="承诺授权书签署日期")] = None
    compared_on: Annotated[PastDay | None, Field(description="Day of the bureaus' last answer · 比对完成日期")] = None
    minutes: MinutesDraft | None = None
    way: Annotated[Way | None, Field(description="帮扶消除 or 自然消除")] = None
    contact: Annotated[Line | None, Field(description="Who looks after the household, kept sealed · 监测联系人")] = None


class MoveDraft(Draft):
    """One move. The version that was read comes as `If-Match`, or here."""

    to: Annotated[State, Field(description="流转到", examples=["visit_check"])]
    at: Annotated[PastDay | None, Field(description="The day it happened; today unless given · 办理日期")] = None
    evidence: EvidenceDraft = EvidenceDraft()
    note: Annotated[Paragraph | None, Field(description="In words, kept sealed · 说明或理由")] = None
    version: Annotated[int | None, Field(ge=1, description="所读版本")] = None

    def brought(self) -> Brought:
        """As the rules take it."""
        given = self.evidence
        minutes = Minutes(**given.minutes.model_dump()) if given.minutes else None
        return Brought(
            visit_id=given.visit_id,
            visited_on=given.visited_on,
            signed_on=given.signed_on,
            compared_on=given.compared_on,
            minutes=minutes,
            way=given.way,
            contact=given.contact,
            note=self.note,
        )


class RisksDraft(Draft):
    """The risks of a case, up to five, and the main one among them."""

    main: Risk
    risks: Annotated[list[Risk], Field(min_length=1, max_length=5, examples=[["01", "09"]])]
    remark: Annotated[Paragraph | None, Field(description="Needed for 99, kept sealed · 其他风险说明")] = None
    reason: Annotated[
        Paragraph | None,
        Field(description="Needed when a decided risk is dropped, kept sealed · 删除已认定风险的理由"),
    ] = None


class ClassDraft(Draft):
    """The class of the household (监测对象类型)."""

    monitoring_class: Annotated[CaseClass, Field(alias="class", examples=["edge"])]


class PauseDraft(Draft):
    """The clocks shall stand still, from today on."""

    reason: PauseReason
    days: Annotated[int, Field(ge=1, le=365, description="Today is the first · 天数", examples=[10])]


class FastLaneDraft(Draft):
    """Help goes first, the papers come later (绿色通道)."""

    reason: FastLaneReason
    note: Annotated[Paragraph, Field(description="Kept sealed · 情况说明", examples=["洪灾后紧急安置"])]


class HolderView(Answer):
    """Whose turn it is."""

    level: Level
    area: AreaView
    raised_to: Level | None = Field(description="The level that asks after it too · 已上报至")


class DueView(Answer):
    """The nearest deadline."""

    clock: Clock = Field(description="Which clock · 时限类型")
    clock_text: str
    due_at: datetime
    due_on: date = Field(description="Last day, Beijing time · 截止日")
    days_left: int = Field(description="Calendar days to the last one; negative: late · 剩余天数", examples=[3])


class FastLaneView(Answer):
    """How the fast lane of a case stands."""

    reason: str
    reason_text: str
    started_at: datetime
    started_by: UUID
    note: str | None = Field(description="Hidden from supervisors · 情况说明")
    papers_due_at: datetime | None
    papers_done_at: datetime | None
    late: bool


class CaseHousehold(Answer):
    """The household of a case."""

    id: UUID
    head_name: str | None = Field(description="Masked for supervisors · 户主", examples=["张三"])
    area: AreaView


class CaseSummary(Answer):
    """One national case in a list."""

    id: UUID
    household: CaseHousehold
    state: State
    state_text: str = Field(examples=["入户核查"])
    round: int
    monitoring_class: CaseClass | None = Field(alias="class")
    class_text: str | None
    main_risk: str | None
    risks: list[CodeView]
    source: Source
    source_text: str = Field(examples=["部门筛查预警"])
    opened_at: datetime
    state_since: date
    identified_on: date | None
    eliminated_on: date | None
    elimination_way: Way | None
    elimination_way_text: str | None = Field(examples=["帮扶消除"])
    holder: HolderView | None = Field(description="Null: nobody's turn · 当前办理")
    due: DueView | None = Field(description="Null: no clock runs · 当前时限")
    fast_lane: bool
    version: int


class CaseMoveView(Answer):
    """One line of a case's history."""

    id: UUID
    round: int
    from_state: State | None = Field(description="Null: it was opened · 建立个案时为空")
    to_state: State
    text: str = Field(examples=["入户核查 → 民主评议"])
    happened_on: date
    at: datetime
    by: UUID
    by_level: Level | None
    policy_id: UUID | None = Field(description="Version of `case-clocks` it was judged by · 依据的政策版本")
    policies: dict[str, UUID] = Field(
        description="Every version it was judged by, by kind of policy: the gate's too · 各类政策依据版本",
        examples=[{"case-clocks": "01985b2e-7c00-7000-8000-000000000001"}],
    )
    due_at: datetime | None = Field(description="Deadline of the state it left")
    evidence: dict[str, Any]
    note: str | None = Field(description="Hidden from supervisors · 说明")
    contact: str | None = Field(description="Hidden from supervisors · 监测联系人")
    minutes: str | None = Field(description="Hidden from supervisors · 会议记录")


class CaseEvidenceView(Answer):
    """What stands behind a case."""

    source: Source
    risk_case_id: UUID | None = Field(description="The check of alerts, `GET /v1/cases/{case_id}` · 预警核查个案")
    risk: str | None
    round: int
    added_at: datetime
    added_by: UUID


class CasePauseView(Answer):
    """A span in which the clocks stood still."""

    reason: str
    reason_text: str
    first: date
    last: date
    ended_on: date | None = Field(description="First day on which they ran again before `last` · 提前恢复日期")
    paused_by: UUID
    ended_by: UUID | None


class CaseView(CaseSummary):
    """One national case with its history."""

    remark: str | None = Field(description="On the risk 99; hidden from supervisors · 其他风险说明")
    lane: FastLaneView | None
    moves: list[CaseMoveView]
    snapshots: list[SnapshotView] = Field(description="What each decision was made on · 识别时、消除时情况")
    not_kept: list[State] = Field(
        description="Decisions of this round of which nothing was kept · 未留存当时情况的步骤"
    )
    evidence: list[CaseEvidenceView]
    pauses: list[CasePauseView]


class UnmetView(Answer):
    """One condition that is not met."""

    code: str = Field(examples=["unmet-notice"])
    text: str


class PossibleMove(Answer):
    """A legal next move."""

    to: State
    text: str
    road: Road
    by: list[Level]
    yours: bool = Field(description="Whether your level makes it · 是否由您办理")
    needs: list[Evidence]
    needs_text: list[str]
    unmet: list[UnmetView]


class ClassAnswer(CaseSummary):
    """A case after its class was settled."""

    unchecked: list[UnmetView] = Field(description="What could not be checked · 未能核对的内容")


class LaneLine(Answer):
    """The fast lane of one township."""

    area: AreaView
    started: int
    waiting: int = Field(description="Papers still to come · 待补手续")
    late: int = Field(description="Of these past their deadline · 其中超期")
    done: int
    done_late: int


class LaneReport(Answer):
    """The counter of the fast lane (绿色通道)."""

    started: int
    waiting: int
    late: int
    done: int
    done_late: int
    townships: list[LaneLine]
