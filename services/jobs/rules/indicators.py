"""Indicators (指标) and priority lists (重点名单): what one version of the policy says of a frame of people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Literal
from uuid import UUID

import polars as pl

from shared.contracts.grade_policies import BothLanguages
from shared.contracts.jobs_indicator_policies import LabourIndicators, Per, Unit
from shared.contracts.labour_facts import DEFINED, RAW_TYPES
from shared.errors import Conflict, NotFound
from shared.expressions import Expression, Value

Part = Literal["counted", "missing", "could"]
"""Of an indicator: who is counted, who of those asked is not, who could fill the gap."""
FEN = 100
HOME = ("area_code", "household_id")
"""A household, where its people are counted: nobody's sum depends on which villages are counted together."""


class IndicatorsMissing(Conflict):
    """No definitions are in force for the area: nothing is counted there."""

    code: ClassVar[str] = "labour-indicators-missing"


class IndicatorUnknown(NotFound):
    """No indicator or list of that code is in force."""

    code: ClassVar[str] = "indicator-unknown"


@dataclass(frozen=True, slots=True)
class Indicator:
    """One indicator or priority list, ready to be asked. A list is an indicator whose names matter more than its sum."""

    code: str
    title: BothLanguages
    unit: Unit
    per: Per
    of: Expression | None
    counted: Expression
    could: Expression | None
    amount: str | None
    decimals: int
    more_is_better: bool


@dataclass(frozen=True, slots=True)
class Count:
    """What was counted. For `yuan`, `numerator` is the sum in fen and `denominator` the people it was earned by."""

    numerator: int = 0
    denominator: int = 0
    could: int = 0

    def __add__(self, other: "Count") -> "Count":
        return Count(self.numerator + other.numerator, self.denominator + other.denominator, self.could + other.could)


@dataclass(frozen=True)
class IndicatorRules:
    """One version of the policy."""

    policy_id: UUID
    body: LabourIndicators
    parameters: Mapping[str, Value]
    definitions: Sequence[tuple[str, Expression]]
    indicators: Mapping[str, Indicator]
    lists: Mapping[str, Indicator]

    @classmethod
    def of(cls, policy_id: UUID, body: LabourIndicators) -> "IndicatorRules":
        """Compile; raises `ExpressionInvalid` when this service does not know a field that the body names."""
        return cls(policy_id, body, body.values, body.definitions_compiled(), _indicators(body), _lists(body))

    @cached_property
    def all(self) -> Mapping[str, Indicator]:
        """Indicators and lists by code."""
        return {**self.indicators, **self.lists}

    @cached_property
    def raw_fields(self) -> frozenset[str]:
        """What has to be gathered to ask all of them."""
        return frozenset().union(*(self.raw_fields_of(code) for code in self.all))

    def raw_fields_of(self, code: str) -> frozenset[str]:
        """What has to be gathered to ask one of them."""
        one = self.all[code]
        asked = [expression for _, expression in self.definitions]
        asked += [condition for condition in (one.of, one.counted, one.could) if condition is not None]
        named = {"in_ledger", one.amount or "in_ledger"}.union(*(expression.fields for expression in asked))
        return frozenset(named & RAW_TYPES.keys())

    @cached_property
    def labour_fields(self) -> frozenset[str]:
        """What has to be gathered to ask who is labour."""
        return self.definitions[0][1].fields & RAW_TYPES.keys()

    def get(self, code: str) -> Indicator:
        """Raises `IndicatorUnknown`."""
        found = self.all.get(code)
        if found is None:
            raise IndicatorUnknown(indicator=code)
        return found


def prepared(rules: IndicatorRules, people: pl.DataFrame) -> pl.DataFrame:
    """A frame of raw fields with all that is worked out of them. Whole households must stand in it."""
    for name, expression in rules.definitions:
        people = people.with_columns(expression.polars(rules.parameters).fill_null(value=False).alias(name))
    of_household = [pl.col(name).sum().over(HOME).alias(f"household_{name}") for name in DEFINED]
    return people.with_columns(pl.len().over(HOME).alias("household_people"), *of_household)


def labour(rules: IndicatorRules, people: pl.DataFrame) -> pl.DataFrame:
    """Who of a frame of raw fields is labour (劳动力), the first of the definitions."""
    name, expression = rules.definitions[0]
    assert name == DEFINED[0]
    return people.with_columns(expression.polars(rules.parameters).fill_null(value=False).alias(name)).filter(name)


def count(rules: IndicatorRules, people: pl.DataFrame) -> dict[tuple[str, str], Count]:
    """By village and code of indicator or list, from a prepared frame; every code for each village in it."""
    if people.is_empty():
        return {}
    households = people.sort("person_id").unique(HOME, keep="first", maintain_order=True)
    found: dict[tuple[str, str], Count] = {}
    could = _sums(people, {code: _mask(rules, one, "could") for code, one in rules.all.items()})
    for per, frame in (("person", people), ("household", households)):
        of_kind = {code: one for code, one in rules.all.items() if one.per == per}
        above = _sums(frame, {code: _numerator(rules, one) for code, one in of_kind.items()})
        below = _sums(frame, {code: _denominator(rules, one) for code, one in of_kind.items()})
        found |= {key: Count(above[key], below[key], could[key]) for key in above}
    return found


def names(rules: IndicatorRules, indicator: Indicator, part: Part, people: pl.DataFrame) -> pl.DataFrame:
    """The people behind a part, in the order of village and id. Of a household that counts, its labour is named."""
    wanted = _mask(rules, indicator, part)
    if indicator.per == "household" and part != "could":
        wanted &= pl.col("labour")
    if indicator.amount is not None and part == "counted":
        wanted &= pl.col(indicator.amount).is_not_null()
    return people.filter(wanted).sort("area_code", "person_id")


def _sums(frame: pl.DataFrame, of: Mapping[str, pl.Expr]) -> dict[tuple[str, str], int]:
    summed = frame.group_by("area_code").agg(one.sum().cast(pl.Int64).alias(code) for code, one in of.items())
    return {(row["area_code"], code): row[code] or 0 for row in summed.iter_rows(named=True) for code in of}


def _numerator(rules: IndicatorRules, one: Indicator) -> pl.Expr:
    counted = _mask(rules, one, "counted")
    if one.amount is None:
        return counted
    return pl.when(counted).then((pl.col(one.amount) * FEN).round().cast(pl.Int64))


def _denominator(rules: IndicatorRules, one: Indicator) -> pl.Expr:
    if one.amount is not None:
        return _mask(rules, one, "counted") & pl.col(one.amount).is_not_null()
    return _true(rules, one.of) if one.of is not None else pl.col("area_code").is_null()


def _mask(rules: IndicatorRules, one: Indicator, part: Part) -> pl.Expr:
    """Who belongs to the part, as a column that is never null."""
    counted = _true(rules, one.counted)
    asked = _true(rules, one.of) if one.of is not None else None
    match part:
        case "counted":
            return counted if asked is None else asked & counted
        case "missing":
            return counted.not_() if asked is None else asked & counted.not_()
        case "could":
            if one.could is None:
                return pl.col("area_code").is_null()
            within = counted.not_() if one.more_is_better else counted
            could = _true(rules, one.could) & within
            return could if asked is None else asked & could


def _true(rules: IndicatorRules, condition: Expression) -> pl.Expr:
    """ "Not known" counts for nobody. The column beside it makes a condition that reads none as long as the frame."""
    return condition.polars(rules.parameters).fill_null(value=False) & pl.col("area_code").is_not_null()


def _indicators(body: LabourIndicators) -> dict[str, Indicator]:
    return {
        one.code: Indicator(
            one.code,
            one.title,
            one.unit,
            one.per,
            body.compiled(one.of, one.per) if one.of is not None else None,
            body.compiled(one.counted, one.per),
            body.compiled(one.could, "person") if one.could is not None else None,
            one.amount,
            one.decimals,
            one.better == "more",
        )
        for one in body.indicators
    }


def _lists(body: LabourIndicators) -> dict[str, Indicator]:
    return {
        one.code: Indicator(
            one.code,
            one.title,
            "people" if one.per == "person" else "households",
            one.per,
            None,
            body.compiled(one.when, one.per),
            None,
            None,
            0,
            more_is_better=False,
        )
        for one in body.lists
    }
