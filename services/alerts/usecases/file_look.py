"""Which rows of a frame trigger: first by what they say, then by what the register knows of their people.

What cannot trigger, whatever the register knows, is dropped at the first look: nobody hashes it or seals it. All sums,
no waiting: called in a thread.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from services.alerts.queries.known import Facts
from services.alerts.queries.unmatched import REF, Whom
from services.alerts.rules.evidence_bounds import Bound
from services.alerts.rules.rule_sets import RuleSet
from services.alerts.rules.screening_rules import FACTS
from services.alerts.usecases.file_rows import (
    KEY,
    PLACE,
    PLACELESS,
    Ledger,
    sieve,
    spare,
    tidied,
    with_areas,
    within,
    worded,
)
from shared.idnumber import IdNumber
from shared.security.vault import Vault
from shared.tables import Frame

_FACT_TYPES = dict.fromkeys(FACTS, pl.Boolean)
_WHOM = (PLACE, "source_ref", "person.id_number", "household.national_code")
_STRANGER = "_stranger"
_STRAY = "_stray"  # it names a place that is not among the sender's
_DEPENDS = "_depends"  # on what the register knows


@dataclass(frozen=True, slots=True)
class Sieve:
    """What the rows of a file are held against."""

    rules: RuleSet
    area_names: Mapping[str, str]
    words: Mapping[str, Mapping[str, str]]  # by field: what a cell may say → the feed's code for it
    own_area: str | None  # 12 digits, where the sender has one area only
    spared: frozenset[str] = frozenset()  # fields of which a bad cell costs the cell, not the row
    bounds: Sequence[Bound] = ()  # of values that a rule asks for: a row beyond them says nothing that can be judged
    spared_bounds: Sequence[Bound] = ()

    @property
    def is_local(self) -> bool:
        """Whether parts of the sender's area have rules of their own: then who lives where must be known first."""
        return any(not (self.own_area or "").startswith(rule.area_prefix) for rule in self.rules.rules)


@dataclass(frozen=True, slots=True)
class Looked:
    """A frame of which only the rows are left that trigger or might."""

    start: int  # rows of the file before it
    ledger: Ledger
    rows: pl.DataFrame  # candidates, and after the second look those that trigger
    waiting: pl.DataFrame  # might trigger once the register knows their person or household
    keys: Sequence[str | None]  # of the person or household of each candidate; empty when nobody asks
    matched: NDArray[np.bool_]  # by place: whether the register knows them
    numbered: pl.DataFrame | None  # all rows without fault, where they have numbers: whom each is about
    again: Sequence["Again"] = ()  # of these, those that came under the number of a row that waits


class Again(NamedTuple):
    """A row under the number of one that waits."""

    place: int
    dedup: bytes
    whom: Whom


def look(frame: Frame, start: int, sieve_by: Sieve, vault: Vault) -> Looked:
    """The first look, at the rows alone. Who does not say where is judged by the rule of the sender's own area."""
    ledger, good = sieve(frame, sieve_by.spared)
    good = within(worded(good, sieve_by.words), sieve_by.bounds, ledger)
    rows = sieve_by.rules.sift(good)
    judged = sieve_by.rules.screen(placed(rows, sieve_by))
    may = pl.col("severity").is_not_null() | pl.col("open")
    candidates = tidied(judged.filter(may | PLACELESS if sieve_by.is_local else may))
    candidates = spare(candidates, sieve_by.spared_bounds, ledger)
    asks = sieve_by.rules.facts or bool(candidates[PLACELESS].any())
    keys = keys_of(candidates, vault) if asks else ()
    if keys:
        candidates = candidates.with_columns(pl.Series(KEY, keys, pl.String))
    matched = np.zeros(frame.data.height, np.bool_)
    return Looked(start, ledger, candidates, candidates.clear(), keys, matched, _numbered(good))


def _numbered(good: pl.DataFrame) -> pl.DataFrame | None:
    if "source_ref" not in good.columns or good["source_ref"].null_count() == good.height:
        return None
    return good.select([name for name in _WHOM if name in good.columns])


def under_numbers(looked: Looked, numbers: Collection[str], vault: Vault) -> Looked:
    """With the rows that came under one of these numbers."""
    if looked.numbered is None or not numbers:
        return looked
    known = pl.Series(list(numbers), dtype=pl.String)
    rows = tidied(looked.numbered.filter(pl.col("source_ref").str.strip_chars().is_in(known.implode())))
    ids, keys = _column(rows, "person.id_number"), keys_of(rows, vault)
    whom: list[Whom] = [(key, None) if one else (None, key) for one, key in zip(ids, keys, strict=True)]
    dedups = [REF + ref.encode() for ref in rows["source_ref"]]
    return replace(looked, again=list(map(Again, rows[PLACE], dedups, whom)))


def placed(rows: pl.DataFrame, sieve_by: Sieve) -> pl.DataFrame:
    """Rows with an area each, if only the sender's own."""
    placeless = pl.col("area_code").is_null()
    named = [pl.col(name).is_not_null() for name in ("area_code", "area_name") if name in rows.columns]
    stray = placeless & pl.any_horizontal(named) if named else pl.lit(False)
    here = pl.col("area_code").fill_null(pl.lit(sieve_by.own_area, pl.String))
    return with_areas(rows, sieve_by.area_names).with_columns(placeless.alias(PLACELESS), stray.alias(_STRAY), here)


def wanted(looked: Looked) -> tuple[set[str], set[str]]:
    """Keys of the people and of the households that the register is to be asked about."""
    ids = _column(looked.rows, "person.id_number")
    people = {key for key, one in zip(looked.keys, ids, strict=True) if key and one}
    return people, {key for key in looked.keys if key} - people


def look_again(looked: Looked, facts: Mapping[str, Facts], rules: RuleSet) -> Looked:
    """The second look, with what the register knows. Of somebody it does not know, everything is false.

    Such a row waits where the register could make it trigger.
    """
    found = [facts.get(key or "") for key in looked.keys]
    known = [one is not None for one in found]
    homes = [one.area_code if one else None for one in found]
    told = [told_of(one) for one in found]
    rows = _at_home(looked.rows, pl.Series(homes, dtype=pl.String))
    looked.matched[rows[PLACE].to_numpy()[np.array(known, np.bool_)]] = True
    plain = (
        rows.rename({"open": _DEPENDS})
        .drop("severity", "rule_id")
        .hstack([pl.Series(_STRANGER, known, pl.Boolean).not_(), *pl.DataFrame(told, schema=_FACT_TYPES, orient="row")])
    )
    judged = rules.screen(plain)
    triggered = judged.filter(pl.col("severity").is_not_null())
    waiting = judged.filter(pl.col("severity").is_null() & pl.col(_STRANGER) & pl.col(_DEPENDS))
    return replace(looked, rows=triggered, waiting=waiting, keys=())


def told_of(facts: Facts | None) -> tuple[bool, bool, bool, bool]:
    if facts is None:
        return False, False, False, False
    monitored = facts.household_class == "monitored"
    return True, monitored or facts.household_class == "lifted_out", monitored, facts.has_open_case


def _at_home(rows: pl.DataFrame, homes: pl.Series) -> pl.DataFrame:
    """Rows that do not say where: where the register has their person, else the sender's own area.

    Of a place that nobody knows the latter cannot be said: such a row is somebody's mistake, or another county's.
    """
    own = pl.when(_STRAY).then(None).otherwise("area_code")
    at_home = pl.when(PLACELESS).then(pl.coalesce(homes, own)).otherwise("area_code")
    return rows.with_columns(at_home.alias("area_code"))


def keys_of(rows: pl.DataFrame, vault: Vault) -> list[str | None]:
    """Of each row the key by which the register knows its person, or its household."""
    ids, codes = _column(rows, "person.id_number"), _column(rows, "household.national_code")
    return [
        vault.person_key(IdNumber(one)) if one else vault.household_key(code) if code else None
        for one, code in zip(ids, codes, strict=True)
    ]


def _column(rows: pl.DataFrame, name: str) -> list[Any]:
    return rows[name].to_list() if name in rows.columns else [None] * rows.height
