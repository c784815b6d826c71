"""What the policies of the national case (监测个案) hold. Every clock is data: the sources differ from county to county."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.contracts.monitoring import State


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Term(_Body):
    """How long something may take, from the day after it begins: calendar days, working days, or months."""

    days: Annotated[int, Field(ge=0, le=3650)] | None = None
    working_days: Annotated[int, Field(ge=1, le=250)] | None = None
    months: Annotated[int, Field(ge=1, le=120)] | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if sum(one is not None for one in (self.days, self.working_days, self.months)) != 1:
            raise ValueError("give days, working_days or months")
        return self


class CaseClocks(_Body):
    """`case-clocks` (监测时限): every clock of a national case.

    `states`: how long a case may stand in a state. `decision`: clue to decision, notice and all; `measure`:
    identification to the first help; `papers`: for the papers of the fast lane (绿色通道), the only clock while it runs.
    `notice_days` and `monitored_months` are the least that must have passed: notice (公示), and being monitored before
    the risk may be called gone. Their floors are what every source asks for (docs/field.md, Steps): 5 days (Qin'an,
    Yongcheng, Shangyou), half a year (Shangyou, Zongyang, Yingjiang); a county may ask for more, not for less.
    `warn_days`: a warning that many days before a deadline. `to_township` and `to_county`: days after it until the
    next level is told. `pauses`: the most days of a round that clocks may stand still for each reason (a code of
    `pause_reason`), `pause_days` for all of them together.
    """

    states: dict[State, Term]
    decision: Term
    measure: Term
    papers: Term
    notice_days: Annotated[int, Field(ge=5, le=60)]
    monitored_months: Annotated[int, Field(ge=6, le=60)]
    warn_days: Annotated[int, Field(ge=0, le=60)]
    to_township: Annotated[int, Field(ge=0, le=365)]
    to_county: Annotated[int, Field(ge=0, le=365)]
    pauses: dict[str, Annotated[int, Field(ge=1, le=365)]] = {}
    pause_days: Annotated[int, Field(ge=0, le=365)] = 0


BODIES: dict[str, type[BaseModel]] = {"case-clocks": CaseClocks}
