"""Rows of a file of posts: what each says, and what is to become of it."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any, Literal, Protocol

from services.jobs.rules import credit_codes, places
from services.jobs.rules.posts import Terms
from shared.errors import Fault

Outcome = Literal["added", "changed", "unchanged"]
MOST_OPENINGS = 100_000
MOST_PAY = Decimal(100_000)
OLDEST = 99
TOLD = tuple(one.name for one in fields(Terms) if one.name != "health_limits")
"""What a file says of a post; limits of health stand in none."""
LONGEST = {"employer": 200, "ref": 60, "title": 200}
"""Characters, as by hand."""
_SEVERAL = re.compile(r"[、,，;；/\s]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


class Words(Protocol):
    """A code list: from what may be entered to the code."""

    @property
    def accepted(self) -> Mapping[str, str]: ...


@dataclass(frozen=True, slots=True)
class ImportedPost:
    """One row that could be read."""

    row: int
    employer: str
    employer_kind: str
    credit_code: str | None
    ref: str
    terms: Terms


def read_row(
    row: Mapping[str, Any], lists: Mapping[str, Words], words: Mapping[str, Collection[str]]
) -> ImportedPost | list[Fault]:
    """A row of the table, its cells typed; the faults never hold what stood there.

    `words`: what stands for `anybody` and for `abroad`.
    """
    cells = _Cells(row, lists, words)
    post = cells.read()
    return cells.faults or post


class _Cells:
    """Reads one row; what is wrong gathers in `faults`, so that a row tells everything at once."""

    def __init__(
        self, row: Mapping[str, Any], lists: Mapping[str, Words], words: Mapping[str, Collection[str]]
    ) -> None:
        self.row = row
        self.words = words
        self.lists = lists
        self.faults: list[Fault] = []

    def read(self) -> ImportedPost:
        low, high = self._pay("pay_low"), self._pay("pay_high")
        low, high = low or high or Decimal(0), high or low or Decimal(0)
        if low > high:
            self.faults.append(Fault("pay_high", "pay-order"))
        terms = Terms(
            trade=self._code("trade", "trade") or "",
            title=self._line("title"),
            place=self._place(),
            openings=self._whole("openings", 1, MOST_OPENINGS) or 0,
            pay_low=low,
            pay_high=high,
            lodging=bool(self.row["lodging"]),
            shift=self._code("shift", "shift") or "day",
            hazardous=bool(self.row["hazardous"]),
            physical_demand=self._code("physical_demand", "physical_demand"),
            age_low=self._whole("age_low", 0, OLDEST),
            age_high=self._whole("age_high", 0, OLDEST),
            age_reason=self.row["age_reason"],
            sex=None if self.row["sex"] in self.words["anybody"] else self._code("sex", "sex"),
            sex_reason=self.row["sex_reason"],
            certificates=tuple(dict.fromkeys(self._certificates())),
            until_on=self.row["until_on"],
        )
        return ImportedPost(
            row=self.row["row"],
            employer=self._line("employer"),
            employer_kind=self._code("employer_kind", "employer_kind") or "company",
            credit_code=self._credit_code(),
            ref=self._line("ref"),
            terms=terms,
        )

    def _line(self, name: str) -> str:
        """One line of text, as `Line` by hand; a break within a cell is a blank."""
        text, most = " ".join((self.row[name] or "").split()), LONGEST[name]
        if len(text) > most:
            self.faults.append(Fault(name, "text-too-long", {"max_length": most}))
        elif _CONTROL.search(text):
            self.faults.append(Fault(name, "field-invalid"))
        return text

    def _code(self, name: str, list_name: str) -> str | None:
        text = self.row[name]
        if text is None:
            return None
        code = self.lists[list_name].accepted.get(text.strip())
        if code is None:
            self.faults.append(Fault(name, "choice-unknown"))
        return code

    def _certificates(self) -> Iterator[str]:
        text = self.row["certificates"]
        if text is None or text in self.words["anybody"]:
            return
        for word in filter(None, _SEVERAL.split(text)):
            code = self.lists["trade"].accepted.get(word)
            if code is None:
                self.faults.append(Fault("certificates", "choice-unknown"))
                return
            yield code

    def _place(self) -> str:
        text = self.row["place"].strip()
        if text in self.words["abroad"]:
            return places.ABROAD
        try:
            return places.normalise(text)
        except places.InvalidPlace as wrong:
            self.faults.append(Fault("place", wrong.code))
            return ""

    def _credit_code(self) -> str | None:
        text = self.row["credit_code"]
        if text is None:
            return None
        try:
            return credit_codes.normalise(text)
        except credit_codes.InvalidCreditCode as wrong:
            self.faults.append(Fault("credit_code", wrong.code))
            return None

    def _whole(self, name: str, least: int, most: int) -> int | None:
        number: int | None = self.row[name]
        if number is not None and not least <= number <= most:
            self.faults.append(Fault(name, "number-out-of-range"))
        return number

    def _pay(self, name: str) -> Decimal | None:
        number: float | None = self.row[name]
        if number is None:
            return None
        yuan = Decimal(repr(number))
        if abs(yuan) < MOST_PAY:  # what has more digits than a decimal cannot be rounded
            yuan = yuan.quantize(Decimal("0.01"))
        if not 0 < yuan < MOST_PAY:
            self.faults.append(Fault(name, "number-out-of-range"))
        return yuan


def outcome_of(terms: Terms, known: Mapping[str, Any] | None) -> Outcome:
    """What a row does: `known` are the columns of the post with that number."""
    if known is None:
        return "added"
    return "unchanged" if all(known[name] == value for name, value in as_columns(terms).items()) else "changed"


def as_columns(terms: Terms) -> dict[str, Any]:
    """What a file says of a post, as columns."""
    values = {name: getattr(terms, name) for name in TOLD}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
