"""Shares with their intervals against published values; draws that nobody can bend."""

import random
from uuid import UUID

import pytest

from services.jobs.rules.proportions import (
    StratumCount,
    bounds_of_silence,
    estimate,
    needed_size,
    quantile,
    wilson,
)
from services.jobs.rules.sampling import Draw, allocate, population_name

SEED = bytes(range(16))
PEOPLE = [UUID(int=n + 1) for n in range(1000)]


@pytest.mark.parametrize(
    ("wrong", "size", "low", "high"),
    [
        # R. G. Newcombe, Two-sided confidence intervals for the single proportion, Statistics in Medicine 17 (1998),
        # 857-872, table I, method 3 (score, without correction for continuity).
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_as_published(wrong: int, size: int, low: float, high: float) -> None:
    found = wilson(wrong / size, size, 0.95)
    assert round(found.low, 4) == low
    assert round(found.high, 4) == high


def test_wilson_is_even_handed() -> None:
    low, high = wilson(3 / 40, 40, 0.9), wilson(37 / 40, 40, 0.9)
    assert low.low == pytest.approx(1 - high.high)
    assert low.high == pytest.approx(1 - high.low)
    assert wilson(1, 12, 0.95).high == 1
    assert quantile(0.95) == pytest.approx(1.959964, abs=1e-6)


@pytest.mark.parametrize(
    ("population", "size"),
    [
        # R. V. Krejcie, D. W. Morgan, Determining sample size for research activities, Educational and Psychological
        # Measurement 30 (1970), 607-610: ± 0.05 at 95 %, share one half.
        (100, 80),
        (1_000, 278),
        (10_000, 370),
        (0, 0),
        (1, 1),
    ],
)
def test_sizes_as_published(population: int, size: int) -> None:
    assert needed_size(population, 0.05, 0.5, 0.95) == size


def test_a_rarer_error_needs_fewer_answers() -> None:
    assert needed_size(800_000, 0.03, 0.1, 0.95) < needed_size(800_000, 0.03, 0.5, 0.95)


def test_an_estimate_weighs_townships_by_their_people() -> None:
    found = estimate([StratumCount(9_000, 90, 9), StratumCount(1_000, 90, 45)], 0.95)
    assert found is not None
    assert found.share == pytest.approx(0.9 * 0.1 + 0.1 * 0.5)
    # Kish: 10000^2 / (9000^2/90 + 1000^2/90)
    assert found.effective == pytest.approx(100e6 / (82e6 / 90))
    assert found.interval.low < found.share < found.interval.high


def test_equal_weights_are_a_simple_sample() -> None:
    found = estimate([StratumCount(500, 50, 5), StratumCount(1_000, 100, 15)], 0.95)
    assert found is not None
    assert found.effective == pytest.approx(150)
    simple = wilson(20 / 150, 150, 0.95)
    assert (found.interval.low, found.interval.high) == pytest.approx((simple.low, simple.high))


def test_nobody_reached_is_no_estimate() -> None:
    assert estimate([StratumCount(500, 0, 0)], 0.95) is None
    assert bounds_of_silence([]) is None


def test_a_silent_township_takes_no_weight() -> None:
    spoken = StratumCount(500, 10, 1)
    assert estimate([spoken, StratumCount(500, 0, 0)], 0.95) == estimate([spoken], 0.95)


def test_what_silence_may_hide() -> None:
    found = bounds_of_silence([(StratumCount(100, 8, 2), 2)])
    assert found is not None
    assert (found.low, found.high) == pytest.approx((0.2, 0.4))


@pytest.mark.parametrize(
    ("populations", "size", "least", "expected"),
    [
        ({"a": 500, "b": 300, "c": 200}, 10, 0, {"a": 5, "b": 3, "c": 2}),
        ({"a": 1, "b": 1, "c": 1}, 2, 0, {"a": 1, "b": 1, "c": 0}),
        ({"a": 900, "b": 100}, 10, 3, {"a": 9, "b": 3}),
        ({"a": 5, "b": 2}, 100, 0, {"a": 5, "b": 2}),
        ({"a": 0, "b": 10}, 4, 2, {"a": 0, "b": 4}),
        ({}, 4, 2, {}),
    ],
)
def test_allocation(populations: dict[str, int], size: int, least: int, expected: dict[str, int]) -> None:
    assert allocate(populations, size, least) == expected


def _drawn(people: list[UUID], seed: bytes = SEED, number: int = 20) -> list[UUID]:
    draw = Draw(seed, {"539921100": number, "539921101": number})
    for at in range(0, len(people), 7):
        draw.take((one, "539921100" if one.int % 2 else "539921101") for one in people[at : at + 7])
    return draw.drawn()


def test_a_draw_comes_out_the_same_in_whatever_order() -> None:
    shuffled = PEOPLE[:]
    random.Random(1).shuffle(shuffled)
    assert _drawn(PEOPLE) == _drawn(shuffled)
    assert len(set(_drawn(PEOPLE))) == 40
    assert sum(one.int % 2 for one in _drawn(PEOPLE)) == 20


def test_another_seed_draws_others() -> None:
    assert set(_drawn(PEOPLE)) != set(_drawn(PEOPLE, bytes(16)))


def test_a_larger_draw_holds_the_smaller_one() -> None:
    assert set(_drawn(PEOPLE, number=10)) < set(_drawn(PEOPLE, number=30))


def test_everybody_has_the_same_chance() -> None:
    """Of 1,000 people 100 are drawn with each of 200 seeds: chi-squared of the counts lies where chance puts it."""
    counts = dict.fromkeys(PEOPLE, 0)
    for number in range(200):
        draw = Draw(number.to_bytes(16, "big"), {"x": 100})
        draw.take((one, "x") for one in PEOPLE)
        for one in draw.drawn():
            counts[one] += 1
    squares = sum((count - 20) ** 2 / (20 * 0.9) for count in counts.values())
    assert 850 < squares < 1150  # 999 degrees of freedom: 999 ± 3.4 standard deviations


def test_the_population_has_a_name() -> None:
    assert population_name(PEOPLE) == population_name(reversed(PEOPLE))
    assert population_name(PEOPLE) != population_name(PEOPLE[1:])
