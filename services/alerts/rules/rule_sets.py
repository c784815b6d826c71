"""The rules of a feed over many rows at once: a frame in, the same frame with what the rules say of each row out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import reduce

import polars as pl

from services.alerts.rules.alerts import Severity
from services.alerts.rules.screening_rules import FACTS, Rule
from shared.expressions import Value
from shared.versions import pick, valid_on

_RULE = "_rule"
_NO_RULE = -1


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The versions of a feed's rule, on one day. `default`: severity where no rule is in force, for all rows trigger."""

    default: Severity
    rules: Sequence[Rule]
    today: date
    _said: dict[tuple[int, Sequence[str]], tuple[pl.Expr, pl.Expr]] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )  # by rule and columns: of a file they are the same for every frame

    @property
    def in_force(self) -> list[Rule]:
        """Those that judge on the day, one for each area that has its own; the most local first."""
        newest: dict[str, Rule] = {}
        for rule in valid_on(self.rules, self.today):
            newest.setdefault(rule.area_prefix, rule)
        return list(newest.values())

    @property
    def facts(self) -> bool:
        """Whether any of them looks at what the register knows."""
        return any(rule.facts for rule in self.rules)

    def screen(self, rows: pl.DataFrame) -> pl.DataFrame:
        """`rows` with `severity` (null: does not trigger), `rule_id` (text, null: none in force) and `open`.

        `area_code` says which rule counts; other fields that are no column are null, `reported_on` today. A fact that
        is no column is not known of anybody: where the severity depends on it, it is null and `open` true.
        """
        numbered = rows.with_columns(self._numbers(rows))
        used = sorted(int(n) for n in numbered[_RULE].unique() if n != _NO_RULE)
        judged = [(n, *self._judged(n, tuple(rows.columns))) for n in used]
        severity: pl.Expr = pl.lit(self.default, pl.String)
        open_: pl.Expr = pl.lit(False)
        for number, given, undecided in judged:
            mine = pl.col(_RULE) == number
            severity = pl.when(mine).then(given).otherwise(severity)
            open_ = pl.when(mine).then(undecided).otherwise(open_)
        ids = {number: str(self.rules[number].id) for number in used}
        rule_id = pl.col(_RULE).replace_strict(ids, default=None, return_dtype=pl.String)
        named = {"severity": severity, "open": open_, "rule_id": rule_id}
        return numbered.with_columns(**named).drop(_RULE)

    def sift(self, rows: pl.DataFrame) -> pl.DataFrame:
        """`rows` without most of those that would not trigger: `screen` says the same of what is left, at a better price.

        Their areas need not be known yet, so nothing is left out where these say which rule counts.
        """
        rule = self._of_all_areas()
        if rule is None:
            return rows
        worlds = _worlds(rule, rows.columns, self.today)
        suspicions = [level.when.polars(rule.parameters, known) for known in worlds for level in rule.levels]
        return rows.filter(reduce(pl.Expr.or_, suspicions))

    def _of_all_areas(self) -> Rule | None:
        """The rule that judges every row; None where that is a question of its area, or where there is none."""
        valid = self.in_force
        local = any(rule.area_prefix or "area_code" in rule.fields for rule in valid)
        return valid[0] if valid and not local else None

    def _numbers(self, rows: pl.DataFrame) -> pl.Expr:
        """Which rule judges each row."""
        areas = rows["area_code"].unique().to_list() if "area_code" in rows.columns else [None]
        numbers = {area: self._number(area or "") for area in areas}
        if len(set(numbers.values())) == 1:
            return pl.lit(next(iter(numbers.values())), pl.Int32).alias(_RULE)
        return pl.col("area_code").replace_strict(numbers, return_dtype=pl.Int32).alias(_RULE)

    def _number(self, area_code: str) -> int:
        found = pick(self.rules, area_code, self.today)
        return _NO_RULE if found is None else next(n for n, rule in enumerate(self.rules) if rule is found)

    def _judged(self, number: int, columns: tuple[str, ...]) -> tuple[pl.Expr, pl.Expr]:
        """Severity by a rule, and whether it is open."""
        if (number, columns) not in self._said:
            self._said[number, columns] = _says(self.rules[number], columns, self.today)
        return self._said[number, columns]


def _says(rule: Rule, columns: Sequence[str], today: date) -> tuple[pl.Expr, pl.Expr]:
    first, *others = [_severity(rule, known) for known in _worlds(rule, columns, today)]
    if not others:
        return first, pl.lit(False)
    differs = reduce(pl.Expr.or_, (one.ne_missing(first) for one in others))
    return pl.when(~differs).then(first), differs


def _worlds(rule: Rule, columns: Sequence[str], today: date) -> list[dict[str, Value | None]]:
    """What is known of the rule's fields that are no column, in each world the register could tell of."""
    blank: dict[str, Value | None] = {name: None for name in rule.fields if name not in columns}
    if "reported_on" in blank:
        blank["reported_on"] = today
    unknown = [fact for fact in FACTS if fact in blank]
    different = {tuple(world.facts[fact] for fact in unknown) for world in rule.worlds} if unknown else {()}
    return [{**blank, **dict(zip(unknown, told, strict=True))} for told in sorted(different)]


def _severity(rule: Rule, known: Mapping[str, Value | None]) -> pl.Expr:
    """The first level that is true."""
    severity: pl.Expr = pl.lit(None, pl.String)
    for level in reversed(rule.levels):
        severity = pl.when(level.when.polars(rule.parameters, known)).then(pl.lit(level.severity)).otherwise(severity)
    return severity
