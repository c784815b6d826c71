"""What a count is worth, what a target asks of it, and the gap: in its unit, and in people.

Reckoned exactly (fractions); only what is shown is rounded, so that 94.46 % that is one person short is short.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import ceil, floor
from typing import Literal

from services.jobs.rules.indicators import FEN, Count, Indicator
from shared.contracts.jobs_indicator_policies import SHARES, Floor, TargetBody

HUNDRED = 100
GapUnit = Literal["points", "people", "households", "yuan"]


@dataclass(frozen=True, slots=True)
class Measured:
    """How a target stands. None: nothing to compare with.

    `gap`: what is missing, at least 0, in `gap_unit`. `people`: how many people (for households: how many of them)
    more, or where less is better fewer, must be counted; None for amounts, which no number of people makes good.
    """

    value: Decimal | None
    floor: Decimal | None
    reached: bool | None
    gap: Decimal | None
    gap_unit: GapUnit
    people: int | None


def value_of(one: Indicator, counted: Count, before: Count | None = None) -> Decimal | None:
    """What is shown: percent, people, households, yuan; None out of nobody. `before`: twelve months ago, for points."""
    exact = _exact(one, counted, before)
    return None if exact is None else _rounded(exact * _scale(one), one.decimals)


def applies(target: TargetBody, one: Indicator, area_prefix: str) -> bool:
    """Whether an area has this target: a number of heads is one area's own, all else counts below it as well."""
    if target.floor.kind == "number" and one.unit in ("people", "households"):
        return area_prefix == target.area
    return area_prefix.startswith(target.area)


def measured(one: Indicator, wanted: Floor, now: Count, before: Count | None) -> Measured:
    """`before`: the same month last year, None when no ledger was kept then."""
    exact, least = _exact(one, now, before), _floor(one, wanted, before)
    gap_unit: GapUnit = "points" if one.unit in SHARES else one.unit  # type: ignore[assignment]
    value = None if exact is None else _rounded(exact * _scale(one), one.decimals)
    if exact is None or least is None:
        return Measured(value, None if least is None else _shown(one, least), None, None, gap_unit, None)
    short = least - exact if one.more_is_better else exact - least
    return Measured(
        value,
        _shown(one, least),
        short <= 0,
        _shown(one, max(short, Fraction(0))),
        gap_unit,
        _people(one, least, now, before),
    )


def _exact(one: Indicator, counted: Count, before: Count | None) -> Fraction | None:
    match one.unit:
        case "people" | "households":
            return Fraction(counted.numerator)
        case "yuan":
            return Fraction(counted.numerator, FEN * counted.denominator) if counted.denominator else None
        case "percent":
            return _share(counted)
        case "points":
            now, then = _share(counted), _share(before)
            return now - then if now is not None and then is not None else None


def _floor(one: Indicator, wanted: Floor, before: Count | None) -> Fraction | None:
    """In the exact scale. For points it is a change by itself, whatever kind it is."""
    more = Fraction(str(wanted.value)) / _scale(one)
    if wanted.kind == "number" or one.unit == "points":
        return more
    then = _exact(one, before, None) if before is not None else None
    return None if then is None else then + more


def _people(one: Indicator, least: Fraction, now: Count, before: Count | None) -> int | None:
    """Moving somebody from "asked and not counted" to "counted" leaves the denominator as it is."""
    if one.unit == "yuan":
        return None
    if one.unit in ("people", "households"):
        needed = least
    else:
        then = _share(before) if one.unit == "points" else Fraction(0)
        needed = (least + (then or 0)) * now.denominator
    return max(0, ceil(needed) - now.numerator if one.more_is_better else now.numerator - floor(needed))


def _share(counted: Count | None) -> Fraction | None:
    return Fraction(counted.numerator, counted.denominator) if counted is not None and counted.denominator else None


def _scale(one: Indicator) -> int:
    return HUNDRED if one.unit in SHARES else 1


def _shown(one: Indicator, exact: Fraction) -> Decimal:
    return _rounded(exact * _scale(one), one.decimals)


def _rounded(exact: Fraction, decimals: int) -> Decimal:
    """Half away from zero, as published figures are rounded. People and households are whole by themselves."""
    if exact.denominator == 1:
        return Decimal(exact.numerator)
    scaled = exact * 10**decimals
    whole = Decimal(scaled.numerator) / Decimal(scaled.denominator)
    return whole.quantize(Decimal(1), ROUND_HALF_UP).scaleb(-decimals)
