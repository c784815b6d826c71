"""The policies of the labour indicators (劳动力指标) and their targets (目标): formulas and floors as data."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, ValidationError, model_validator

from shared.contracts.grade_policies import BothLanguages
from shared.contracts.labour_facts import AMOUNTS, DEFINED, FIELD_TYPES, FIELDS, HOUSEHOLD_TYPES, RAW_TYPES
from shared.errors import Fault
from shared.expressions import Expression, ExpressionInvalid, Type, Value, parameter_faults, parse, values
from shared.faults import error_of

Unit = Literal["percent", "people", "households", "points", "yuan"]
"""`points`: a share less the same share twelve months before, in percentage points (百分点)."""
SHARES: tuple[Unit, ...] = ("percent", "points")
Per = Literal["person", "household"]
Condition = Annotated[str, Field(min_length=1, max_length=2000)]
Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,59}$")]
AreaPrefix = Annotated[str, Field(pattern=r"^([1-9][0-9](?:[0-9]{2}(?:[0-9]{2}(?:[0-9]{3}(?:[0-9]{3})?)?)?)?)?$")]
MonthText = Annotated[str, Field(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$")]


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Definitions(_Body):
    """Conditions over a person and their row; each may use those before it as a field."""

    labour: Condition
    employed: Condition
    ready: Condition


class IndicatorBody(_Body):
    """One indicator: who is counted, out of whom, and who could fill a gap.

    `counted` is asked only of those of whom `of` is true; without `of`, of all. `could` names people, of households
    as well: for `more` of those not counted yet, for `less` of those counted. `amount` (for `yuan`) is averaged over
    those counted who have one. `better` says in which direction a target lies.
    """

    code: Code
    title: BothLanguages
    unit: Unit
    per: Per = "person"
    of: Condition | None = None
    counted: Condition
    could: Condition | None = None
    amount: str | None = None
    decimals: Annotated[int, Field(ge=0, le=4)] = 1
    better: Literal["more", "less"] = "more"


class PriorityListBody(_Body):
    """One priority list (重点名单): who stands on it. By household, whoever of it is labour is named."""

    code: Code
    title: BothLanguages
    per: Per = "person"
    when: Condition


class LabourIndicators(_Body):
    """`labour-indicators`: definitions, indicators and priority lists, all over the same fields.

    A person is counted where the condition is true; "not known" counts for nobody. `settle_months`: so many months
    after its end a month goes on following the register (class, age, relocation); then it stands, unless a row changes.
    """

    parameters: dict[str, StrictBool | StrictInt | StrictFloat | Annotated[str, Field(max_length=200)]] = {}
    look_back_months: Annotated[int, Field(ge=1, le=11)] = 3
    look_further_months: Annotated[int, Field(ge=1, le=11)] = 6
    settle_months: Annotated[int, Field(ge=0, le=24)] = 2
    definitions: Definitions
    indicators: Annotated[list[IndicatorBody], Field(min_length=1, max_length=60)]
    lists: Annotated[list[PriorityListBody], Field(max_length=20)] = []

    @model_validator(mode="after")
    def _can_be_asked(self) -> Self:
        faults = list(_faults(self))
        if faults:
            raise ValidationError.from_exception_data("LabourIndicators", [error_of(fault) for fault in faults])
        return self

    @property
    def look_backs(self) -> tuple[int, int]:
        """By how many months back rows are read beside those of the month: for fields `_before`, and `_earlier`."""
        return self.look_back_months, self.look_further_months

    @property
    def values(self) -> dict[str, Value]:
        """The parameters as expressions take them."""
        return values(self.parameters)

    def definitions_compiled(self) -> list[tuple[str, Expression]]:
        """The definitions in their order. Raises `ExpressionInvalid`, but not once it has been checked."""
        return [(name, parse(getattr(self.definitions, name), _before(name), self.values)) for name in DEFINED]

    def compiled(self, text: str, per: Per) -> Expression:
        """A condition of an indicator or a list; likewise."""
        return parse(text, types_of(per), self.values)


class Floor(_Body):
    """What must be reached: a number in the indicator's own unit, or the same month last year and so much more."""

    kind: Literal["last_year", "number"]
    value: Annotated[float, Field(ge=-100_000_000, le=100_000_000)] = 0


class TargetBody(_Body):
    """One target. `area`: of that area and those below it; "" is everywhere the policy is in force.

    A floor that is a number of people or households is that area's own, and no part of it has one.
    """

    code: Code
    title: BothLanguages
    indicator: Code
    area: AreaPrefix = ""
    first: MonthText
    last: MonthText
    floor: Floor

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last < self.first:
            raise ValueError("the last month lies before the first")
        return self


class LabourTargets(_Body):
    """`labour-targets` (就业目标): 四个不低于 and any other. No source says which four, so they are listed here."""

    targets: Annotated[list[TargetBody], Field(max_length=60)]

    @model_validator(mode="after")
    def _codes_apart(self) -> Self:
        if len({one.code for one in self.targets}) < len(self.targets):
            raise ValueError("two targets of one code")
        return self


def types_of(per: Per) -> Mapping[str, Type]:
    """The fields that a condition over people, or over households, may name."""
    return FIELD_TYPES if per == "person" else HOUSEHOLD_TYPES


def _before(name: str) -> dict[str, Type]:
    return {**RAW_TYPES, **dict.fromkeys(DEFINED[: DEFINED.index(name)], "boolean")}


def _faults(body: LabourIndicators) -> Iterator[Fault]:
    yield from parameter_faults(body.parameters)
    for name in sorted(body.parameters.keys() & FIELDS.keys()):
        yield Fault(f"parameters.{name}", "indicator-parameter-field")
    for name in DEFINED:
        yield from _condition(f"definitions.{name}", getattr(body.definitions, name), _before(name), body.values)
    codes: set[str] = set()
    for number, indicator in enumerate(body.indicators):
        at = f"indicators.{number}"
        yield from _indicator(at, indicator, body.values)
        if indicator.code in codes:
            yield Fault(f"{at}.code", "indicator-twice")
        codes.add(indicator.code)
    for number, listed in enumerate(body.lists):
        at = f"lists.{number}"
        yield from _condition(f"{at}.when", listed.when, types_of(listed.per), body.values)
        if listed.code in codes:
            yield Fault(f"{at}.code", "indicator-twice")
        codes.add(listed.code)


def _indicator(at: str, one: IndicatorBody, known: dict[str, Value]) -> Iterator[Fault]:
    types = types_of(one.per)
    yield from _condition(f"{at}.counted", one.counted, types, known)
    if one.of is not None:
        yield from _condition(f"{at}.of", one.of, types, known)
    if one.could is not None:
        yield from _condition(f"{at}.could", one.could, FIELD_TYPES, known)
    if (one.of is None) == (one.unit in SHARES):
        yield Fault(f"{at}.of", "indicator-of-whom")
    if (one.amount is None) == (one.unit == "yuan") or (one.amount is not None and one.amount not in AMOUNTS):
        yield Fault(f"{at}.amount", "indicator-amount", {"expected": ", ".join(AMOUNTS)})
    if (one.unit == "households" and one.per == "person") or (one.unit in ("people", "yuan") and one.per != "person"):
        yield Fault(f"{at}.per", "indicator-per")


def _condition(at: str, text: str, types: Mapping[str, Type], known: dict[str, Value]) -> Iterator[Fault]:
    try:
        parse(text, types, known)
    except ExpressionInvalid as invalid:
        yield Fault(at, invalid.reason, invalid.params)


BODIES: dict[str, type[BaseModel]] = {"labour-indicators": LabourIndicators, "labour-targets": LabourTargets}
