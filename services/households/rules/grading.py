"""The local grade (红黄绿分级): what the rules say of a household, one by one or a frame at a time, and what follows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar, Literal
from uuid import UUID

import polars as pl

from services.households.rules.grade_movement import Kind, kind_of
from shared.contracts.grade_policies import Grade, GradeCondition, GradeRules, Raised, named_in
from shared.contracts.household_facts import FACT_FIELDS
from shared.errors import Conflict
from shared.expressions import Expression, Value

Cause = Literal["fact", "correction"]
"""Why somebody asks for a new grade: the household's life has changed, or what was written of it was wrong."""
Reason = Mapping[str, Any]
"""`{"code": "dwelling", "values": {"dwelling_level": "D"}}`: a condition that holds, and the facts it is told by."""

_GRADE = "_grade"


class GradeRulesMissing(Conflict):
    """No rules are in force for the area: nothing is graded there."""

    code: ClassVar[str] = "grade-rules-missing"


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition, ready to be asked."""

    code: str
    of: GradeCondition
    when: Expression
    holds: Callable[[Mapping[str, Any]], bool | None]
    told: tuple[str, ...]  # the facts a reason is told by, in order of their names


@dataclass(frozen=True, slots=True)
class Rules:
    """One version of the policy, ready for use."""

    policy_id: UUID
    version: int
    body: GradeRules
    parameters: Mapping[str, Value]
    levels: tuple[tuple[Raised, tuple[Condition, ...]], ...]

    @classmethod
    def of(cls, policy_id: UUID, version: int, body: GradeRules) -> "Rules":
        """Compile; raises `ExpressionInvalid` when this service does not know a fact that the body names."""
        known = body.values
        levels = [
            (grade, tuple(_condition(one, when, known) for one, when in conditions))
            for grade, conditions in body.compiled()
        ]
        return cls(policy_id, version, body, known, tuple(levels))

    def condition(self, code: str) -> Condition | None:
        """The condition of that code."""
        return next((one for _, conditions in self.levels for one in conditions if one.code == code), None)


@dataclass(frozen=True, slots=True)
class Judged:
    """What rules say of a household."""

    grade: Grade
    reasons: tuple[Reason, ...]


def judge(rules: Rules, row: Mapping[str, Any]) -> Judged:
    """The first level of which a condition holds, with all of its conditions that hold."""
    for grade, conditions in rules.levels:
        holding = [one for one in conditions if one.holds(row)]
        if holding:
            return Judged(grade, tuple(_reason(one, row) for one in holding))
    return Judged("green", ())


def judge_frame(rules: Rules, facts: pl.DataFrame) -> list[Judged]:
    """The same for each row of a frame of facts."""
    if facts.is_empty():
        return []
    graded = facts.with_columns(grade_column(rules).alias(_GRADE), *condition_columns(rules))
    raised = graded.with_row_index("_at").filter(pl.col(_GRADE) != "green")
    judged = [Judged("green", ())] * graded.height
    by_grade = dict(rules.levels)
    for row in raised.iter_rows(named=True):
        holding = [one for one in by_grade[row[_GRADE]] if row[_column(one)]]
        judged[row["_at"]] = Judged(row[_GRADE], tuple(_reason(one, row) for one in holding))
    return judged


def grade_column(rules: Rules) -> pl.Expr:
    """The grade of each row of a frame of facts, as text."""
    grade: pl.Expr = pl.lit("green", pl.String)
    for raised, conditions in reversed(rules.levels):
        any_holds = pl.any_horizontal([_holds(one, rules) for one in conditions])
        grade = pl.when(any_holds).then(pl.lit(raised)).otherwise(grade)
    return grade


def condition_columns(rules: Rules) -> list[pl.Expr]:
    """A boolean column for each condition."""
    return [_holds(one, rules).alias(_column(one)) for _, conditions in rules.levels for one in conditions]


@dataclass(frozen=True, slots=True)
class Current:
    """The grade as it stands."""

    grade: Grade
    since: datetime
    calculated: Grade
    calculated_since: datetime
    reasons: tuple[Reason, ...]
    policy_id: UUID
    override_id: UUID | None
    counted_area: str


@dataclass(frozen=True, slots=True)
class Override:
    """A grade by hand that is in force."""

    id: UUID
    grade: Grade


@dataclass(frozen=True, slots=True)
class Change:
    """A line of the history: from one grade or village to another."""

    kind: Kind
    from_grade: Grade | None
    from_area: str | None
    to_grade: Grade | None
    to_area: str | None


@dataclass(frozen=True, slots=True)
class Noted:
    """A line of a household's history with what stood behind it."""

    household_id: UUID
    area_code: str
    change: Change
    reasons: Sequence[Reason]
    policy_id: UUID | None
    override_id: UUID | None


@dataclass(frozen=True, slots=True)
class Step:
    """What becomes of a grade: its new state and the lines of its history."""

    state: Current
    changes: tuple[Change, ...]


def settle(
    current: Current | None,
    judged: Judged,
    before: Judged | None,
    rules: Rules,
    override: Override | None,
    area_code: str,
    cause: Cause,
    *,
    re_entered: bool,
    now: datetime,
) -> Step | None:
    """What follows from what the rules say; None when nothing does.

    `before`: what the version behind the current grade says of the same facts, where it is another one. If it would
    not have changed the grade, then the rules have.
    """
    grade = override.grade if override is not None else judged.grade
    override_id = override.id if override is not None else None
    new = Current(grade, now, judged.grade, now, judged.reasons, rules.policy_id, override_id, area_code)
    if current is None:
        return Step(new, (Change("registered", None, None, grade, area_code),))
    new = replace(
        new,
        since=current.since if grade == current.grade else now,
        calculated_since=current.calculated_since if judged.grade == current.calculated else now,
    )
    changes: list[Change] = []
    if area_code != current.counted_area:
        changes.append(Change("moved", current.grade, current.counted_area, current.grade, area_code))
    if grade != current.grade:
        kind = kind_of(current.grade, grade, _why(current, judged, before, override, cause), re_entered=re_entered)
        changes.append(Change(kind, current.grade, area_code, grade, area_code))
    return Step(new, tuple(changes)) if changes or new != current else None


def _why(
    current: Current, judged: Judged, before: Judged | None, override: Override | None, cause: Cause
) -> Literal["fact", "correction", "rule", "override"]:
    if override is not None or current.override_id is not None:
        return "override"
    if before is not None and before.grade == current.calculated != judged.grade:
        return "rule"
    return cause


def _condition(of: GradeCondition, when: Expression, parameters: Mapping[str, Value]) -> Condition:
    named: set[str] = set()
    if of.text is not None:
        named = (named_in(of.text.zh) | named_in(of.text.en)) & FACT_FIELDS.keys()
    return Condition(of.code, of, when, when.bound(parameters), tuple(sorted(when.fields | named)))


def _reason(condition: Condition, row: Mapping[str, Any]) -> Reason:
    values = {name: _stored(row[name]) for name in condition.told if row[name] is not None}
    return {"code": condition.code, "values": values}


def _stored(value: Any) -> Any:
    """As JSON keeps it, whichever road it came by."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _holds(condition: Condition, rules: Rules) -> pl.Expr:
    return condition.when.polars(rules.parameters).fill_null(False)


def _column(condition: Condition) -> str:
    return f"_holds_{condition.code}"
