"""Policies of placing people: the clocks of a placement, who should be moved up, and which subsidies there are."""

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Waiting = Literal["referred", "offered", "accepted", "placed"]
"""States in which somebody is waited for."""
Heavy = Literal["odd", "strength"]
"""零工, 体能型: kinds of work one is moved up from."""
Distance = Literal["outside", "province", "county"]
"""省外（含境外）, 省内县外, 县内: by the prefixes of home and work."""
SubsidyKind = Literal["transport", "stay", "training"]
"""交通补助, 稳岗补助, 培训补助."""
Money = Annotated[Decimal, Field(gt=0, max_digits=8, decimal_places=2)]


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class StayCalls(_Body):
    """Calls after the arrival (在岗回访): each answered within `answer_days`; who is not reached is called again after
    `again_days`, at most `tries` times for one mark."""

    answer_days: Annotated[int, Field(ge=1, le=60)]
    again_days: Annotated[int, Field(ge=1, le=60)]
    tries: Annotated[int, Field(ge=1, le=12)]


class PlacementClocks(_Body):
    """`placement-clocks` (安置时限): days for the next move out of each state, and the calls at 30, 90 and 180 days.

    A state that is left out has no clock. Late is a mark: nothing ends by itself.
    """

    states: dict[Waiting, Annotated[int, Field(ge=1, le=365)]]
    stay: StayCalls


class MoveUpWeights(_Body):
    """What one reason counts in the order of the queue; `below_line` and `below_median` count in full at nothing earned
    and in proportion above that."""

    odd: Annotated[int, Field(ge=0, le=100)]
    strength: Annotated[int, Field(ge=0, le=100)]
    below_line: Annotated[int, Field(ge=0, le=100)]
    below_median: Annotated[int, Field(ge=0, le=100)]
    wants_change: Annotated[int, Field(ge=0, le=100)]


class MoveUp(_Body):
    """`move-up` (转岗): who of those out at work should get a better post.

    Work of `kinds`; a wage below `wage_line` (yuan a month) or below `median_percent` of what the county's people earn
    in the same trade, where at least `median_people` of them are known; or who says so.
    """

    kinds: list[Heavy]
    wage_line: Money
    median_percent: Annotated[int, Field(ge=1, le=100)]
    median_people: Annotated[int, Field(ge=5, le=10_000)]
    weights: MoveUpWeights


class SubsidyRule(_Body):
    """One subsidy. `most`: yuan, at most, in a calendar year; of two rules of one kind the first that fits counts.

    `transport` and `stay`: at work at that distance for `months` whole months without a break. `training`: the
    allowance of the days attended of courses completed in the year. `classes`: household classes, all when empty.
    """

    code: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,39}$")]
    kind: SubsidyKind
    distance: Distance | None = None
    months: Annotated[int, Field(ge=0, le=36)] = 0
    classes: list[Literal["ordinary", "lifted_out", "monitored"]] = []
    most: Money
    wage_proof: bool = True

    @model_validator(mode="after")
    def _by_kind(self) -> Self:
        if self.kind == "training" and (self.distance is not None or self.months):
            raise ValueError("a training subsidy depends on courses alone")
        if self.kind != "training" and self.distance is None:
            raise ValueError("give distance")
        return self


class LabourSubsidies(_Body):
    """`labour-subsidies` (务工补助): what there is to claim, once a year each kind.

    Domain source: Yunnan 2020, at work for three months: at most 1,000 yuan outside the province, 500 within it outside
    the county, once a year, with proof of the wage (docs/placements.md). A county publishes its own.
    """

    rules: Annotated[list[SubsidyRule], Field(max_length=30)]

    @model_validator(mode="after")
    def _codes_apart(self) -> Self:
        if len({rule.code for rule in self.rules}) < len(self.rules):
            raise ValueError("two rules of one code")
        return self


BODIES: dict[str, type[BaseModel]] = {
    "placement-clocks": PlacementClocks,
    "move-up": MoveUp,
    "labour-subsidies": LabourSubsidies,
}
