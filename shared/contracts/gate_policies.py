"""Policies of the national case's gates: which measure fits which risk, what a move needs, what bureaus are asked."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, model_validator

Code = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_]*$", max_length=40)]
MeasureCode = Annotated[str, Field(pattern=r"^[a-z][a-z_]*(\.[a-z][a-z_]*)?$", max_length=80)]
"""A kind of measure, `employment`, or one of its sub-kinds, `employment.training`."""
Days = Annotated[int, Field(ge=0, le=3650)]
FITTED = ("01", "02", "03", "07", "09", "housing", "water")
"""Risks against which the national audit looks for a measure of a certain kind (docs/field.md, Risks)."""
NEVER_BY_ITSELF = ("03", "04", "housing", "water")
"""Disability, no labour, housing, water: time alone takes none of them away."""
PUBLISHING = {"publishing": True}
"""Context in which a body is read that is to be published. Floors that came later are asked of new versions alone:
what was decided by an older one stays readable."""


LEAST_ASSURED_DAYS = 30
MOST_FRESH_DAYS = 92
"""A month, and a quarter: none found in the sources, ours."""


def _is_published(info: ValidationInfo) -> bool:
    return bool(info.context and info.context.get("publishing"))


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _is_one_of(kind: str, sub_kind: str | None, wanted: Iterable[str]) -> bool:
    return kind in wanted or (sub_kind is not None and sub_kind in wanted)


class MeasureFit(_Body):
    """`measure-fit` (措施与风险匹配): which kinds of measure (帮扶措施) count for which risk.

    `02` stands for every code that begins so; a risk that is not named is fitted by every measure, so a new version names
    those of `FITTED`. `developmental`:
    what counts as help to earn (开发式帮扶); `not_alone` does not count as such by itself. `allowance`: help that must
    not stand alone where somebody can work (一兜了之). `gaps`: what a shortfall asks for, whatever the risk:
    `schooling`, `uninsured`.
    """

    fits: dict[Code, list[MeasureCode]]
    developmental: Annotated[list[MeasureCode], Field(min_length=1)]
    not_alone: list[MeasureCode] = []
    allowance: list[MeasureCode] = []
    gaps: dict[Code, list[MeasureCode]] = {}

    @model_validator(mode="after")
    def _fits_what_is_audited(self, info: ValidationInfo) -> Self:
        if _is_published(info) and not all(self.fits.get(risk) for risk in FITTED):
            raise ValueError(f"say which measures fit each of {', '.join(FITTED)}")
        return self

    def fitting(self, risk: str, kind: str, sub_kind: str | None) -> bool:
        """Whether a measure counts for a risk."""
        wanted = self.fits.get(risk, self.fits.get(risk[:2]))
        return wanted is None or _is_one_of(kind, sub_kind, wanted)

    def fills(self, gap: str, kind: str, sub_kind: str | None) -> bool:
        """Whether a measure answers a shortfall."""
        return _is_one_of(kind, sub_kind, self.gaps.get(gap, ()))

    def is_developmental(self, kind: str, sub_kind: str | None) -> bool:
        """Whether it helps somebody to earn."""
        return _is_one_of(kind, sub_kind, self.developmental) and not _is_one_of(kind, sub_kind, self.not_alone)

    def is_allowance(self, kind: str, sub_kind: str | None) -> bool:
        """Whether it is money to live on, which is not enough for those who can work."""
        return _is_one_of(kind, sub_kind, self.allowance)


class GateTerms(_Body):
    """`gate-terms` (识别与消除条件): the numbers of the gates, beside the days and months of `case-clocks`.

    Days are calendar days. A visit counts from `visit_before_days` before the case was opened, or came to its
    elimination check: nobody is visited twice for one thing. A notice is told of at most `notice_tell_days` after it
    was put up or taken down, and is void when it was not taken down within `notice_prove_days` of the first day on which
    it could be.

    Floors: no policy lets less than half of those present carry a vote (村民委员会组织法 26: 到会人员的过半数同意).
    That law asks for two thirds of the villagers' representatives too; how many a village has nobody tells us, so the
    quorum is a number of people: `quorum_people`. The risk must be gone stably (docs/field.md, Steps: 风险稳定消除):
    `assured_days` is for how long schooling, medical care, housing and water must have been in order. Both are new
    beside older versions, so they ask for nothing where a version does not name them; a new one asks for a month at
    least, and for papers of the last quarter (income: of the last half year).

    A child under one year that is entered is one more for whom there is less; gates that ask for income count it from that
    moment. Whether visit, vote and notice are done anew for it (`newborns_send_back`) is the county's to say.
    """

    visit_before_days: Days
    notice_tell_days: Days
    notice_prove_days: Days
    votes_share: Annotated[
        float, Field(ge=0.5, le=1, description="More than this share of those present must have voted for it")
    ]
    quorum_people: Annotated[int, Field(ge=1, le=1000, description="How many must have been there")] = 1
    check_fresh_days: Annotated[int, Field(ge=1, description="How old the elimination check may be")]
    assured_days: Annotated[Days, Field(description="How long the assurances must have held without a break")] = 0
    income_fresh_days: Annotated[int, Field(ge=1, description="How long ago the income year may have ended")]
    rigid_share_max: Annotated[
        float | None,
        Field(ge=0, description="Rigid spending against net income; null: what the check says alone counts"),
    ] = None
    natural_risks: list[Code] = []
    weak_is_labour: bool
    housing_unsafe_levels: list[str] = []
    newborns_send_back: Annotated[
        bool,
        Field(description="Whether a new-born child sends a case under review back; whoever else comes always does"),
    ] = True

    @model_validator(mode="after")
    def _asks_for_enough(self, info: ValidationInfo) -> Self:
        if not _is_published(info):
            return self
        if self.assured_days < LEAST_ASSURED_DAYS:
            raise ValueError(f"assured_days: {LEAST_ASSURED_DAYS} at least")
        if max(self.check_fresh_days, self.visit_before_days) > MOST_FRESH_DAYS:
            raise ValueError(f"check_fresh_days, visit_before_days: {MOST_FRESH_DAYS} at most")
        if self.income_fresh_days > 2 * MOST_FRESH_DAYS:
            raise ValueError(f"income_fresh_days: {2 * MOST_FRESH_DAYS} at most")
        if any(risk == never or risk[:2] == never for risk in self.natural_risks for never in NEVER_BY_ITSELF):
            raise ValueError(f"natural_risks: none of {', '.join(NEVER_BY_ITSELF)}")
        return self


class Comparison(_Body):
    """One kind of asset, and whom to ask: who holds the feed answers."""

    feed: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*\.[a-z][a-z0-9-]*$")]
    days: Days | None = None


class AssetComparison(_Body):
    """`asset-comparison` (信息比对): which assets bureaus are asked of, by when, and from what age of the person.

    `days`: how long a bureau has, in calendar days; a gate waits no longer. `required`: what must have been asked.
    """

    days: Days
    kinds: Annotated[dict[Code, Comparison], Field(min_length=1)]
    required: list[Code] = []
    min_age: Annotated[int, Field(ge=14, le=100, description="Younger people are not asked after")]

    @model_validator(mode="after")
    def _required_can_be_asked(self) -> Self:
        if set(self.required) - set(self.kinds):
            raise ValueError("a required kind is nobody's to answer")
        return self

    def due_on(self, kind: str, asked_on: date) -> date:
        """The last day for the answer."""
        days = self.kinds[kind].days
        return asked_on + timedelta(days=self.days if days is None else days)


BODIES: dict[str, type[BaseModel]] = {
    "measure-fit": MeasureFit,
    "gate-terms": GateTerms,
    "asset-comparison": AssetComparison,
}
