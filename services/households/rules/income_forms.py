"""What the forms want of a statement. Codes only: what a form calls an amount stands in the catalogue."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from services.households.rules.income_lines import FEN, RIGID, Statement
from services.households.rules.months import PERIOD


@dataclass(frozen=True, slots=True)
class CivilAmount:
    """One row of civil affairs' table."""

    code: str
    year: Decimal
    month_per_head: Decimal | None


def national_form(statement: Statement) -> dict[str, Decimal | None]:
    """The 11 amounts of 收支 in the order of the national collection form (docs/field.md, Income), in yuan."""
    sums = statement.sums
    return {
        "wages": sums["wages"],
        "business": sums["business"],
        "property": sums["property"],
        "transfers": sums["transfers"],
        "business-costs": sums["business_costs"],
        "net-income": statement.net_income,
        "net-per-head": statement.net_per_head,
        "claims": sums["claims"],
        "rigid": statement.rigid,
        "reference": statement.reference,
        "reference-per-head": statement.reference_per_head,
    }


def civil_form(statement: Statement) -> list[CivilAmount]:
    """Civil affairs' rows (低收入家庭收入核定): net income by its four kinds, then what is added and deducted."""
    people = len(statement.people)
    return [CivilAmount(code, year, _month_per_head(year, people)) for code, year in _civil_amounts(statement)]


def _civil_amounts(statement: Statement) -> Iterator[tuple[str, Decimal]]:
    sums = statement.sums
    yield "wages", sums["wages"]
    yield "business-net", sums["business"] - sums["business_costs"]
    yield "property", sums["property"]
    yield "transfers", sums["transfers"]
    yield "net-income", statement.net_income
    yield "claims", sums["claims"]
    for group in RIGID:
        yield f"rigid-{group}", sums[group]
    yield "reference", statement.reference


def _month_per_head(year: Decimal, people: int) -> Decimal | None:
    return (year / (people * PERIOD)).quantize(FEN, ROUND_HALF_UP) if people else None
