"""Policies about matching people with posts: `matching-weights` (人岗匹配参数) and `labour-distances` (距离数据)."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

PriorityGroup = Literal["registered_poor", "relocated", "zero_employment", "grade_red", "grade_yellow", "jobless"]
"""脱贫户或监测对象, 易迁, 零就业家庭, 红, 黄, 未就业: whom a county may place first."""

Weight = Annotated[int, Field(ge=0, le=1000)]
Points = Annotated[int, Field(ge=0, le=10_000)]
Share = Annotated[float, Field(gt=0, le=10)]

FULL_SCORE = 1000


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PartWeights(_Body):
    """What each part of a score may bring, in points; together 1,000."""

    trade: Weight
    skill: Weight
    pay: Weight
    place: Weight
    stability: Weight
    lodging: Weight
    training: Weight

    @model_validator(mode="after")
    def _together_full(self) -> Self:
        if sum(self.model_dump().values()) != FULL_SCORE:
            raise ValueError("weights must sum to 1000")
        return self


class FitnessRule(_Body):
    """Who cannot do work of this `demand` (劳动强度): health codes, and levels of disability of some classes, or of all."""

    demand: Annotated[str, Field(min_length=1, max_length=20)]
    health: list[str] = []
    disability_classes: list[Annotated[int, Field(ge=1, le=7)]] = []
    disability_levels: list[Annotated[int, Field(ge=1, le=4)]] = []


class Stay(_Body):
    """How an employer is judged by who stayed 90 days: as if `placed` more had come, a `share` of whom stayed."""

    share: Annotated[float, Field(ge=0, le=1)]
    placed: Annotated[int, Field(ge=1, le=1000)]


class MatchingWeights(_Body):
    """`matching-weights`: the points of each part, of a placement in itself, and of the groups placed first.

    `candidates`: how many posts of each person go into the optimum. `usual_pay`: yuan a month that pay is compared
    with where somebody earns nothing today; `full_gain`: by what share of today's pay it must rise for full points;
    `least_pay_ratio`: who works is offered no post below this share of today's pay. `villagers_full`: so many people
    of the same village at a place are company enough. `exposure_ratio`: a group whose share of placed people is below
    this part of everybody's is marked in the exposure report.
    """

    parts: PartWeights
    placed: Points
    groups: dict[PriorityGroup, Points] = {}
    candidates: Annotated[int, Field(ge=1, le=100)]
    usual_pay: Annotated[int, Field(ge=1, le=100_000)]
    full_gain: Share
    least_pay_ratio: Annotated[float, Field(ge=0, le=2)]
    villagers_full: Annotated[int, Field(ge=1, le=1000)]
    stay: Stay
    fitness: list[FitnessRule] = []
    exposure_ratio: Annotated[float, Field(gt=0, le=1)] = 0.8


class MeasuredPlace(_Body):
    """Where the seat of an area lies, and how far apart its own people are at most, where somebody knows."""

    area: Annotated[str, Field(pattern=r"^[0-9]{2,12}$", description="Prefix of the area codes that it counts for")]
    longitude: Annotated[float, Field(ge=-180, le=180)]
    latitude: Annotated[float, Field(ge=-90, le=90)]
    within_km: Annotated[float, Field(ge=0, le=500)] | None = None


class LabourDistances(_Body):
    """`labour-distances`: places with coordinates. The road is `detour` times as long as the line through the air.

    The longest prefix of an area's code counts. Nothing known: too far for whoever has to be near.
    """

    detour: Annotated[float, Field(ge=1, le=5)]
    places: list[MeasuredPlace] = []

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len({place.area for place in self.places}) < len(self.places):
            raise ValueError("an area is given twice")
        return self


BODIES: dict[str, type[BaseModel]] = {"matching-weights": MatchingWeights, "labour-distances": LabourDistances}
