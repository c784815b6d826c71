"""What another rule would have done: the same rows by the rules in force and by a draft, counted side by side."""

from collections.abc import Mapping, Sequence
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
    row: Mapping[str, Any] = field(repr=False)
    area_code: str
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

    def add(self, comparison: Comparison, page: Sequence[Tried], facts: pl.DataFrame | None = None) -> None:
        """Judge a page of rows. `facts`: a column for each fact that is known, a row for each of the page."""
        columns = {
            name: pl.Series([READ[kind](one.row.get(name)) for one in page], dtype=DTYPES[kind])
            for name, kind in self.types.items()
        }
        frame = pl.DataFrame(columns)
        frame = frame if facts is None else frame.hstack(facts)
        now, then = self.in_force.screen(frame), self.tried.screen(frame)
        closed = ~(now["open"] | then["open"])
        comparison.rows += len(page)
        comparison.open += int((~closed).sum())
        for one, is_closed, old, new in zip(page, closed, now["severity"], then["severity"], strict=True):
            if is_closed:
                _count(comparison, one, old, new)
        for value, rules in self.others.items():
            weight = comparison.thresholds.setdefault(value, Weight())
            for one, severity in zip(page, rules.screen(frame)["severity"], strict=True):
                if severity is not None:
                    weight.add(one, severity)


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
