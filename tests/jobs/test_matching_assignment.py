"""The optimum: exact, within the openings, never against a filter, and better than a greedy run."""

from itertools import product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.greedy import assign_greedily
from services.jobs.rules.assignment import assign
from services.jobs.rules.candidates import NOBODY, Candidates
from services.jobs.rules.law import excluded_by
from services.jobs.rules.matching import match
from services.jobs.rules.matching_terms import Opening, Seeker
from services.jobs.rules.score import priority, score_of
from tests.jobs.matching_strategies import openings, seekers, terms

MOST = 4


@st.composite
def small_cases(draw: st.DrawFn) -> tuple[Candidates, list[int], list[int]]:
    """Up to six people with up to four candidates each, up to five posts."""
    posts = draw(st.integers(1, 5))
    people = draw(st.integers(1, 6))
    wanted = [draw(st.lists(st.integers(0, posts - 1), max_size=MOST, unique=True)) for _ in range(people)]
    table, scores = np.full((people, MOST), NOBODY, np.int32), np.full((people, MOST), NOBODY, np.int32)
    for person, some in enumerate(wanted):
        table[person, : len(some)] = some
        scores[person, : len(some)] = [draw(st.integers(0, 20)) for _ in some]
    free = draw(st.lists(st.integers(0, 2), min_size=posts, max_size=posts))
    priorities = draw(st.lists(st.integers(0, 30), min_size=people, max_size=people))
    return Candidates(table, scores, (table != NOBODY).sum(axis=1).astype(np.int32)), free, priorities


def brute_force(found: Candidates, free: list[int], priorities: list[int]) -> int:
    """The best of all ways to give everybody one of their candidates, or none."""
    best = 0
    for ways in product(range(-1, MOST), repeat=len(priorities)):
        taken, worth, possible = [0] * len(free), 0, True
        for person, way in enumerate(ways):
            if way >= 0:
                post = int(found.posts[person, way])
                possible = possible and post != NOBODY
                taken[post] += 1
                worth += int(found.scores[person, way]) + priorities[person]
        if possible and all(used <= left for used, left in zip(taken, free, strict=True)):
            best = max(best, worth)
    return best


@settings(max_examples=60, deadline=None)
@given(small_cases())
def test_the_optimum_is_what_trying_everything_finds(case: tuple[Candidates, list[int], list[int]]) -> None:
    found, free, priorities = case
    result = assign(found, free, priorities)
    assert result.value == brute_force(found, free, priorities)
    assert result.value >= assign_greedily(found, free, priorities).value


@settings(max_examples=60, deadline=None)
@given(small_cases())
def test_an_assignment_gives_candidates_within_the_openings(case: tuple[Candidates, list[int], list[int]]) -> None:
    found, free, priorities = case
    for result in (assign(found, free, priorities), assign_greedily(found, free, priorities)):
        worth = 0
        for person, post in enumerate(result.posts.tolist()):
            if post != NOBODY:
                [place] = np.flatnonzero(found.posts[person] == post)
                worth += int(found.scores[person, place]) + priorities[person]
        assert worth == result.value
        taken = np.bincount(result.posts[result.posts != NOBODY], minlength=len(free))
        assert (taken <= np.array(free)).all()


def test_the_first_in_a_list_does_not_take_the_only_post_of_another() -> None:
    table = np.array([[0, 1], [0, NOBODY]], np.int32)
    scores = np.array([[10, 9], [8, NOBODY]], np.int32)
    found = Candidates(table, scores, np.array([2, 1], np.int32))
    assert assign(found, [1, 1], [0, 0]).posts.tolist() == [1, 0]
    assert assign_greedily(found, [1, 1], [0, 0]).posts.tolist() == [0, NOBODY]


def test_a_priority_group_goes_first_where_one_post_is_left() -> None:
    offered = [Opening("o", "e3", "60501", "440306", 1, 4500, 6000)]
    fit = Seeker("fit", "n1", "539921100201", 30, "1", wanted_trades=("60501",))
    red = Seeker("red", "n2", "539921100201", 30, "1", groups=frozenset({"grade_red"}))
    assert match([fit, red], offered, terms()).assignment.posts.tolist() == [NOBODY, 0]


@settings(max_examples=80, deadline=None)
@given(st.lists(seekers, max_size=12), st.lists(openings, max_size=8))
def test_no_run_breaks_a_filter_or_a_capacity_or_leaves_a_free_post(some: list[Seeker], offered: list[Opening]) -> None:
    few = terms(candidates=1)
    outcome = match(some, offered, few)
    used, worth = [0] * len(offered), 0
    for seeker, post, score in zip(some, outcome.assignment.posts.tolist(), outcome.scores.tolist(), strict=True):
        if post == NOBODY:
            assert score == 0
            continue
        used[post] += 1
        assert excluded_by(seeker, offered[post], few) == []
        assert score == sum(score_of(seeker, offered[post], few).values())
        worth += score + priority(seeker, few)
    assert all(count <= opening.free for count, opening in zip(used, offered, strict=True))
    assert worth == outcome.assignment.value
    for left in outcome.left:
        for post, opening in enumerate(offered):
            assert used[post] == opening.free or excluded_by(some[left.person], opening, few)
    assert [one.person for one in outcome.left] == np.flatnonzero(outcome.assignment.posts == NOBODY).tolist()


@settings(max_examples=40, deadline=None)
@given(st.lists(seekers, max_size=10), st.lists(openings, max_size=6))
def test_the_same_input_gives_the_same_proposal_whatever_the_threads(
    some: list[Seeker], offered: list[Opening]
) -> None:
    one, two = match(some, offered, terms(), threads=1), match(some, offered, terms(), threads=2)
    assert one.assignment.posts.tolist() == two.assignment.posts.tolist()
    assert (one.left, one.exposure) == (two.left, two.exposure)
