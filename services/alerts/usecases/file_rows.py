"""A frame of a file: what its reader refused is set aside, and what becomes of each row is written down.

All sums, no waiting: called in a thread.
"""

import zlib
from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any
from uuid import UUID

import numpy as np
import polars as pl

from services.alerts.models import FilePart
from services.alerts.rules.evidence_checks import Check
from services.alerts.rules.files import MAX_REASONS, WITH_ALERT, Outcome
from shared.errors import Fault
from shared.tables import Frame

PLACE = "_place"
"""Place of a row in its frame, from 0."""
ALERT = "_alert"
"""The alert that a row of a past file is or belongs to."""
KEY = "_key"
"""By which the register knows the row's person or household, where somebody asks it."""
PLACELESS = "_placeless"
"""Whether the row does not say where: its area is the sender's own, or where the register has its person."""

_TEXTS = ("person.id_number", "person.name", "person.phone", "household.national_code", "source_ref")
_BREAKS = r"\s*[\r\n\t]+\s*"
_PHONE = r"^[+0-9][0-9 \-]{4,19}$"

_ID = "V16"
_NO_ALERT = bytes(16)  # a row that was known to wait

FaultRow = tuple[int, int, str, str, dict[str, Any]]
"""Sheet, row, field, code, params."""
Broken = tuple[int, Fault]
"""The place of a row, and what its feed finds wrong with it."""


class Ledger:
    """What becomes of the rows of a frame: a byte for each, their alerts, and the mistakes of those that are refused."""

    def __init__(self, data: pl.DataFrame) -> None:
        self._rows = data["row"].to_numpy()
        self._sheets = data["sheet"].to_numpy()
        self.outcomes = np.zeros(data.height, np.uint8)
        self._alerts = np.zeros(data.height, _ID)
        self.reasons: list[tuple[str, str, Mapping[str, Any]]] = []
        self._numbers: dict[tuple[str, str], int] = {}
        self._faults: list[tuple[int, FaultRow]] = []
        self._unread = np.zeros(data.height, np.bool_)

    def refuse(self, place: int, name: str, code: str, params: Mapping[str, Any]) -> None:
        """The row at `place` has a mistake; its byte names the first one."""
        if self.outcomes[place] < Outcome.REJECTED:
            self.outcomes[place] = self._reason(name, code, params)
        self.remark(place, name, code, params)

    def remark(self, place: int, name: str, code: str, params: Mapping[str, Any]) -> None:
        """Something in the row at `place` cannot be used."""
        self._faults.append((place, (int(self._sheets[place]), int(self._rows[place]), name, code, dict(params))))

    def settle(self, places: Sequence[int], outcomes: Sequence[Outcome | None]) -> None:
        """What became of the rows at these places; None: their number belongs to a row about somebody else."""
        self.outcomes[places] = [outcome or 0 for outcome in outcomes]
        for place, outcome in zip(places, outcomes, strict=True):
            if outcome is None:
                self.refuse(place, "source_ref", "source-ref-reused", {})

    def name_alerts(self, places: Sequence[int], ids: Sequence[bytes]) -> None:
        """The rows at these places are alerts, or belong to them."""
        self._alerts[np.asarray(places, np.int64)] = np.frombuffer(b"".join(ids), _ID)

    def alerts(self, begin: int, end: int) -> bytes:
        """The ids of the alerts of those rows from `begin` up to `end` that may have one, one behind the other."""
        named = np.isin(self.outcomes[begin:end], WITH_ALERT)
        return self._alerts[begin:end][named].tobytes()

    def set_aside(self, places: Sequence[int]) -> None:
        """The reader refused the rows at these places."""
        self._unread[np.asarray(places, np.int64)] = True

    def unread(self, begin: int, end: int) -> int:
        """Rows from `begin` up to `end` that the reader refused."""
        return int(np.count_nonzero(self._unread[begin:end]))

    def faults(self, begin: int, end: int) -> list[FaultRow]:
        """The mistakes of the rows from `begin` up to `end`."""
        return [fault for place, fault in self._faults if begin <= place < end]

    def count(self, begin: int, end: int, *outcomes: Outcome) -> int:
        """Rows from `begin` up to `end` that have become one of that."""
        part = self.outcomes[begin:end]
        if Outcome.REJECTED in outcomes:
            return int(np.count_nonzero(part >= Outcome.REJECTED))
        return int(np.count_nonzero(np.isin(part, outcomes)))

    def _reason(self, name: str, code: str, params: Mapping[str, Any]) -> int:
        number = self._numbers.get((name, code))
        if number is None:
            if len(self.reasons) >= MAX_REASONS:
                return Outcome.REJECTED_OTHERWISE
            number = self._numbers[name, code] = len(self.reasons)
            self.reasons.append((name, code, params))
        return Outcome.REJECTED + number


def settled_later(outcomes: bytes, alerts: bytes, became: Mapping[int, tuple[Outcome, bytes]]) -> tuple[bytes, bytes]:
    """What a ledger says of rows, with what has become since of some that waited, by their places, and their alerts."""
    now, ids = np.frombuffer(outcomes, np.uint8).copy(), np.zeros(len(outcomes), _ID)
    ids[np.isin(now, WITH_ALERT)] = np.frombuffer(alerts, _ID)
    for place, (outcome, alert) in became.items():
        now[place], ids[place : place + 1] = outcome, np.frombuffer(alert, _ID)
    return now.tobytes(), ids[np.isin(now, WITH_ALERT)].tobytes()


def alerts_of(part: FilePart) -> pl.Series:
    """Of each row of a part the id of the alert that it is or belongs to; null where it has none."""
    outcomes = np.frombuffer(zlib.decompress(part.outcomes), np.uint8)
    ids: list[str | None] = [None] * len(outcomes)
    written = part.alerts or b""
    found = (written[at : at + len(_NO_ALERT)] for at in range(0, len(written), len(_NO_ALERT)))
    for place, id_ in zip(np.flatnonzero(np.isin(outcomes, WITH_ALERT)).tolist(), found, strict=False):
        if id_ != _NO_ALERT:
            ids[place] = str(UUID(bytes=id_))
    return pl.Series(ids, dtype=pl.String)


def parts_in(parts: Sequence[FilePart], start: int, end: int) -> Iterator[tuple[FilePart, slice]]:
    """The parts that have rows from `start` up to `end` of the file, and which of each part's own these are.

    A part need not end where a frame does: it may have been worked off by a release that read in other frames.
    """
    for part in parts:
        first, last = max(start, part.first_row), min(end, part.first_row + part.rows)
        if first < last:
            yield part, slice(first - part.first_row, last - part.first_row)


def sieve(frame: Frame, spared: Set[str] = frozenset()) -> tuple[Ledger, pl.DataFrame]:
    """The frame's ledger, and its rows that the reader found no fault with but in the fields `spared`.

    What cannot be read there is null already; it is told, and keeps no row out.
    """
    ledger = Ledger(frame.data)
    data = frame.data.with_row_index(PLACE)
    if frame.faults.is_empty():
        return ledger, data
    placed = data.select("row", "sheet", PLACE).join(frame.faults, on=["row", "sheet"]).sort(PLACE)
    is_spared = pl.col("field").is_in(sorted(spared))
    for place, name, code in placed.filter(is_spared).select(PLACE, "field", "code").iter_rows():
        ledger.remark(place, name, code, {})
    placed = placed.filter(~is_spared)
    for place, name, code in placed.select(PLACE, "field", "code").iter_rows():
        ledger.refuse(place, name, code, {})
    ledger.set_aside(placed[PLACE].to_list())
    return ledger, data.join(placed.select(PLACE), on=PLACE, how="anti", maintain_order="left")


def checked(
    rows: pl.DataFrame, ledger: Ledger, checks: Sequence[Check], spared: Set[str]
) -> tuple[pl.DataFrame, list[Broken]]:
    """The rows, and what is wrong with which of them; in the fields `spared` that is told, and costs the cell alone."""
    checks = [check for check in checks if check.name in rows.columns]
    found = rows.select(check.is_broken.any().alias(str(n)) for n, check in enumerate(checks))
    broken: list[Broken] = []
    for check in (check for check, some in zip(checks, found.iter_columns(), strict=True) if some.item()):
        places = rows.filter(check.is_broken)[PLACE]
        if check.name not in spared:
            broken += [(place, check.fault) for place in places]
            continue
        for place in places:
            ledger.remark(place, check.fault.field, check.fault.code, check.fault.params)
        cell = pl.col(check.name)
        rows = rows.with_columns(pl.when(check.is_broken).then(None).otherwise(cell).alias(check.name))
    return rows, broken


def worded(rows: pl.DataFrame, words: Mapping[str, Mapping[str, str]]) -> pl.DataFrame:
    """Rows with the feed's codes for words."""
    return rows.with_columns(
        pl.col(name).str.strip_chars().replace(dict(codes)) for name, codes in words.items() if codes
    )


def with_areas(rows: pl.DataFrame, area_names: Mapping[str, str]) -> pl.DataFrame:
    """Rows with a column `area_code` of 12 digits; null: nobody can tell."""
    return rows.with_columns(_area_code(rows, area_names).alias("area_code"))


def _area_code(rows: pl.DataFrame, area_names: Mapping[str, str]) -> pl.Expr:
    """The code as it stands, filled up with zeros, or that of the only area with that name."""
    found: list[pl.Expr] = []
    if "area_code" in rows.columns:
        digits = pl.col("area_code").str.strip_chars()
        found.append(pl.when(digits.str.contains(r"^[1-9][0-9]{5}([0-9]{3}){0,2}$")).then(digits.str.pad_end(12, "0")))
    if "area_name" in rows.columns and area_names:
        names = pl.col("area_name").str.strip_chars()
        found.append(names.replace_strict(dict(area_names), default=None, return_dtype=pl.String))
    return pl.coalesce(found) if found else pl.lit(None, pl.String)


def tidied(rows: pl.DataFrame) -> pl.DataFrame:
    """Texts without blanks around them, a name without the breaks of a narrow cell; a phone that is none is left out, for
    a report is worth more than it.

    Of a person and a household's code in one row the person counts: an export about households names its head beside
    the code, and the register knows whose home that is.
    """
    texts = [pl.col(name).str.strip_chars() for name in _TEXTS if name in rows.columns]
    tidy = rows.with_columns(texts)
    if "person.name" in tidy.columns:
        tidy = tidy.with_columns(pl.col("person.name").str.replace_all(_BREAKS, ""))
    if "person.phone" in tidy.columns:
        phone = pl.col("person.phone")
        tidy = tidy.with_columns(pl.when(phone.str.contains(_PHONE)).then(phone).alias("person.phone"))
    if {"person.id_number", "household.national_code"} <= set(tidy.columns):
        code = pl.col("household.national_code")
        tidy = tidy.with_columns(
            pl.when(pl.col("person.id_number").is_null()).then(code).alias(code.meta.output_name())
        )
    return tidy
