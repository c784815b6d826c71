"""Screening rules (筛查规则): which rows become alerts, and how grave. Versions with area and days; rules are data.

A rule is a list of levels, each a severity and a condition over the row; the first that is true counts, and a row for
which none is true does not trigger. Of a feed without a rule in force every row triggers.

What the register knows of a person (`FACTS`) is looked up only where it matters: a row is first judged in every world
that the register could tell of, and stays `open` where they differ.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import product
from typing import Any, ClassVar, NamedTuple
from uuid import UUID

from services.alerts.rules.alerts import Severity
from shared.errors import Conflict, Fault, Invalid, InvalidInput, NotFound
from shared.expressions import Expression, ExpressionInvalid, Type, Value, parameter_faults, parse, values

Facts = Mapping[str, bool]
Holds = Callable[[Mapping[str, Any]], bool | None]
FACTS = ("is_registered", "is_registered_poor", "is_monitored", "has_open_case")
"""In the register · lifted out of poverty or monitored · monitored · an open case of the feed's risk family."""

STRANGER: Facts = dict.fromkeys(FACTS, False)
"""Of somebody whom the register does not know."""
WORLDS: Sequence[Facts] = (
    STRANGER,
    *(
        dict(zip(FACTS, (True, poor, monitored, case), strict=True))
        for (poor, monitored), case in product(((False, False), (True, False), (True, True)), (False, True))
    ),
)
"""All that the register can tell of somebody; whoever is monitored is registered poor, and so on."""

ROW_FIELDS: Mapping[str, Type] = {"occurred_on": "date", "area_code": "text", "reported_on": "date"}
"""What every row has beside its evidence; a field of evidence with the same name goes before."""

_TYPES: Mapping[str, Type] = {"number": "number", "integer": "number", "boolean": "boolean", "string": "text"}


class RuleNotFound(NotFound):
    """No such rule among the asker's feeds."""

    code: ClassVar[str] = "rule-not-found"


class RuleDatesReversed(Invalid):
    """The last day lies before the first."""

    code: ClassVar[str] = "rule-dates-reversed"


class RuleLastDayPassed(Invalid):
    """A rule cannot be ended in the past: rows were judged by it."""

    code: ClassVar[str] = "rule-last-day-passed"


class RuleEndsSooner(Conflict):
    """The rule ends before that day already."""

    code: ClassVar[str] = "rule-ends-sooner"


@dataclass(frozen=True, slots=True)
class Level:
    """A severity, and when a row has it."""

    severity: Severity
    when: Expression
    holds: Holds


@dataclass(frozen=True, slots=True)
class World:
    """What the register might tell, as far as a rule looks at it, and when a row has which severity there."""

    facts: Facts
    levels: tuple[tuple[Severity, Holds], ...]

    def severity_of(self, row: Mapping[str, Any]) -> Severity | None:
        """The first level that is true of the row; None when none is."""
        for severity, holds in self.levels:
            if holds(row):
                return severity
        return None


@dataclass(frozen=True, slots=True)
class Rule:
    """One version, ready for use. What it decides keeps `id`, so that it can be explained years later."""

    id: UUID
    feed: str
    area_prefix: str
    valid_from: date
    valid_to: date | None
    version: int
    parameters: Mapping[str, Value]
    levels: tuple[Level, ...]
    worlds: tuple[World, ...]  # that differ in the facts it looks at

    @property
    def fields(self) -> frozenset[str]:
        """All that its conditions look at."""
        return frozenset().union(*(level.when.fields for level in self.levels))

    @property
    def facts(self) -> frozenset[str]:
        """What it wants to know of the register."""
        return self.fields & frozenset(FACTS)


class Judged(NamedTuple):
    """What a rule says of a row: its severity, None where it does not trigger or where that `is_open`."""

    severity: Severity | None
    rule_id: UUID | None
    by_world: tuple[Severity | None, ...] = ()  # where the rule's worlds differ: the severity in each

    @property
    def is_open(self) -> bool:
        """Whether the register has to decide."""
        return bool(self.by_world)


def rule_fields(evidence_schema: Mapping[str, Any]) -> dict[str, Type]:
    """What a rule may look at: the plain fields of the feed's evidence, what every row has, and the facts."""
    fields = dict(ROW_FIELDS)
    for name, field in evidence_schema.get("properties", {}).items():
        type_ = _TYPES.get(field.get("type", "")) if isinstance(field.get("type"), str) else None
        if type_ is not None:
            fields[name] = "date" if type_ == "text" and field.get("format") == "date" else type_
    return {**fields, **dict.fromkeys(FACTS, "boolean")}


def choices_of(evidence_schema: Mapping[str, Any]) -> dict[str, Sequence[str]]:
    """By field of evidence with a list of choices: these."""
    return {name: field["enum"] for name, field in evidence_schema.get("properties", {}).items() if "enum" in field}


def compile_levels(
    levels: Sequence[Mapping[str, Any]],
    parameters: Mapping[str, Any],
    fields: Mapping[str, Type],
    choices: Mapping[str, Sequence[str]] | None = None,
) -> tuple[Level, ...]:
    """Check and compile `[{"severity", "when"}]`. Raises `InvalidInput` with every mistake and its place.

    `choices`: of what is written today. A version that counts goes on counting when its feed has other choices.
    """
    faults = list(parameter_faults(parameters))
    known = values(parameters)
    compiled: list[Level] = []
    for place, level in enumerate(levels):
        if level["severity"] in {one["severity"] for one in levels[:place]}:
            faults.append(Fault(f"levels.{place}.severity", "rule-severity-twice"))
        try:
            when = parse(level["when"], fields, known, choices)
        except ExpressionInvalid as invalid:
            faults.append(Fault(f"levels.{place}.when", invalid.reason, invalid.params))
        else:
            compiled.append(Level(level["severity"], when, when.bound(known)))
    if not levels:
        faults.append(Fault("levels", "field-missing"))
    if faults:
        raise InvalidInput(faults)
    return tuple(compiled)


def worlds_of(levels: Sequence[Level], parameters: Mapping[str, Value]) -> tuple[World, ...]:
    """The worlds that differ in what these levels look at; the first is that of a stranger."""
    asked = [fact for fact in FACTS if any(fact in level.when.fields for level in levels)]
    different = {tuple(world[fact] for fact in asked): {fact: world[fact] for fact in asked} for world in WORLDS}
    return tuple(
        World(facts, tuple((level.severity, level.when.bound(parameters, facts)) for level in levels))
        for facts in different.values()
    )


def judge_row(rule: Rule, row: Mapping[str, Any]) -> Judged:
    """One row by a rule, in every world that there is."""
    severities = tuple([world.severity_of(row) for world in rule.worlds])
    if severities.count(severities[0]) == len(severities):
        return Judged(severities[0], rule.id)
    return Judged(None, rule.id, severities)


def decide(rule: Rule, judged: Judged, facts: Facts) -> Judged:
    """What was open, now that the register has told."""
    told = facts.items()
    severities = zip(rule.worlds, judged.by_world, strict=True)
    return Judged(next(severity for world, severity in severities if world.facts.items() <= told), rule.id)


def facts_of(household_class: str | None, *, has_open_case: bool) -> Facts:
    """What the register tells of somebody in a household of that class; None: it does not know the person."""
    if household_class is None:
        return STRANGER
    monitored = household_class == "monitored"
    poor = monitored or household_class == "lifted_out"
    return dict(zip(FACTS, (True, poor, monitored, has_open_case), strict=True))


def may_count(rules: Sequence[Rule], today: date) -> list[Rule]:
    """Versions that judge rows today or will some day: neither ended nor replaced by a newer one of their area."""

    def is_replaced(rule: Rule) -> bool:
        return any(
            other.area_prefix == rule.area_prefix
            and other.version > rule.version
            and other.valid_from <= max(today, rule.valid_from)
            and (other.valid_to is None or (rule.valid_to is not None and rule.valid_to <= other.valid_to))
            for other in rules
        )

    return [rule for rule in rules if (rule.valid_to is None or rule.valid_to >= today) and not is_replaced(rule)]


def check_span(valid_from: date, valid_to: date | None) -> None:
    """Raise `RuleDatesReversed`."""
    if valid_to is not None and valid_to < valid_from:
        raise RuleDatesReversed(field="valid_to")


def check_last_day(valid_to: date | None, last_day: date, today: date) -> None:
    """Raise unless a rule can end on `last_day`."""
    if last_day < today:
        raise RuleLastDayPassed(field="last_day")
    if valid_to is not None and last_day > valid_to:
        raise RuleEndsSooner(field="last_day")
