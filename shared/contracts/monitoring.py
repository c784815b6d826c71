"""Events of the national case (监测对象个案): from a clue to a risk that is gone for good. No names, no health, no texts."""

from datetime import date, datetime
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import Field

from shared.contracts.envelope import Event
from shared.contracts.households import Level

State = Literal[
    "clue",
    "visit_check",
    "comparison",
    "deliberation",
    "notice",
    "township_review",
    "county_decision",
    "monitored",
    "planned",
    "observation",
    "elimination_check",
    "elimination_deliberation",
    "elimination_notice",
    "elimination_township",
    "elimination_county",
    "eliminated",
    "tracking",
    "dismissed",
    "moved_away",
    "deceased",
]
"""Where a case stands; what they mean and which moves are legal: `services/households/rules/monitoring/states.py`."""

CaseClass = Literal["unstable", "edge", "sudden"]
"""脱贫不稳定户, 边缘易致贫户, 突发严重困难户."""

Source = Literal["self_report", "patrol", "bureau", "other", "national_list"]
"""Where the first clue came from: the household itself (自主申报), cadres (走访排查), a bureau (部门筛查预警), other; or
the case was taken over from a list of the national system (名单导入)."""

Clock = Literal["state", "decision", "measure", "papers"]
"""Which of a case's clocks is meant: of the state it is in, clue to decision, first measure, papers of the fast lane."""


class _CaseEvent(Event):
    topic: ClassVar[str] = "households.case"

    case_id: UUID = Field(description="The national case (监测个案)")
    household_id: UUID = Field(description="The household (户)")
    area_code: str = Field(description="12 digits: the household's village")
    round: int = Field(description="1; one more each time the household is identified anew (再次识别)")

    @property
    def key(self) -> str:
        """One household's events stay in order, within a lane."""
        return str(self.household_id)


class CaseOpened(_CaseEvent):
    """A household became a clue (风险线索), or a clue once more with a new risk."""

    type: ClassVar[str] = "households.case-opened"
    title_zh: ClassVar[str] = "监测个案已建立"

    source: Source = Field(description="Where the clue came from")
    opened_at: datetime = Field(description="When")
    due_at: datetime | None = Field(description="The nearest deadline; null: no clock is in force")


class CaseMoved(_CaseEvent):
    """A case went from one state to another."""

    type: ClassVar[str] = "households.case-moved"
    title_zh: ClassVar[str] = "监测个案已流转"

    move_id: UUID = Field(description="The line of its history")
    from_state: State = Field(description="Where it stood")
    to_state: State = Field(description="Where it stands")
    monitoring_class: CaseClass | None = Field(description="监测对象类型; null: not settled yet")
    fast_lane: bool = Field(description="Help goes first, the papers come later (绿色通道)")
    happened_on: date = Field(description="The day it is dated")
    moved_at: datetime = Field(description="When it was recorded")
    by: UUID = Field(description="Account that did it")
    late: bool = Field(description="After the deadline of the state it left")
    due_at: datetime | None = Field(description="Deadline of the state it is in now; null: none")
    holder_level: Level | None = Field(description="Whose turn it is now; null: nobody's")


class CaseClockWarned(_CaseEvent):
    """A clock of a case will run out soon. Said once for each state, before the deadline."""

    type: ClassVar[str] = "households.case-clock-warned"
    title_zh: ClassVar[str] = "监测个案临近期限"

    state: State = Field(description="Where it stands")
    holder_level: Level = Field(description="Whose turn it is")
    desk_code: str = Field(description="12 digits: the area of the desk whose turn it is")
    clock: Clock = Field(description="Which clock runs out")
    due_at: datetime = Field(description="The deadline")
    warned_at: datetime = Field(description="When this was said")


class CaseEscalated(_CaseEvent):
    """A clock of a case ran out, and the next level is told. The case stays with the desk that holds it."""

    type: ClassVar[str] = "households.case-escalated"
    title_zh: ClassVar[str] = "监测个案已上报"

    state: State = Field(description="Where it stands")
    clock: Clock = Field(description="Which clock ran out")
    due_at: datetime = Field(description="The deadline that passed")
    from_level: Level = Field(description="The level that knew of it")
    to_level: Level = Field(description="The level that asks after it now")
    desk_code: str = Field(description="12 digits: the area of that level's desk")
    escalated_at: datetime = Field(description="When it was raised")


EVENTS = (CaseOpened, CaseMoved, CaseClockWarned, CaseEscalated)
