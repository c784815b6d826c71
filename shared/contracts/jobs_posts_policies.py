"""Policies about posts, training and trades: `post-rules`, `training-rules`, `trade-reference`."""

from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,39}$")]
Law = Annotated[str, Field(min_length=4, max_length=200, description="Name and article, as in the gazette")]
TradePrefix = Annotated[str, Field(pattern=r"^[0-9]{1,5}$")]
Demand = Literal["light", "medium", "heavy", "very_heavy"]
"""体力劳动强度分级 I 轻, II 中, III 重, IV 极重 (GBZ/T 189.10)."""
Age = Annotated[int, Field(ge=16, le=80)]
YuanADay = Annotated[Decimal, Field(ge=0, le=2000, decimal_places=2)]


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Ground(_Body):
    """A legal reason, for any of `trades` (prefixes of GB/T 6565), `demands`, `hazardous`; for all work if none is named."""

    reason: Code
    law: Law
    trades: list[TradePrefix] = []
    demands: list[Demand] = []
    hazardous: bool = False

    def stands_on(self, trade: str, demand: str | None, hazardous: bool) -> bool:
        """Whether the work is of the kind that the law speaks of."""
        if not (self.trades or self.demands or self.hazardous):
            return True
        return trade.startswith(tuple(self.trades)) or demand in self.demands or (self.hazardous and hazardous)


class SexBar(_Ground):
    """For which work one sex alone may be asked for: `sexes` by GB/T 2261.1, 1 male, 2 female."""

    sexes: Annotated[list[Literal["1", "2"]], Field(min_length=1)]


class AgeBar(_Ground):
    """For which work ages may be barred: no lowest age above `low_most`, no highest age below `high_least`."""

    low_most: Age | None = None
    high_least: Age | None = None

    @model_validator(mode="after")
    def _at_least_one(self) -> Self:
        if self.low_most is None and self.high_least is None:
            raise ValueError("give low_most or high_least")
        return self


class PostRules(_Body):
    """`post-rules` (岗位发布规则): which bars by sex and age are lawful, and which bureaus keep posts.

    Below `full_age` (18 by 劳动法 §58) hazardous and night work are forbidden, and so are the trades of `minor_trades`
    (mines: §64); so an age up to it needs no reason. A bureau whose feeds begin with one of `bureau_feeds` may write.
    `title_bars`: words by which a title bars by sex or age, `#` for a digit. No title may have them, with a ground or
    without: what bars stands in its own field, where the law is asked.
    """

    full_age: Annotated[int, Field(ge=18, le=80)] = 18
    sex_bars: list[SexBar] = []
    age_bars: list[AgeBar] = []
    minor_trades: Annotated[list[TradePrefix], Field(min_length=1)] = ["616"]
    title_bars: list[Annotated[str, Field(min_length=2, max_length=20)]] = []
    bureau_feeds: list[Annotated[str, Field(min_length=1, max_length=60)]] = []

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        for bars in (self.sex_bars, self.age_bars):
            if len({bar.reason for bar in bars}) < len(bars):
                raise ValueError("a reason is given twice")
        return self


_LEAVERS_OF_OLD = ("leaver_from", "leaver_to", "leaver_education")


class TrainingRules(_Body):
    """`training-rules` (培训规则): what a day of attendance is paid, and what makes a course completed.

    `living` and `transport` in yuan a day, paid for at most `most_days` days of a course. `attendance_least`: the share
    of the days held that somebody must have come. `placed_within_days`: by when after it a placement counts for the
    course. `hold_days`: how long after the course an opening is kept for somebody who has a plan.

    Versions published before school leavers (两后生) were those of a list of `labour-indicators` alone have ages and
    schooling of their own; these count for nothing any more.
    """

    living: YuanADay
    transport: YuanADay
    most_days: Annotated[int, Field(ge=1, le=400)]
    attendance_least: Annotated[float, Field(gt=0, le=1)]
    placed_within_days: Annotated[int, Field(ge=1, le=400)] = 90
    hold_days: Annotated[int, Field(ge=0, le=180)] = 30

    @model_validator(mode="before")
    @classmethod
    def _of_old(cls, body: Any) -> Any:
        if not isinstance(body, dict):
            return body
        return {name: value for name, value in body.items() if name not in _LEAVERS_OF_OLD}

    @property
    def allowance(self) -> Decimal:
        """Yuan a day, to the fen."""
        return (self.living + self.transport).quantize(Decimal("0.01"))


class TradeReference(_Body):
    """`trade-reference` (职业结构参照): the share of each trade among those who work out, elsewhere.

    What is not named has the share that is left, divided by nobody: a trade without a share has no quotient.
    `source` says whose figures they are.
    """

    source: Annotated[str, Field(min_length=2, max_length=200)]
    shares: dict[TradePrefix, Annotated[float, Field(gt=0, le=1)]]
    least_people: Annotated[int, Field(ge=1, le=100_000)] = 30
    brand_from: Annotated[float, Field(ge=1, le=100)] = 1.5

    @model_validator(mode="after")
    def _no_more_than_all(self) -> Self:
        if sum(self.shares.values()) > 1 + 1e-9:
            raise ValueError("shares sum to more than 1")
        return self


BODIES: dict[str, type[BaseModel]] = {
    "post-rules": PostRules,
    "training-rules": TrainingRules,
    "trade-reference": TradeReference,
}
