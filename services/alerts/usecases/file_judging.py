"""By which version of its rule a row of a past file was judged, and why it does not trigger: the row and the rule tell.

What the register knew is not asked again, nor told: where it had the last word, that is all that is said.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

import polars as pl

from services.alerts.models import Feed, FilePart
from services.alerts.queries.compiled_rules import list_fitting
from services.alerts.rules.explaining import titles_of, why_not
from services.alerts.rules.screening import Reference
from services.alerts.rules.screening_rules import FACTS
from services.alerts.usecases.file_look import Sieve, placed
from services.alerts.usecases.file_opening import sieve_of
from services.alerts.usecases.file_rows import PLACELESS, worded
from shared.areas import Scope
from shared.db.engine import ReadSession
from shared.expressions import Texts
from shared.messages import Language

TOLD = {"_rule": pl.String, "_why_not": pl.String}
"""The columns that a judge gives."""

Judges = Mapping[tuple[date | None, tuple[UUID, ...]], Sieve]
"""What rows were held against, by the day and the versions in force then."""


def judged_by(part: FilePart) -> tuple[date | None, tuple[UUID, ...]]:
    """What tells the judge of a part; it has none where nobody wrote it down, or no rule was in force."""
    return part.judged_on, tuple(part.rules or ())


async def judges_of(
    session: ReadSession, feed: Feed, areas: Sequence[str], names: Mapping[str, str], parts: Sequence[FilePart]
) -> Judges:
    """Those of a file's parts. None for versions that do not fit the feed any more."""
    judges: dict[tuple[date | None, tuple[UUID, ...]], Sieve] = {}
    for day, ids in {judged_by(part) for part in parts}:
        rules = await list_fitting(session, feed, ids)
        if day is not None and rules and len(rules) == len(ids):
            reference = Reference({}, frozenset(), {feed.code: rules})
            judges[day, ids] = sieve_of(feed, Scope.parse(areas), reference, dict(names), day)
    return judges


class Judge:
    """The rules of a day, asked once more, in a language."""

    def __init__(self, sieve: Sieve, feed: Feed, texts: Texts, language: Language) -> None:
        self._sieve, self._texts, self._language = sieve, texts, language
        self._titles = titles_of(feed.evidence_schema, language)
        self._rules = {str(rule.id): rule for rule in sieve.rules.in_force}
        self._why: dict[str, pl.Expr] = {}

    def tell(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Of each row the version, and what it lacks; null where that cannot be told.

        Where rules differ within the sender's area and a row does not say where, the register may have said it.
        """
        judged = self._sieve.rules.screen(placed(worded(self._with_all_fields(rows), self._sieve.words), self._sieve))
        versions = {id_: str(rule.version) for id_, rule in self._rules.items()}
        version = pl.col("rule_id").replace_strict(versions, default=None, return_dtype=pl.String)
        lacking = pl.lit(self._texts.text("explanation-nothing", self._language))
        for id_ in judged["rule_id"].unique().drop_nulls():
            lacking = (
                pl.when(pl.col("rule_id") == id_).then(pl.coalesce(self._reasons(id_), lacking)).otherwise(lacking)
            )
        register = pl.lit(self._texts.text("file-result-register", self._language))
        why = pl.when(pl.col("severity").is_null()).then(pl.when("open").then(register).otherwise(lacking))
        told = judged.select(version.alias("_rule"), why.alias("_why_not"), PLACELESS)
        if self._sieve.is_local:
            told = told.with_columns(pl.when(~pl.col(PLACELESS)).then(pl.col(name)).alias(name) for name in TOLD)
        return told.select(*TOLD)

    def _reasons(self, rule_id: str) -> pl.Expr:
        if rule_id not in self._why:
            self._why[rule_id] = why_not(self._rules[rule_id], self._titles, self._texts, self._language)
        return self._why[rule_id]

    def _with_all_fields(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Rows with a column for each field that a rule looks at."""
        asked = frozenset[str]().union(*(rule.fields for rule in self._rules.values())) - set(FACTS) - {"area_code"}
        blank = {name: pl.lit(None) for name in asked - set(rows.columns)}
        if "reported_on" in blank:
            blank["reported_on"] = pl.lit(self._sieve.rules.today)
        return rows.with_columns(**blank)
