"""What is odd about a calculation: told beside the numbers, never a reason to refuse a line."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from uuid import UUID

from services.households.rules.income_lines import ZERO, Judged, Line, Statement, Warned, overlap
from services.households.rules.months import month_text
from shared.contracts.income_policies import IncomeRules


def warnings_of(statement: Statement, rules: IncomeRules) -> Iterable[Warned]:
    """What is odd, by the rules' bounds and by the lines themselves. Nothing of it changes a number."""
    if not statement.people:
        yield Warned("income-nobody-counted")
    if statement.line is None:
        yield Warned("income-line-missing")
    if not any(one.months for one in statement.lines):
        yield Warned("income-no-lines")
    for one in statement.lines:
        yield from _line_warnings(one, rules)
    yield from _sum_warnings(statement, rules)
    yield from _twice(statement.lines)
    yield from _silent(statement)


def _line_warnings(judged: Judged, rules: IncomeRules) -> Iterable[Warned]:
    line = judged.line
    a_month = line.amount / (line.last - line.first + 1)
    for bound in rules.bounds:
        if bound.per == "month" and bound.of in (line.item, line.group):
            yield from _outside(bound.at_least, bound.at_most, a_month, "month", bound.of, line.id)


def _sum_warnings(statement: Statement, rules: IncomeRules) -> Iterable[Warned]:
    by_item: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for one in statement.lines:
        by_item[one.line.item] += one.counted
    known: Mapping[str, Decimal | None] = {**by_item, **statement.sums, "net_per_head": statement.net_per_head}
    for bound in rules.bounds:
        value = known.get(bound.of)
        if bound.per == "year" and value is not None:
            yield from _outside(bound.at_least, bound.at_most, value, "year", bound.of, None)


def _outside(
    least: Decimal | None, most: Decimal | None, value: Decimal, per: str, of: str, line_id: UUID | None
) -> Iterable[Warned]:
    if least is not None and 0 != value < least:
        yield Warned(f"income-below-plausible-{per}", {"of": of, "bound": least}, line_id)
    if most is not None and value > most:
        yield Warned(f"income-above-plausible-{per}", {"of": of, "bound": most}, line_id)


def _twice(lines: Sequence[Judged]) -> Iterable[Warned]:
    """Lines that were entered by hand, and may be one thing entered twice."""
    seen: dict[tuple[str, UUID | None], list[Line]] = defaultdict(list)
    for one in lines:
        line = one.line
        if one.months and line.source in ("visit", "desk"):
            earlier: list[Line] = seen[line.item, line.member_id]
            if any(overlap(range(e.first, e.last + 1), range(line.first, line.last + 1)) for e in earlier):
                yield Warned("income-entered-twice", {"of": line.item}, line.id)
            earlier.append(line)


def _silent(statement: Statement) -> Iterable[Warned]:
    """Of whom the labour ledger has told a wage, and of some months since nobody has told any: it tells none of a month
    that nobody has confirmed, and none of one without work. Such a month adds nothing, and that is no zero."""
    told: dict[UUID, set[int]] = defaultdict(set)
    since: dict[UUID, Line] = {}
    for line in (one.line for one in statement.lines):
        if line.member_id is None or line.group != "wages":
            continue
        told[line.member_id] |= set(range(line.first, line.last + 1))
        if line.source == "jobs" and line.amount and line.first <= since.get(line.member_id, line).first:
            since[line.member_id] = line
    for member_id, line in since.items():
        silent = {month for month in statement.period.months if month > line.last} - told[member_id]
        if silent and member_id in statement.people:
            yield Warned("income-wage-silent", {"since": month_text(line.last), "months": len(silent)}, line.id)
