"""A whole run: filters, candidates, optimum, second chances, who stays without a post, exposure. A function of its input.

After the first optimum, whoever has no post gets the free posts that no filter excludes as further candidates, and the
optimum is sought again, `ROUNDS` times in all; what is free then is filled: nobody stays without a post while one that
no filter excludes is free.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np

from services.jobs.rules.assignment import Assignment, assign
from services.jobs.rules.candidates import NOBODY, Candidates, Told, best_candidates
from services.jobs.rules.exposure import Exposure, exposure
from services.jobs.rules.law import UnlawfulBar, unlawful_bars
from services.jobs.rules.matching_terms import Opening, Seeker, Terms
from services.jobs.rules.one_change import LeftOut, without_post
from services.jobs.rules.pairs import Ints, build_tables
from services.jobs.rules.score import priority

ROUNDS = 3
SECOND_CHANCES = 10  # free posts for each person who has none
_STEPS = 2.0 + ROUNDS  # tables, candidates, rounds: equal parts of the progress that is told


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run proposes. Places in `assignment`, `scores` and `left` are those of the lists that were given."""

    assignment: Assignment
    scores: Ints
    candidates: Candidates
    left: list[LeftOut]
    exposure: list[Exposure]
    unlawful: list[UnlawfulBar]
    solver_seconds: float


def match(
    seekers: Sequence[Seeker],
    openings: Sequence[Opening],
    terms: Terms,
    *,
    threads: int = 2,
    told: Told = lambda _: None,
) -> Outcome:
    """The proposal for these people and posts. `told` hears the progress, 0 to 1, and may raise to stop it."""
    tables = build_tables(seekers, openings, terms)
    told(1 / _STEPS)
    most = terms.weights.candidates
    found = best_candidates(tables, len(seekers), most, threads=threads, told=lambda part: told((1 + part) / _STEPS))
    assignment, found, seconds = _assigned(seekers, openings, terms, found, told)
    scores = chosen_scores(found, assignment.posts)
    left = without_post(seekers, openings, terms, found, assignment.posts)
    groups = exposure(seekers, found, assignment.posts, scores.tolist(), terms.weights.exposure_ratio)
    return Outcome(assignment, scores, found, left, groups, unlawful_bars(openings, terms), seconds)


def chosen_scores(found: Candidates, posts: Ints) -> Ints:
    """The score of each person's post; 0 where there is none."""
    chosen = (found.posts == posts[:, None]) & (posts != NOBODY)[:, None]
    return np.asarray(np.where(chosen, found.scores, 0).max(axis=1, initial=0), dtype=np.int32)


def _assigned(
    seekers: Sequence[Seeker], openings: Sequence[Opening], terms: Terms, found: Candidates, told: Told
) -> tuple[Assignment, Candidates, float]:
    """The optimum after the last round, over which candidates, and the solver's own seconds."""
    priorities = [priority(one, terms) for one in seekers]
    seconds = 0.0
    for number in range(1, ROUNDS + 1):
        start = perf_counter()
        assignment = assign(found, [one.free for one in openings], priorities)
        seconds += perf_counter() - start
        told((2 + number) / _STEPS)
        more = _second_chances(seekers, openings, terms, assignment.posts)
        if more is None:
            return assignment, found, seconds
        found = _widened(found, more)
    while more is not None:  # few, and each turn places at least one: the posts that are free, among those without one
        filled = assign(more, _left_free(openings, assignment.posts), priorities)
        posts = np.where(filled.posts == NOBODY, assignment.posts, filled.posts)
        assignment = Assignment(posts, assignment.value + filled.value)
        more = _second_chances(seekers, openings, terms, posts)
        found = found if more is None else _widened(found, more)
    return assignment, found, seconds


def _widened(found: Candidates, more: Candidates) -> Candidates:
    return Candidates(np.hstack([found.posts, more.posts]), np.hstack([found.scores, more.scores]), found.possible)


def _left_free(openings: Sequence[Opening], posts: Ints) -> list[int]:
    taken = np.bincount(posts[posts != NOBODY], minlength=len(openings))
    return [one.free - int(taken[at]) for at, one in enumerate(openings)]


def _second_chances(
    seekers: Sequence[Seeker], openings: Sequence[Opening], terms: Terms, posts: Ints
) -> Candidates | None:
    """Free posts for whoever has none; None where that helps nobody."""
    left = np.flatnonzero(posts == NOBODY)
    free = np.array(
        [at for at, openings_left in enumerate(_left_free(openings, posts)) if openings_left], dtype=np.int32
    )
    if not len(left) or not len(free):
        return None
    some = [seekers[at] for at in left.tolist()]
    tables = build_tables(some, [openings[at] for at in free.tolist()], terms)
    best = best_candidates(tables, len(some), SECOND_CHANCES)
    if (best.posts == NOBODY).all():
        return None
    shape = (len(seekers), best.posts.shape[1])
    more = Candidates(np.full(shape, NOBODY, np.int32), np.full(shape, NOBODY, np.int32), best.possible)
    more.posts[left] = np.where(best.posts == NOBODY, NOBODY, free[best.posts])
    more.scores[left] = best.scores
    return more
