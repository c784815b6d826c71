"""Which rows of a frame trigger: first by what they say, then by what the register knows of their people.

What cannot trigger, whatever the register knows, is dropped at the first look: nobody hashes it or seals it. All sums,
no waiting: called in a thread.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from services.alerts.queries.known import Facts
from services.alerts.usecases.file_rows import PLACE, Ledger, areas_and_words, sieve, tidied
from shared.areas import Scope
from shared.idnumber import IdNumber
from shared.security.vault import Vault
from shared.tables import Frame

FACTS = ("is_registered", "is_registered_poor", "is_monitored", "has_open_case")
PROFILES: Sequence[Mapping[str, bool]] = [
    dict(zip(FACTS, (True, poor or monitored, monitored, case), strict=True))
    for poor, monitored, case in product((False, True), repeat=3)
]
"""Whatever the register might come to know of somebody whom it does not know yet."""
_JUDGED = ("severity", "rule_id", "open")
_STRANGER = "_stranger"


class RuleSet(Protocol):
    """The versions of a feed's rule that are in force, each for its areas and days."""

    @property
    def facts(self) -> bool:
        """Whether any of them looks at what the register knows."""
        ...

    def screen(self, rows: pl.DataFrame) -> pl.DataFrame:
        """`rows` with `severity` (null: does not trigger), `rule_id`, and `open`: that is not known yet.

        A fact that is no column of `rows` is not known of anybody.
        """
        ...


@dataclass(frozen=True, slots=True)
class Looked:
    """A frame of which only the rows are left that trigger or might."""

    start: int  # rows of the file before it
    ledger: Ledger
    rows: pl.DataFrame  # candidates, and after the second look those that trigger
    waiting: pl.DataFrame  # might trigger once the register knows their person or household
    keys: Sequence[str | None]  # of the person or household of each candidate; empty when nobody asks
    matched: NDArray[np.bool_]  # by place: whether the register knows them


def look(
    frame: Frame,
    start: int,
    rules: RuleSet,
    area_names: Mapping[str, str],
    words: Mapping[str, Mapping[str, str]],
    vault: Vault,
) -> Looked:
    """The first look, at the rows alone."""
    ledger, good = sieve(frame)
    judged = rules.screen(areas_and_words(good, area_names, words))
    candidates = tidied(judged.filter(pl.col("severity").is_not_null() | pl.col("open")))
    asks = rules.facts or candidates["area_code"].null_count() > 0
    keys = _keys(candidates, vault) if asks else ()
    return Looked(start, ledger, candidates, candidates.clear(), keys, np.zeros(frame.data.height, np.bool_))


def wanted(looked: Looked) -> tuple[set[str], set[str]]:
    """Keys of the people and of the households that the register is to be asked about."""
    ids = _column(looked.rows, "person.id_number")
    people = {key for key, one in zip(looked.keys, ids, strict=True) if key and one}
    return people, {key for key in looked.keys if key} - people


def look_again(looked: Looked, facts: Mapping[str, Facts], rules: RuleSet, scope: Scope) -> Looked:
    """The second look, with what the register knows. Of somebody it does not know, everything is false."""
    rows = _at_home(looked.rows, looked.keys, facts, scope)
    known = [key in facts for key in looked.keys]
    looked.matched[rows[PLACE].to_numpy()[np.array(known, np.bool_)]] = True
    if not rules.facts:
        return Looked(looked.start, looked.ledger, rows, rows.clear(), (), looked.matched)
    told = pl.DataFrame(
        [_told(facts.get(key or "")) for key in looked.keys], schema=dict.fromkeys(FACTS, pl.Boolean), orient="row"
    )
    plain = rows.drop(_JUDGED).hstack(told).with_columns(pl.Series(_STRANGER, known, pl.Boolean).not_())
    judged = rules.screen(plain)
    triggered = judged.filter(pl.col("severity").is_not_null())
    quiet = judged.filter(pl.col("severity").is_null() & pl.col(_STRANGER)).drop(*FACTS, *_JUDGED)
    return Looked(looked.start, looked.ledger, triggered, _might(quiet, rules), (), looked.matched)


def _might(quiet: pl.DataFrame, rules: RuleSet) -> pl.DataFrame:
    """Those that would trigger if the register knew their people, in whatever way."""
    might = pl.repeat(False, quiet.height, dtype=pl.Boolean, eager=True)
    for profile in PROFILES if quiet.height else ():
        assumed = rules.screen(quiet.with_columns(pl.lit(value).alias(name) for name, value in profile.items()))
        might |= assumed["severity"].is_not_null()
    empty = pl.lit(None, pl.String)
    return quiet.filter(might).with_columns(severity=empty, rule_id=empty)


def _told(facts: Facts | None) -> tuple[bool, bool, bool, bool]:
    if facts is None:
        return False, False, False, False
    monitored = facts.household_class == "monitored"
    return True, monitored or facts.household_class == "lifted_out", monitored, facts.has_open_case


def _at_home(rows: pl.DataFrame, keys: Sequence[str | None], facts: Mapping[str, Facts], scope: Scope) -> pl.DataFrame:
    """Rows that do not say where: where the register has their person, else in the sender's one area."""
    homes = [facts[key].area_code if key in facts else None for key in keys]
    whole = next(iter(scope.prefixes)).ljust(12, "0") if len(scope.prefixes) == 1 and "" not in scope.prefixes else None
    return rows.with_columns(
        pl.coalesce("area_code", pl.Series(homes, dtype=pl.String), pl.lit(whole, pl.String)).alias("area_code")
    )


def _keys(rows: pl.DataFrame, vault: Vault) -> list[str | None]:
    ids, codes = _column(rows, "person.id_number"), _column(rows, "household.national_code")
    return [
        vault.person_key(IdNumber(one)) if one else vault.household_key(code) if code else None
        for one, code in zip(ids, codes, strict=True)
    ]


def _column(rows: pl.DataFrame, name: str) -> list[Any]:
    return rows[name].to_list() if name in rows.columns else [None] * rows.height
