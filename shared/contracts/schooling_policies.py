"""The policy `schooling` (控辍保学): who owes school, which feeds say that somebody is missing, the four legal steps."""

from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.contracts.households import Level

LegalKind = Literal["publicity", "order", "penalty", "court"]
"""宣传教育, 责令改正, 行政处罚, 申请强制执行或提起诉讼: the four steps (四步法), in this order."""


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LegalTerm(_Body):
    """One legal step: who may issue its document, and how many days after the former one was served at the earliest."""

    by: Annotated[list[Level], Field(min_length=1)]
    after_days: Annotated[int, Field(ge=0, le=730)] = 0


class StayPlan(_Body):
    """Checks of a child who came back (返校稳定核查): so many days after the return, at least `gap_days` apart, each
    answered within `answer_days` working days."""

    days: Annotated[list[Annotated[int, Field(ge=1, le=730)]], Field(min_length=1, max_length=12)]
    gap_days: Annotated[int, Field(ge=1, le=90)]
    answer_days: Annotated[int, Field(ge=1, le=60)]

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        if any(later <= earlier for earlier, later in pairwise(self.days)):
            raise ValueError("days must ascend")
        return self


class Schooling(_Body):
    """`schooling` (义务教育): who owes school, and what follows when a child is missing.

    A child owes school who was `first_age` on the last `cut_off` (month and day) and is not yet `leave_age`, unless it
    is at one of `done_stages` (codes of `school_stage`). An alert of one of `feeds` on such a child is a suspicion.
    Taught at home (送教上门): a disability of `home_levels`, or of `home_levels_with_paper` with an assessment.
    """

    first_age: Annotated[int, Field(ge=3, le=10)]
    leave_age: Annotated[int, Field(ge=12, le=20)]
    cut_off: Annotated[str, Field(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8]|3[01])$")]
    done_stages: list[str] = []
    feeds: Annotated[list[str], Field(min_length=1)]
    stay: StayPlan
    steps: dict[LegalKind, LegalTerm]
    home_levels: list[Annotated[int, Field(ge=1, le=4)]]
    home_levels_with_paper: list[Annotated[int, Field(ge=1, le=4)]] = []

    @model_validator(mode="after")
    def _all_steps(self) -> Self:
        if set(self.steps) != {"publicity", "order", "penalty", "court"}:
            raise ValueError("give all four steps")
        if self.cut_off in ("02-30", "02-31", "04-31", "06-31", "09-31", "11-31"):
            raise ValueError("no such day")
        return self


BODIES: dict[str, type[BaseModel]] = {"schooling": Schooling}
