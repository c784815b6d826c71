"""Rows of a file of income lines: what each says, and what is to become of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from services.households.rules.imports import Outcome
from services.households.rules.income_entries import MOST_MONTHS, Span
from services.households.rules.income_lines import FEN
from services.households.rules.income_reports import Latest, Owner
from services.households.rules.months import Month
from shared.errors import Fault
from shared.idnumber import IdNumber

MOST_YUAN = Decimal(10**10)
_MONTH = re.compile(r"(20[0-9]{2})\D?(0?[1-9]|1[0-2])\D?")


@dataclass(frozen=True, slots=True)
class ImportedLine:
    """One row that could be read."""

    row: int
    id_number: IdNumber | None
    national_code: str | None
    item: str
    amount: Decimal
    span: Span

    def ref(self, owner: Owner) -> str:
        """What it is a line of: whose, which item, of when. The same again with another amount corrects it."""
        when = self.span.paid_on or f"{self.span.first}-{self.span.last}"
        return f"{owner.member_id or owner.household_id}:{self.item}:{when}"


def read_row(row: Mapping[str, Any], items: Mapping[str, str]) -> ImportedLine | Fault:
    """A row of the table, its cells typed; `items` leads from words to codes. The fault never holds what stood there."""
    if row["id_number"] is None and not row["national_code"]:
        return Fault("id_number", "income-whose")
    item = items.get(row["item"].strip())
    if item is None:
        return Fault("item", "income-item-unknown")
    amount = _fen(row["amount"])
    if amount is None or not 0 <= amount < MOST_YUAN:
        return Fault("amount", "number-out-of-range")
    span = _span(row["paid_on"], row["first_month"], row["last_month"])
    if isinstance(span, Fault):
        return span
    id_number = IdNumber(row["id_number"]) if row["id_number"] else None
    return ImportedLine(row["row"], id_number, row["national_code"], item, amount, span)


def _fen(number: float) -> Decimal | None:
    """Spreadsheets keep amounts as binary fractions; None where there is more in it than fen."""
    exact = Decimal(repr(number))
    rounded = exact.quantize(FEN, ROUND_HALF_UP)
    return rounded if abs(exact - rounded) < Decimal("0.00001") else None


def _span(paid_on: date | None, first: str | None, last: str | None) -> Span | Fault:
    if paid_on is not None:
        return Span.on(paid_on)
    if first is None:
        return Fault("paid_on", "income-when")
    begin, end = _month(first), _month(last or first)
    if begin is None or end is None:
        return Fault("first_month" if begin is None else "last_month", "income-month-invalid")
    return Span(begin, end) if 0 <= end - begin < MOST_MONTHS else Fault("last_month", "income-months")


def _month(text: str) -> Month | None:
    """2026-10, 2026/10, 2026.10, 202610, 2026年10月."""
    found = _MONTH.fullmatch(text.strip())
    return Month(int(found[1]) * 12 + int(found[2]) - 1) if found else None


def find_owner(line: ImportedLine, person: Owner | None, household: Owner | None) -> Owner | Fault:
    """Whose a row is: its person must live in its household, where it names both."""
    if line.id_number is not None:
        if person is None:
            return Fault("id_number", "income-nobody")
        if line.national_code and (household is None or household.household_id != person.household_id):
            return Fault("national_code", "income-person-elsewhere")
        return person
    return household or Fault("national_code", "income-nobody")


def outcome_of(line: ImportedLine, latest: Latest | None) -> Outcome:
    """What a row does. What somebody corrected or withdrew by hand stays so until the file says something else."""
    if latest is None:
        return "added"
    return "unchanged" if latest.amount == line.amount else "changed"
