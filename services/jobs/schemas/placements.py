"""Placements and calls: as entered and as shown."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator

from services.jobs.codes import LISTS
from services.jobs.rules.placement_refusing import Lesson
from services.jobs.rules.placement_states import State, Wanted
from services.jobs.rules.placement_stay import Outcome
from services.jobs.schemas.fields import Industry, Wage
from services.jobs.schemas.people import PersonBrief
from shared.http.fields import Answer, AreaView, CodeView, Draft, Paragraph, PastDay

Note = Annotated[Paragraph, Field(description="Kept sealed · 说明", examples=["电话联系，同意节后出发"])]
REASONS = {"refused": "placement_refusal", "ended": "placement_ending"}
"""Code lists of the reasons, by the state they lead to."""
ByHand = Literal["offered", "accepted", "refused", "placed", "arrived", "ended"]


class ReferralDraft(Draft):
    """Somebody is proposed for a post."""

    person_id: UUID
    post_id: UUID
    need_id: Annotated[UUID | None, Field(description="The oldest open one unless given · 就业需求")] = None
    on: PastDay
    note: Note | None = None


class LessonDraft(Draft):
    """What goes into the person's open need, so that the same is not proposed again."""

    place: Annotated[
        str | None,
        Field(
            pattern=r"^([0-9]{2}|[0-9]{4}|[0-9]{6})$",
            description="Not to this province, prefecture or county · 不愿去的地方",
            examples=["44"],
        ),
    ] = None
    wage_floor: Annotated[Wage | None, Field(description="Not for less · 最低工资")] = None
    no_nights: Annotated[bool, Field(description="不上夜班")] = False
    lodging_needed: Annotated[bool, Field(description="须有食宿")] = False

    def lesson(self) -> Lesson:
        """As the rules take it."""
        return Lesson(self.place, self.wage_floor, self.no_nights, self.lodging_needed)


class MoveDraft(Draft):
    """One move by hand. A refusal and an ending need a reason, an acceptance and an arrival the wage."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"to": "accepted", "on": "2026-11-20", "wage": "5500.00"}]}
    )

    to: Annotated[ByHand, Field(description="To · 转为", examples=["accepted"])]
    on: PastDay
    reason: Annotated[
        str | None, Field(max_length=40, description="Of a refusal or an ending · 原因", examples=["too_far"])
    ] = None
    wage: Wage | None = None
    note: Note | None = None
    industry: Annotated[Industry | None, Field(description="Of an arrival, for the ledger · 所属行业")] = None
    learn: Annotated[LessonDraft | None, Field(description="Of a refusal: what the need shall say · 写入就业需求")] = (
        None
    )

    @model_validator(mode="after")
    def _reason_is_a_code(self) -> Self:
        self.wanted()
        return self

    def wanted(self) -> Wanted:
        """As the use case takes it."""
        listed = REASONS.get(self.to)
        reason = LISTS[listed].read(self.reason) if listed is not None and self.reason is not None else self.reason
        lesson = self.learn.lesson() if self.learn else None
        return Wanted(self.to, self.on, reason, self.wage, self.note, lesson, self.industry)


class StayAnswerDraft(Draft):
    """What somebody said on the phone."""

    outcome: Annotated[Outcome, Field(description="回访结果", examples=["same_post"])]
    on: PastDay
    wage: Wage | None = None
    note: Note | None = None


class ChosenDraft(Draft):
    """Proposals that somebody chose to act on."""

    run_id: UUID = Field(description="The matching run · 匹配批次")
    proposal_ids: (
        Annotated[list[UUID], Field(min_length=1, max_length=500, description="All of the run unless given · 所选建议")]
        | None
    ) = None
    on: PastDay


class ChosenOutcome(Answer):
    """What became of one proposal."""

    proposal_id: UUID
    outcome: Literal["referred", "repeated", "refused"]
    placement_id: UUID | None = None
    code: str | None = Field(None, description="Of the refusal · 未成代码", examples=["placement-post-taken"])
    reasons: list[str] = Field([], description="In words · 原因")


class ChosenAnswer(Answer):
    """What became of them, in the order of the proposals."""

    referred: int
    repeated: int
    refused: int
    items: list[ChosenOutcome]


class PlacementSummary(Answer):
    """One placement."""

    id: UUID
    person: PersonBrief
    area: AreaView
    post_id: UUID
    post_title: str | None = Field(examples=["模具装配工"])
    employer_id: UUID
    employer: str | None = Field(examples=["东莞某五金制品有限公司"])
    need_id: UUID | None
    trade: CodeView
    work_area: str = Field(description="6 or 12 digits, or abroad · 务工地", examples=["441900"])
    state: State
    state_text: str = Field(examples=["已到岗"])
    state_since: date
    due_on: date | None = Field(description="Last day for the next move · 办理期限")
    overdue: bool
    wage: Decimal | None = Field(description="Yuan a month · 元/月")
    reason: CodeView | None = Field(description="Of the refusal or the ending · 原因")
    stay: dict[str, CodeView | None] = Field(description="Days after the arrival → answer · 在岗回访")
    next_call_on: date | None = Field(description="下次回访")


class MoveView(Answer):
    """One line of its history."""

    from_state: State | None
    to_state: State
    cause: CodeView
    reason: CodeView | None
    on: date
    at: datetime
    by: UUID
    note: str | None


class StayCheckView(Answer):
    """One call."""

    id: UUID
    placement_id: UUID
    mark: int = Field(description="Days after the arrival · 到岗后天数", examples=[30])
    attempt: int = Field(description="第几次")
    due_on: date
    state: CodeView
    outcome: CodeView | None
    seen_on: date | None
    wage: Decimal | None
    note: str | None


class PossibleMove(Answer):
    """A legal next move."""

    to: State
    text: str
    needs: list[str] = Field(description="What it has to bring · 须填", examples=[["wage"]])


class PlacementView(PlacementSummary):
    """One placement with its history."""

    referred_on: date
    offered_on: date | None
    accepted_on: date | None
    refused_on: date | None
    placed_on: date | None
    arrived_on: date | None
    ended_on: date | None
    moves: list[MoveView]
    stay_checks: list[StayCheckView]
    possible: list[PossibleMove]
