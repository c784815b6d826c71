"""A frame of a file through the rule: typed columns in, the rows that may be alerts out. All sums, no waiting.

What cannot trigger is dropped here at once: nobody hashes it, seals it, or looks its person up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from services.alerts.rules.files import MAX_REASONS, Counts, Outcome
from services.alerts.rules.row_screening import RuleSet
from shared.tables import Frame

PLACE = "_place"
"""Place of a row in its frame, from 0."""
FACTS = ("is_registered", "is_registered_poor", "is_monitored", "has_open_case")

Reason = tuple[str, str, Mapping[str, Any]]
"""Field, code and parameters of a mistake."""


@dataclass(slots=True)
class Ledger:
    """What becomes of the rows of a frame: a byte for each, and the mistakes behind those that are rejected."""

    sheets: NDArray[np.uint8]
    rows: NDArray[np.uint32]
    outcomes: NDArray[np.uint8]
    reasons: list[Reason] = field(default_factory=list)
    faults: list[tuple[int, int, str, str, dict[str, Any]]] = field(default_factory=list)
    fault_count: int = 0
    _known: dict[tuple[str, str], int] = field(default_factory=dict)

    @classmethod
    def of(cls, data: pl.DataFrame) -> "Ledger":
        """Nothing has become of any of them yet."""
        rows, sheets = data["row"].to_numpy(), data["sheet"].to_numpy()
        return cls(sheets, rows, np.zeros(data.height, np.uint8))

    def note(self, places: Sequence[int] | NDArray[np.uint32], outcome: Outcome) -> None:
        """The rows at these places have become that."""
        self.outcomes[np.asarray(places, np.int64)] = outcome

    def reject(self, place: int, name: str, code: str, params: Mapping[str, Any], room: int) -> None:
        """The row at `place` is refused; the first mistake of a row is the one its byte names."""
        if self.outcomes[place] < Outcome.REJECTED:
            self.outcomes[place] = self._reason(name, code, params)
        self.fault_count += 1
        if len(self.faults) < room:
            self.faults.append((int(self.sheets[place]), int(self.rows[place]), name, code, dict(params)))

    def count(self, outcome: Outcome) -> int:
        """Rows that have become that."""
        if outcome is Outcome.REJECTED:
            return int(np.count_nonzero(self.outcomes >= Outcome.REJECTED))
        return int(np.count_nonzero(self.outcomes == outcome))

    def _reason(self, name: str, code: str, params: Mapping[str, Any]) -> int:
        number = self._known.get((name, code))
        if number is None:
            if len(self.reasons) >= MAX_REASONS:
                return Outcome.REJECTED_OTHERWISE
            number = self._known[name, code] = len(self.reasons)
            self.reasons.append((name, code, params))
        return Outcome.REJECTED + number


@dataclass(frozen=True, slots=True)
class Sieved:
    """A frame after the first look. `candidates` may trigger; `severity` and `rule_id` are null where that is open."""

    ledger: Ledger
    candidates: pl.DataFrame
    counts: Counts


def sieve(
    frame: Frame, rules: RuleSet, values: Mapping[str, Mapping[str, str]], areas: Mapping[str, str], room: int
) -> Sieved:
    """Set aside what the reader refused and what cannot trigger. `areas`: names of areas → code, where clear."""
    data = frame.data.with_row_index(PLACE)
    ledger = Ledger.of(frame.data)
    good = _without_faults(data, frame.faults, ledger, room)
    good = good.with_columns(_translated(good, values)).with_columns(_area_code(good, areas))
    candidates = rules.may_trigger(good)
    counts = Counts(rows_read=data.height, screened=good.height)
    return Sieved(ledger, candidates, counts)


def _without_faults(data: pl.DataFrame, faults: pl.DataFrame, ledger: Ledger, room: int) -> pl.DataFrame:
    if faults.is_empty():
        return data
    placed = data.select("row", "sheet", PLACE).join(faults, on=["row", "sheet"], maintain_order="left")
    for name, code in placed.select("field", "code").unique(maintain_order=True).rows():
        ledger._reason(name, code, {})
    for place, name, code in placed.select(PLACE, "field", "code").iter_rows():
        ledger.reject(place, name, code, {}, room)
    return data.join(placed.select(PLACE).unique(), on=PLACE, how="anti", maintain_order="left")


def _translated(data: pl.DataFrame, values: Mapping[str, Mapping[str, str]]) -> list[pl.Expr]:
    """What a bureau writes in a cell, as the code that the feed has for it."""
    return [pl.col(name).replace(dict(codes)) for name, codes in values.items() if name in data.columns and codes]


def _area_code(data: pl.DataFrame, areas: Mapping[str, str]) -> pl.Expr:
    """12 digits: the code as it stands, filled up with zeros, or that of the only area with that name; else null."""
    found: list[pl.Expr] = []
    if "area_code" in data.columns:
        digits = pl.col("area_code").str.strip_chars()
        found.append(pl.when(digits.str.contains(r"^[1-9][0-9]{5}([0-9]{3}){0,2}$")).then(digits.str.pad_end(12, "0")))
    if "area_name" in data.columns:
        found.append(pl.col("area_name").str.strip_chars().replace_strict(areas, default=None, return_dtype=pl.String))
    return pl.coalesce(*found).alias("area_code") if found else pl.lit(None, pl.String).alias("area_code")


def with_facts(candidates: pl.DataFrame, facts: pl.DataFrame) -> pl.DataFrame:
    """Candidates with what the register knows of them: `facts` has a row for each, in their order."""
    return candidates.hstack(facts)


def day_or(day: date | None, today: date) -> date:
    """The day a row is of that does not say so itself: the last of its period, or today while that is to come."""
    return today if day is None else min(day, today)
