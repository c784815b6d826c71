"""The policy of the audit rules (数据质量规则): their numbers, and which of them are on."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Age = Annotated[int, Field(ge=0, le=150)]
Years = Annotated[int, Field(ge=0, le=100)]
Yuan = Annotated[int, Field(ge=0, le=10_000_000)]
Months = Annotated[int, Field(ge=0, le=120)]
RuleCode = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Ages(_Body):
    """From and to which age, both within it."""

    first: Age
    last: Age

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last < self.first:
            raise ValueError("the last age lies before the first")
        return self


class QualityRules(_Body):
    """`quality-rules` (数据质量规则). Ages in whole years, yuan a month for wages, a head and year for income.

    `off` names rules that are not asked; a code that no rule has is passed over, for rules come and go.
    """

    off: list[RuleCode] = []

    age_most: Age
    adult_age: Age
    parent_gap_years: Years
    parent_gap_most: Years
    grandparent_gap_years: Years
    spouse_age_least: Age
    spouse_gap_most: Years

    labour_age_first: Age
    labour_age_last: Age
    full_labour_age_last: Age
    public_post_age_first: Age
    public_post_age_last: Age
    public_posts_most: Annotated[int, Field(ge=0, le=50)]
    pension_age: Age | None = None  # asked by no rule; versions that were published may hold it
    compulsory_age_first: Age
    compulsory_age_last: Age
    school_ages: dict[str, Ages]
    education_ages: dict[str, Age]

    wage_least: Yuan
    wage_low: Yuan
    wage_most: Yuan
    income_most: Yuan
    income_months_most: Months
    medical_costs_most: Yuan
    rigid_share_most: Annotated[Decimal, Field(gt=0, le=10)]

    land_mu_much: Annotated[int, Field(ge=0, le=100_000)]
    land_mu_most: Annotated[int, Field(ge=0, le=100_000)]
    road_km_most: Annotated[int, Field(ge=0, le=1_000)]

    months_monitored: Months
    months_monitored_since: date
    measure_within_months: Annotated[int, Field(ge=1, le=24)]
    large_family: Annotated[int, Field(ge=1, le=50)]
    able_share_most: Annotated[float, Field(ge=0, le=1)]


BODIES: dict[str, type[BaseModel]] = {"quality-rules": QualityRules}
