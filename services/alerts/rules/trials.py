"""What another rule would have done: the same rows by the rules in force and by a draft, counted side by side."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, ClassVar, Literal
from uuid import UUID

import polars as pl

from services.alerts.rules.alerts import Severity
from services.alerts.rules.rule_sets import RuleSet
from services.alerts.rules.screening_rules import Rule
from shared.contracts.households import Verdict
from shared.errors import Invalid
from shared.expressions import Type, Value
from shared.expressions.columns import DTYPES
from shared.expressions.rows import READ

MAX_DAYS = 366
MAX_ROWS = 100_000
EXAMPLES = 5
"""Of the rows that only one of the two lets through, the first ones."""

Which = Literal["only_tried", "only_in_force"]


class TrialTooLong(Invalid):
    """The span holds more than one trial looks at."""

    code: ClassVar[str] = "trial-too-long"


class TrialParameterUnknown(Invalid):
    """A threshold is to be changed that the rule does not have."""

    code: ClassVar[str] = "trial-parameter-unknown"


@dataclass(frozen=True, slots=True)
class Tried:
    """A row that a trial looks at, and what became of it. `task`: of all rows with one task only one cost a visit."""

    id: UUID
    task: UUID
    verdict: Verdict | None


@dataclass(slots=True)
class Weight:
    """What some rules let through, what it cost and what it caught."""

    alerts: int = 0
    severities: dict[Severity, int] = field(default_factory=dict)
    tasks: set[UUID] = field(default_factory=set)
    answered: set[UUID] = field(default_factory=set)
    confirmed: set[UUID] = field(default_factory=set)

    def add(self, tried: Tried, severity: Severity) -> None:
        """One more row is let through."""
        self.alerts += 1
        self.severities[severity] = self.severities.get(severity, 0) + 1
        self.tasks.add(tried.task)
        if tried.verdict is not None:
            self.answered.add(tried.task)
        if tried.verdict == "risk_confirmed":
            self.confirmed.add(tried.task)


@dataclass(frozen=True, slots=True)
class Example:
    """A row that one lets through and the other does not."""

    which: Which
    severity: Severity
    tried: Tried


@dataclass(slots=True)
class Comparison:
    """A draft beside the rules in force. `open`: rows that the register would have to decide; they count nowhere else."""

    rows: int = 0
    open: int = 0
    both: int = 0
    in_force: Weight = field(default_factory=Weight)
    tried: Weight = field(default_factory=Weight)
    examples: list[Example] = field(default_factory=list)
    thresholds: dict[Value, Weight] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Trial:
    """The rules that are held against each other, and the same draft with other values of one parameter."""

    in_force: RuleSet
    tried: RuleSet
    others: Mapping[Value, RuleSet]
    types: Mapping[str, Type]  # of all that rules may look at but the facts

    def frame(self, rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
        """Rows as rules look at them; what is not of its field's type is null."""
        columns = {
            name: pl.Series([READ[kind](row.get(name)) for row in rows], dtype=DTYPES[kind])
            for name, kind in self.types.items()
        }
        return pl.DataFrame(columns)

    def add(self, comparison: Comparison, frame: pl.DataFrame, at: Callable[[int], Tried]) -> None:
        """Judge the rows of a frame, with a column for each fact that is known. `at`: asked for those let through."""
        now, then = self.in_force.screen(frame), self.tried.screen(frame)
        judged = pl.DataFrame({"old": now["severity"], "new": then["severity"], "open": now["open"] | then["open"]})
        comparison.rows += frame.height
        comparison.open += int(judged["open"].sum())
        closed = judged.with_row_index().filter(~pl.col("open"))
        for place, old, new, _ in closed.filter(pl.any_horizontal(pl.col("old", "new").is_not_null())).iter_rows():
            _count(comparison, at(place), old, new)
        for value, rules in self.others.items():
            weight = comparison.thresholds.setdefault(value, Weight())
            through = rules.screen(frame).with_row_index().filter(pl.col("severity").is_not_null())
            for place, severity in through.select("index", "severity").iter_rows():
                weight.add(at(place), severity)


def _count(comparison: Comparison, one: Tried, old: Severity | None, new: Severity | None) -> None:
    if old is not None:
        comparison.in_force.add(one, old)
    if new is not None:
        comparison.tried.add(one, new)
    if old is not None and new is not None:
        comparison.both += 1
    elif (severity := new or old) is not None:
        which: Which = "only_tried" if new is not None else "only_in_force"
        if sum(example.which == which for example in comparison.examples) < EXAMPLES:
            comparison.examples.append(Example(which, severity, one))


def with_draft(in_force: Sequence[Rule], draft: Rule, today: date) -> list[Rule]:
    """The rules in force as they would be with the draft published today: the newest of its area."""
    newest = max((rule.version for rule in in_force), default=0) + 1
    return [*in_force, replace(draft, version=newest, valid_from=today, valid_to=None)]
