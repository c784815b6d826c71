"""Policies of the income calculation (收入测算): the line, and how lines of income are counted."""

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Source = Literal["support", "jobs", "import", "visit", "desk"]
"""Where a line comes from: payments (兑付), the labour ledger (务工台账), a file, a visit (走访), a desk (录入)."""
Item = Annotated[str, Field(pattern=r"^[a-z_]+\.[a-z_]+$", max_length=60)]


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class IncomeLine(_Body):
    """`income-line` (监测范围收入线): yuan per head and year (人均纯收入). Changes every year, sometimes within one."""

    per_head: Annotated[int, Field(gt=0, le=1_000_000)]


class LeftButCounted(_Body):
    """Who has left the register of a household and still shares its budget, for so many months after that.

    A student whose household registration (户口) went along to the school is `moved_away`. Somebody who is registered
    in another household is counted there alone.
    """

    reason: str
    school_stages: Annotated[list[str], Field(min_length=1)]
    months: Annotated[int, Field(ge=1, le=120)]


class Bound(_Body):
    """What is plausible. `of` is an item, a group, or `net_per_head`; outside is a warning, never a refusal.

    Yuan a month of a line, or a year of the household's sum. `net_per_head` is always of a year.
    """

    of: Annotated[str, Field(pattern=r"^[a-z_]+(\.[a-z_]+)?$", max_length=60)]
    per: Literal["month", "year"] = "year"
    at_least: Annotated[Decimal, Field(ge=0)] | None = None
    at_most: Annotated[Decimal, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def _bounds_something(self) -> Self:
        if self.at_least is None and self.at_most is None:
            raise ValueError("give at_least or at_most")
        return self


class IncomeRules(_Body):
    """`income-rules` (收入测算口径): which source is believed first, what is not counted, who is a head.

    Of two lines on the same kind of income in one month the one from the source that stands first in `sources` counts
    (`services/households/rules/income.py`); a source that is not named comes last. Income of people who are not
    counted any more is not counted either (`none`), or up to the month in which they left (`until_left`).
    """

    sources: list[Source]
    not_counted: list[Item] = []
    left_but_counted: list[LeftButCounted] = []
    income_of_left: Literal["none", "until_left"] = "none"
    bounds: list[Bound] = []

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len(set(self.sources)) < len(self.sources):
            raise ValueError("a source stands twice")
        return self
