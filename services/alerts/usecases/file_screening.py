"""Rows against the rule, first with what they say themselves, then with what the register knows of their people."""

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Protocol
from uuid import UUID

import polars as pl

from services.alerts.queries.known import Facts

FACTS = ("is_registered", "is_registered_poor", "is_monitored", "has_open_case")
_KEY = "_key"
_SCHEMA = {_KEY: pl.String, **dict.fromkeys(FACTS, pl.Boolean)}

PROFILES = [
    dict(zip(FACTS, (True, poor or monitored, monitored, case), strict=True))
    for poor, monitored, case in product((False, True), repeat=3)
]
"""Whatever the register might say of somebody whom it does not know yet."""


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


def may_trigger(rules: RuleSet, rows: pl.DataFrame) -> pl.DataFrame:
    """Those rows that trigger, or might, whatever the register knows."""
    return rules.screen(rows).filter(pl.col("severity").is_not_null() | pl.col("open"))


def decide(
    rules: RuleSet, rows: pl.DataFrame, keys: Sequence[str | None], facts: Mapping[str, Facts]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Candidates that trigger, and those that might once the register knows their person or household.

    `keys` has one for each row. Of somebody whom the register does not know, everything is false.
    """
    plain = rows.drop("severity", "rule_id", "open")
    known = pl.DataFrame([_told(facts.get(key or "")) for key in keys], schema=_SCHEMA, orient="row")
    stranger = pl.Series("_stranger", [key is None or key not in facts for key in keys], pl.Boolean)
    judged = rules.screen(plain.hstack(known.drop(_KEY)).with_columns(stranger))
    triggered = judged.filter(pl.col("severity").is_not_null())
    quiet = judged.filter(pl.col("severity").is_null() & pl.col("_stranger")).drop(
        *FACTS, "severity", "rule_id", "open"
    )
    might = pl.zeros(quiet.height, pl.Boolean, eager=True)
    for profile in PROFILES if quiet.height else ():
        assumed = rules.screen(quiet.with_columns(pl.lit(value).alias(name) for name, value in profile.items()))
        might |= assumed["severity"].is_not_null()
    return triggered, quiet.filter(might)


def _told(facts: Facts | None) -> tuple[str | None, bool, bool, bool, bool]:
    if facts is None:
        return None, False, False, False, False
    poor = facts.household_class in ("lifted_out", "monitored")
    return None, True, poor, facts.household_class == "monitored", facts.has_open_case


def rule_ids(rows: pl.DataFrame) -> list[UUID | None]:
    """Of each row: the version that decided."""
    return [UUID(one) if one else None for one in rows["rule_id"].to_list()]
