"""Policies of the labour ledger (务工台账): what a row must say, and what is plausible."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

OutField = Literal[
    "work_area",
    "employer",
    "industry",
    "trade",
    "work_kind",
    "wage",
    "channel",
    "point_to_point",
    "started_on",
    "stability",
    "compared",
    "wants_change",
]
PlanField = Literal["plan_area", "plan_on", "services"]
HomeField = Literal["able", "willing", "reason", "possible_on"]


class Needed(BaseModel):
    """Fields without which a row of each status is refused. As it stands: the national form, and what is asked beside it.

    `possible_on` is asked of those who can and will.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    out: tuple[OutField, ...] = (
        "work_area",
        "employer",
        "industry",
        "trade",
        "work_kind",
        "wage",
        "channel",
        "point_to_point",
        "started_on",
        "stability",
        "wants_change",
    )
    planned: tuple[PlanField, ...] = ("plan_area", "plan_on")
    not_out: tuple[HomeField, ...] = ("able", "willing", "reason", "possible_on")


class LedgerRules(BaseModel):
    """`ledger-rules` (务工台账口径): the fields a row needs, and the bounds of what is plausible.

    Channels (就业渠道) are those of the code list `work_channel`: on `without_employer` there may be no company, those
    `within_county` are none for work elsewhere, and `organised` ones make the organised share (组织化率). A wage outside
    `wage_at_least` to `wage_at_most` (yuan a month; from published audit rules) is a warning, never a refusal. From
    `public_post_age` on nobody holds a public-welfare post. `months_back`: how long ago a month may still be corrected.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    needed: Needed = Needed()
    without_employer: tuple[str, ...] = ("flexible",)
    within_county: tuple[str, ...] = ("workshop", "public_post")
    organised: tuple[str, ...] = ("government", "labour_company", "cooperation")
    wage_at_least: Annotated[int, Field(ge=0, le=1_000_000)] = 400
    wage_at_most: Annotated[int, Field(gt=0, le=1_000_000)] = 30_000
    public_post_age: Annotated[int, Field(ge=16, le=120)] = 70
    months_back: Annotated[int, Field(ge=0, le=24)] = 12

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.wage_at_least >= self.wage_at_most:
            raise ValueError("wage_at_least is below wage_at_most")
        return self


BODIES: dict[str, type[BaseModel]] = {"ledger-rules": LedgerRules}
