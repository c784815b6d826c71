"""What a household's lines add up to: which of them count, how much of each, and why not the rest.

Sources: docs/field.md, Income. The same arithmetic is done for many households at once in `queries/income_bulk.py`; a test
holds the two against each other.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

from services.households.rules.income_lines import (
    FEN,
    GROUPS,
    INCOME,
    ZERO,
    Judged,
    Line,
    Person,
    Reason,
    Statement,
    is_counted_item,
    overlap,
)
from services.households.rules.income_warnings import warnings_of
from services.households.rules.months import Period, month_of
from shared.contracts.income_policies import IncomeRules


def is_counted(person: Person, on: date, rules: IncomeRules) -> bool:
    """Whether the person is a head on that day: lives there, away at work or school or not, or left as rules still count."""
    if person.birth_on > on:
        return False
    if person.left_on is None or person.left_on > on:
        return True
    return not person.elsewhere and any(
        rule.reason == person.left_reason
        and person.school_stage in rule.school_stages
        and month_of(on) - month_of(person.left_on) < rule.months
        for rule in rules.left_but_counted
    )


def calculate(
    lines: Sequence[Line], people: Collection[Person], period: Period, on: date, rules: IncomeRules, line: int | None
) -> Statement:
    """Judge every line and add up. `line` is the income line in force, None where there is none."""
    counted = {person.id for person in people if is_counted(person, on, rules)}
    caps = {person.id: _cap(person, rules) for person in people if person.id not in counted}
    windows = {one.id: _window(one, period, rules, caps) for one in lines}
    beaten = _beaten([one for one in lines if windows[one.id]], windows, rules)
    judged = tuple(_judge(one, period, windows[one.id], beaten[one.id], rules, caps) for one in lines)
    sums: dict[str, Decimal] = dict.fromkeys(GROUPS, ZERO)
    for one in judged:
        sums[one.line.group] += one.counted
    heads = tuple(person.id for person in people if person.id in counted)
    bare = Statement(period, heads, judged, sums, line, ())
    return Statement(period, heads, judged, sums, line, tuple(warnings_of(bare, rules)))


def _cap(person: Person, rules: IncomeRules) -> int:
    """The last month in which income of somebody who is not counted is counted; 0: none is."""
    return month_of(person.left_on) if rules.income_of_left == "until_left" and person.left_on else 0


def _cap_of(line: Line, caps: Mapping[UUID, int]) -> int | None:
    """The last month that counts of an income; None: all may."""
    return caps.get(line.member_id) if line.member_id and line.group in INCOME else None


def _window(line: Line, period: Period, rules: IncomeRules, caps: Mapping[UUID, int]) -> range:
    """The months of the line that may count. What somebody spent or cost counts whether or not they are there still."""
    if not is_counted_item(line.item, rules):
        return range(0)
    last = min(line.last, period.last)
    cap = _cap_of(line, caps)
    if cap is not None:
        last = min(last, cap)
    return range(max(line.first, period.first), last + 1)


Beaten = dict[int, list[UUID]]
"""By month, the lines that count in the place of another."""


def _beaten(lines: Sequence[Line], windows: Mapping[UUID, range], rules: IncomeRules) -> Mapping[UUID, Beaten]:
    """Per line, in which months it yields to which: of one family in one month the source that stands first counts.

    A line of the household as a whole and one of a person in it are about the same money as well. Two lines of the
    same source both count: somebody may have two jobs.
    """
    ranks: dict[str, int] = {source: rank for rank, source in enumerate(rules.sources)}
    families: dict[str, list[Line]] = defaultdict(list)
    for one in lines:
        families[one.family].append(one)
    beaten: dict[UUID, Beaten] = defaultdict(lambda: defaultdict(list))
    for family in families.values():
        for one in family:
            for other in family:
                better = ranks.get(other.source, len(ranks)) < ranks.get(one.source, len(ranks))
                if better and (one.member_id == other.member_id or None in (one.member_id, other.member_id)):
                    for month in overlap(windows[one.id], windows[other.id]):
                        beaten[one.id][month].append(other.id)
    return beaten


def _judge(
    line: Line, period: Period, window: range, beaten: Beaten, rules: IncomeRules, caps: Mapping[UUID, int]
) -> Judged:
    months = len(window) - len(beaten)
    share = (line.amount * months / (line.last - line.first + 1)).quantize(FEN, ROUND_HALF_UP)
    by: dict[UUID, list[int]] = defaultdict(list)
    for month, others in sorted(beaten.items()):
        for other in others:
            by[other].append(month)
    reasons = tuple(_reasons(line, period, window, len(beaten), rules, caps))
    return Judged(line, share, months, reasons, {other: tuple(of) for other, of in by.items()})


def _reasons(
    line: Line, period: Period, window: range, beaten: int, rules: IncomeRules, caps: Mapping[UUID, int]
) -> Iterable[Reason]:
    """Why not all of it counts."""
    if not is_counted_item(line.item, rules):
        yield "item-not-counted"
    if line.last < period.first:
        yield "before-period"
    elif line.first > period.last:
        yield "after-period"
    elif line.first < period.first or line.last > period.last:
        yield "partly-in-period"
    cap = _cap_of(line, caps)
    if cap is not None and cap < min(line.last, period.last):
        yield "person-left"
    if beaten:
        yield "superseded" if beaten == len(window) else "partly-superseded"
