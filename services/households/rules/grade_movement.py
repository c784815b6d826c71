"""Month to month (升降级分解): every household that comes into a grade or leaves it does so for one of these reasons."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import ClassVar, Literal, get_args

from shared.clock import start_of_day
from shared.contracts.grade_policies import Grade
from shared.errors import Invalid

Kind = Literal[
    "registered",
    "new",
    "re_entered",
    "reclassified",
    "cleared",
    "rule",
    "correction",
    "override",
    "moved",
    "dissolved",
]
"""Graded for the first time · from green · from green, and not for the first time of late · between yellow and red ·
to green · other rules · what was written was wrong · set by hand, or not any more · to another village · no more."""
KINDS: tuple[Kind, ...] = get_args(Kind)
GRADES: tuple[Grade, ...] = ("red", "yellow", "green")
MAX_MONTHS = 36


class MonthsReversed(Invalid):
    """The last month lies before the first, or in the future."""

    code: ClassVar[str] = "months-reversed"


class MonthsTooMany(Invalid):
    """More months than one answer holds."""

    code: ClassVar[str] = "months-too-many"


def kind_of(
    before: Grade, after: Grade, cause: Literal["fact", "correction", "rule", "override"], *, re_entered: bool
) -> Kind:
    """Of a change within the register. `re_entered`: it became green within the span that the rules name."""
    if cause != "fact":
        return cause
    if after == "green":
        return "cleared"
    if before == "green":
        return "re_entered" if re_entered else "new"
    return "reclassified"


@dataclass(frozen=True, slots=True)
class Moved:
    """So many households changed in this way. A side is None that lies outside the area or the register."""

    kind: Kind
    before: Grade | None
    after: Grade | None
    households: int


@dataclass(slots=True)
class Balance:
    """One grade over a span: opening + ins - outs = closing."""

    grade: Grade
    opening: int
    ins: Counter[Kind] = field(default_factory=Counter)
    outs: Counter[Kind] = field(default_factory=Counter)

    @property
    def closing(self) -> int:
        """What is left at the end."""
        return self.opening + self.ins.total() - self.outs.total()


def balances(opening: Mapping[Grade, int], moved: Iterable[Moved]) -> list[Balance]:
    """The red, the yellow and the green of a span. What stays in its grade and area (a move within) is not counted."""
    found = {grade: Balance(grade, opening.get(grade, 0)) for grade in GRADES}
    for one in moved:
        if one.before == one.after:
            continue
        if one.before is not None:
            found[one.before].outs[one.kind] += one.households
        if one.after is not None:
            found[one.after].ins[one.kind] += one.households
    return list(found.values())


def months_between(first: date, last: date, today: date) -> list[date]:
    """The first days of the months from one to the other; raises `MonthsReversed`, `MonthsTooMany`."""
    if last < first or last > today:
        raise MonthsReversed(field="to")
    months = [first.replace(day=1)]
    while months[-1] < last.replace(day=1):
        months.append(next_month(months[-1]))
        if len(months) > MAX_MONTHS:
            raise MonthsTooMany(field="to", months=MAX_MONTHS)
    return months


def next_month(month: date) -> date:
    """The first day of the month after."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def start_of(month: date) -> datetime:
    """The moment a month begins in China."""
    return start_of_day(month)
