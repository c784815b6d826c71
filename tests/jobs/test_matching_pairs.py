"""The batch agrees with the rules, pair by pair."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.jobs.rules import pairs
from services.jobs.rules.candidates import NOBODY, best_candidates, values_of
from services.jobs.rules.law import excluded_by
from services.jobs.rules.matching_terms import Opening, Seeker
from services.jobs.rules.pairs import build_tables
from services.jobs.rules.score import score_of
from tests.jobs.matching_strategies import openings, seekers, terms

people = st.lists(seekers, min_size=1, max_size=12)
posts = st.lists(openings, min_size=1, max_size=12)


def by_rules(seeker: Seeker, opening: Opening) -> int:
    return -1 if excluded_by(seeker, opening, terms()) else sum(score_of(seeker, opening, terms()).values())


def agree(some: list[Seeker], offered: list[Opening]) -> None:
    tables = build_tables(some, offered, terms())
    shape = (len(some), len(offered))
    values = values_of(tables, slice(0, len(some)), np.empty(shape, np.int16), np.empty(shape, np.int16))
    expected = [[by_rules(seeker, opening) for opening in offered] for seeker in some]
    assert np.maximum(values, -1).tolist() == expected


@settings(max_examples=150, deadline=None)
@given(people, posts)
def test_every_pair_is_excluded_and_scored_as_by_the_rules(some: list[Seeker], offered: list[Opening]) -> None:
    agree(some, offered)


@pytest.mark.parametrize(("rows", "cells"), [(0, 40_000_000), (3000, 0), (3, 50)])
@settings(max_examples=40, deadline=None)
@given(some=people, offered=posts)
def test_and_so_it_is_whatever_is_laid_out_or_folded(
    rows: int, cells: int, some: list[Seeker], offered: list[Opening]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pairs, "MOST_ROWS", rows)
        patch.setattr(pairs, "MOST_CELLS", cells)
        agree(some, offered)


@settings(max_examples=60, deadline=None)
@given(people, posts, st.integers(1, 6), st.integers(1, 2))
def test_candidates_are_the_best_posts_best_first(
    some: list[Seeker], offered: list[Opening], most: int, threads: int
) -> None:
    found = best_candidates(build_tables(some, offered, terms()), len(some), most, threads=threads)
    for place, seeker in enumerate(some):
        worth = [by_rules(seeker, opening) for opening in offered]
        possible = sorted((one for one in worth if one >= 0), reverse=True)
        assert found.possible[place] == len(possible)
        kept = [post for post in found.posts[place].tolist() if post != NOBODY]
        assert len(set(kept)) == len(kept)
        assert [worth[post] for post in kept] == possible[:most]
        assert found.scores[place].tolist()[: len(kept)] == possible[:most]


def test_equal_posts_are_spread_over_people() -> None:
    """A hundred people, a hundred equal posts, five candidates each: not all the same five."""
    offered = [Opening(f"o{n}", "e3", "60501", "440306", 1, 4500, 6000) for n in range(100)]
    some = [Seeker(f"p{n}", f"n{n}", "539921100201", 30, "1") for n in range(100)]
    found = best_candidates(build_tables(some, offered, terms()), len(some), 5)
    assert len(np.unique(found.posts)) > 80


def test_more_people_than_one_block_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.jobs.rules.candidates.BLOCK", 50)
    offered = [Opening(f"o{n}", "e3", "60501", "440306", 1, 4000 + n, 6000) for n in range(40)]
    some = [Seeker(f"p{n}", f"n{n}", "539921100201", 30, "1", wage_floor=4000 + n % 45) for n in range(170)]
    told: list[float] = []
    found = best_candidates(build_tables(some, offered, terms()), len(some), 3, told=told.append)
    assert found.possible.tolist() == [max(40 - n % 45, 0) for n in range(170)]
    assert told == [0.25, 0.5, 0.75, 1.0]


def test_whoever_stops_a_run_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.jobs.rules.candidates.BLOCK", 32)
    offered = [Opening("o", "e3", "60501", "440306", 1, 4000, 6000)]
    some = [Seeker(f"p{n}", f"n{n}", "539921100201", 30, "1") for n in range(200)]

    class Stopped(Exception):
        pass

    def stop(_: float) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        best_candidates(build_tables(some, offered, terms()), len(some), 3, told=stop)
