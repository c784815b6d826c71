"""The policy `grade-rules` (分级规则): which households are red or yellow, and why."""

from collections.abc import Iterator
from string import Formatter
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, ValidationError, model_validator

from shared.contracts.household_facts import FACT_TYPES
from shared.errors import Fault
from shared.expressions import Expression, ExpressionInvalid, Value, parameter_faults, parse, values
from shared.faults import error_of

Grade = Literal["green", "yellow", "red"]
"""The county's own grade. It says nothing about the national case (监测对象), nor that about it."""
Raised = Literal["red", "yellow"]
"""Grades that a condition can give; green is where none holds."""
Words = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\p{Cc}]+$")]


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class BothLanguages(_Body):
    """A text as people read it."""

    zh: Words
    en: Words


class GradeCondition(_Body):
    """One reason for a grade.

    `text` tells it with `{fact}` and `{parameter}` in it; without it, it is told by the comparisons that hold.
    """

    code: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,59}$")]
    when: Annotated[str, Field(min_length=1, max_length=2000, examples=["reference_per_head < income_line"])]
    title: BothLanguages
    text: BothLanguages | None = None


class GradeLevel(_Body):
    """A grade, and the conditions any of which gives it."""

    grade: Raised
    conditions: Annotated[list[GradeCondition], Field(min_length=1, max_length=40)]


class OverrideRule(_Body):
    """Who may set a grade by hand, and for how many days at most, today included."""

    roles: Annotated[list[Literal["township", "county"]], Field(min_length=1)] = ["township", "county"]
    max_days: Annotated[int, Field(ge=1, le=366)] = 92


class GradeRules(_Body):
    """`grade-rules`: the first level of which a condition holds counts, green where none does.

    Conditions are expressions over `FACT_FIELDS` and the parameters. Who turns yellow or red again within
    `reentry_days` of turning green has re-entered.
    """

    parameters: dict[str, StrictBool | StrictInt | StrictFloat | Annotated[str, Field(max_length=200)]] = {}
    levels: Annotated[list[GradeLevel], Field(min_length=1, max_length=2)]
    reentry_days: Annotated[int, Field(ge=1, le=3650)] = 183
    override: OverrideRule = OverrideRule()

    @model_validator(mode="after")
    def _can_be_asked(self) -> Self:
        faults = list(_faults(self))
        if faults:
            raise ValidationError.from_exception_data("GradeRules", [error_of(fault) for fault in faults])
        return self

    @property
    def values(self) -> dict[str, Value]:
        """The parameters as expressions take them."""
        return values(self.parameters)

    def compiled(self) -> list[tuple[Raised, list[tuple[GradeCondition, Expression]]]]:
        """Its conditions, the gravest level first. Raises `ExpressionInvalid`, but not once it has been checked."""
        known = self.values
        return [
            (level.grade, [(one, parse(one.when, FACT_TYPES, known)) for one in level.conditions])
            for level in self.levels
        ]


def named_in(text: str) -> set[str]:
    """The names between braces in a template; raises `ValueError` where it is none."""
    found = list(Formatter().parse(text))
    if any(spec or conversion for _, _, spec, conversion in found):
        raise ValueError("only names stand between braces")
    return {name for _, name, _, _ in found if name is not None}


def _faults(rules: GradeRules) -> Iterator[Fault]:
    yield from parameter_faults(rules.parameters)
    for name in sorted(rules.parameters.keys() & FACT_TYPES.keys()):
        yield Fault(f"parameters.{name}", "grade-parameter-fact")
    if [level.grade for level in rules.levels] not in (["red", "yellow"], ["red"], ["yellow"]):
        yield Fault("levels", "grade-levels-order")
    codes: set[str] = set()
    for number, level in enumerate(rules.levels):
        for place, condition in enumerate(level.conditions):
            at = f"levels.{number}.conditions.{place}"
            if condition.code in codes:
                yield Fault(f"{at}.code", "grade-condition-twice")
            codes.add(condition.code)
            yield from (fault.under(at) for fault in _condition_faults(condition, rules.values))


def _condition_faults(condition: GradeCondition, known: dict[str, Value]) -> Iterator[Fault]:
    try:
        parse(condition.when, FACT_TYPES, known)
    except ExpressionInvalid as invalid:
        yield Fault("when", invalid.reason, invalid.params)
    for language in ("zh", "en") if condition.text is not None else ():
        try:
            names = named_in(getattr(condition.text, language))
        except ValueError:
            names = {""}
        if not names <= FACT_TYPES.keys() | known.keys():
            yield Fault(f"text.{language}", "grade-text-names")
