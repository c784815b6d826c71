"""Shares found in a sample: how sure one may be of them, and how many must be asked. Pure, of the standard library.

Sources: E. B. Wilson, Probable inference, the law of succession, and statistical inference, JASA 22 (1927), 209-212;
its use for small samples: Brown, Cai, DasGupta, Interval estimation for a binomial proportion, Statistical Science 16
(2001), 101-133. Sample size with the correction for a finite population: W. G. Cochran, Sampling Techniques (3rd ed.,
1977), 4.4. Effective size of a sample with weights: L. Kish, Survey Sampling (1965), 11.7.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist


@dataclass(frozen=True, slots=True)
class Interval:
    """Bounds of a share, from 0 to 1."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class StratumCount:
    """One township: how many people stand in the ledger, were asked, and of them in how many cases it was wrong."""

    population: int
    asked: int
    wrong: int


@dataclass(frozen=True, slots=True)
class Estimate:
    """A share with its interval; `effective` is the size of a simple sample that would tell as much."""

    share: float
    interval: Interval
    effective: float


def quantile(confidence: float) -> float:
    """The two-sided quantile of the normal distribution: 1.96 for 0.95."""
    return NormalDist().inv_cdf((1 + confidence) / 2)


def wilson(share: float, size: float, confidence: float) -> Interval:
    """Wilson's score interval, without correction for continuity. `size` may be an effective one, and is above 0."""
    z = quantile(confidence)
    square = z * z / size
    middle = (share + square / 2) / (1 + square)
    half = z / (1 + square) * math.sqrt(share * (1 - share) / size + square / (4 * size))
    return Interval(
        0.0 if share <= 0 else max(0.0, middle - half),
        1.0 if share >= 1 else min(1.0, middle + half),
    )


def estimate(strata: Sequence[StratumCount], confidence: float) -> Estimate | None:
    """The share of wrong rows in all strata together, each weighted by its people; None when nobody was reached.

    Strata in which nobody was reached say nothing, and are left out of the weights: the caller states how many people
    they have. The interval is Wilson's for the effective size.
    """
    told = [one for one in strata if one.asked > 0]
    people = sum(one.population for one in told)
    if not told or people == 0:
        return None
    share = sum(one.population / people * one.wrong / one.asked for one in told)
    # Kish: (sum of weights)^2 / sum of weights^2; everybody asked in a stratum weighs population / asked.
    effective = people**2 / sum(one.population**2 / one.asked for one in told)
    share = min(max(share, 0.0), 1.0)
    return Estimate(share, wilson(share, effective, confidence), effective)


def bounds_of_silence(strata: Sequence[tuple[StratumCount, int]]) -> Interval | None:
    """The share if everybody not reached were right, and if everybody were wrong; with each the number not reached.

    C. F. Manski's bounds without assumptions: what the silent ones could hide at worst.
    """
    told = [(one, silent) for one, silent in strata if one.asked + silent > 0]
    people = sum(one.population for one, _ in told)
    if not people:
        return None
    low = sum(one.population * one.wrong / (one.asked + silent) for one, silent in told) / people
    high = sum(one.population * (one.wrong + silent) / (one.asked + silent) for one, silent in told) / people
    return Interval(low, min(high, 1.0))


def needed_size(population: int, half_width: float, share: float, confidence: float) -> int:
    """How many answers it takes for an interval of ± `half_width` when the share is about `share`."""
    if population == 0:
        return 0
    z = quantile(confidence)
    endless = z * z * share * (1 - share) / half_width**2
    return min(population, math.ceil(population * endless / (population - 1 + endless)))
