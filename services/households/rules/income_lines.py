"""What lines of income and spending are, and what a calculation of them is. Amounts are yuan, exact to the fen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal, get_args
from uuid import UUID

from services.households.rules.months import Period
from shared.contracts.income_policies import IncomeRules

Group = Literal[
    "wages",
    "business",
    "property",
    "transfers",
    "business_costs",
    "claims",
    "medical",
    "education",
    "disaster",
    "accident",
    "spending",
]
"""工资性、生产经营性、财产性、转移性、生产经营性支出; 理赔; 合规自付 of four kinds; other spending, which never counts."""
GROUPS: tuple[Group, ...] = get_args(Group)
INCOME: tuple[Group, ...] = ("wages", "business", "property", "transfers")
RIGID: tuple[Group, ...] = ("medical", "education", "disaster", "accident")
EARNED: tuple[Group, ...] = (*INCOME, "business_costs")
"""Whoever tells of one of these tells of income: of a household with hospital bills alone nobody knows what it lives on."""
NEVER: Group = "spending"

FAMILIES: Mapping[str, str] = dict.fromkeys(("wages.local", "wages.province", "wages.outside"), "wages.work")
"""Items that are one thing told in different detail: a visit that says "outside" and a ledger that says "province"
speak of the same work."""

FEN = Decimal("0.01")
ZERO = Decimal("0.00")
Reason = Literal[
    "before-period",
    "after-period",
    "partly-in-period",
    "item-not-counted",
    "superseded",
    "partly-superseded",
    "person-left",
]


@dataclass(frozen=True, slots=True)
class Line:
    """One line: `amount` yuan over the months `first` to `last`. Without `member_id` it is the whole household's."""

    id: UUID
    member_id: UUID | None
    item: str
    amount: Decimal
    first: int
    last: int
    source: str

    @property
    def group(self) -> str:
        """The part of the item before the dot."""
        return group_of(self.item)

    @property
    def family(self) -> str:
        """Lines of one family and one person in one month tell of the same money."""
        return FAMILIES.get(self.item, self.item)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is or was on the register of the household. `elsewhere`: another household has them now."""

    id: UUID
    birth_on: date
    school_stage: str | None
    left_on: date | None
    left_reason: str | None
    elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class Judged:
    """A line, how much of it counted, and why not more. `superseded_by`: the better lines, for which months."""

    line: Line
    counted: Decimal
    months: int
    reasons: tuple[Reason, ...] = ()
    superseded_by: Mapping[UUID, tuple[int, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Warned:
    """Something to look at: a code with its parameters, and the line it is about, if one."""

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)
    line_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """The whole calculation of one household, in yuan."""

    period: Period
    people: tuple[UUID, ...]
    lines: tuple[Judged, ...]
    sums: Mapping[str, Decimal]
    line: int | None
    warnings: tuple[Warned, ...]

    @property
    def net_income(self) -> Decimal:
        """家庭纯收入: four groups of income less the costs of production."""
        return sum((self.sums[group] for group in INCOME), ZERO) - self.sums["business_costs"]

    @property
    def rigid(self) -> Decimal:
        """合规自付支出 of all four kinds."""
        return sum((self.sums[group] for group in RIGID), ZERO)

    @property
    def reference(self) -> Decimal:
        """纳入监测对象的收入参考范围: net income and claims, less eligible self-paid spending."""
        return self.net_income + self.sums["claims"] - self.rigid

    @property
    def known(self) -> bool:
        """Whether anybody has told of any income: nothing told is not nothing earned."""
        return any(one.months and one.line.group in EARNED for one in self.lines)

    @property
    def net_per_head(self) -> Decimal | None:
        """人均纯收入; None without people, or while nobody knows."""
        return per_head(self.net_income, len(self.people)) if self.known else None

    @property
    def reference_per_head(self) -> Decimal | None:
        """收入参考范围（人均）; None without people, or while nobody knows."""
        return per_head(self.reference, len(self.people)) if self.known else None


def group_of(item: str) -> str:
    """The group an item belongs to: the part before its dot."""
    return item.split(".", 1)[0]


def per_head(amount: Decimal, people: int) -> Decimal | None:
    """To the fen."""
    return (amount / people).quantize(FEN, ROUND_HALF_UP) if people else None


def wage_item(work: str, place: str | None, home: str) -> str:
    """The item of a wage, by where the work is: within the county, within the province, or outside (境外 as well)."""
    if work != "work":
        return f"wages.{work}"
    if place is None or place[:2] != home[:2]:
        return "wages.outside"
    return "wages.local" if place[:6] == home[:6] else "wages.province"


def is_counted_item(item: str, rules: IncomeRules) -> bool:
    """Whether lines of the item count at all."""
    return group_of(item) != NEVER and item not in rules.not_counted


def overlap(one: range, other: range) -> range:
    """The months of both."""
    return range(max(one.start, other.start), min(one.stop, other.stop))
