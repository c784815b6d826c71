"""The comparison of ways to match, on a small county: the optimum is what the others are measured by."""

import numpy as np

from benchmarks.greedy import assign_greedily
from benchmarks.matching_compared import SEED, compare, stable, table
from benchmarks.matching_world import draw
from services.jobs.rules.candidates import NOBODY, best_candidates
from services.jobs.rules.pairs import build_tables
from services.jobs.rules.score import priority


def test_no_way_is_worth_more_than_the_optimum_over_all_pairs() -> None:
    rows = compare(people=120, posts=20, openings=90)
    worth = {name: value for name, value, _, _ in rows}
    best = worth["optimum over all pairs"]
    assert worth["greedy"] <= worth["optimum over candidates"] <= best
    assert worth["hospital-resident (matching)"] <= worth["optimum over candidates"]
    assert worth["optimum over candidates"] <= worth["whole run, with second chances"] <= best
    assert "| 100.0% |" in table(rows)


def test_the_stable_way_places_people_and_fills_no_post_twice() -> None:
    """Where both sides rank by the same worth it is the greedy way."""
    seekers, offered, terms = draw(120, 20, 90, SEED)
    found = best_candidates(build_tables(seekers, offered, terms), len(seekers), terms.weights.candidates)
    free, priorities = [one.free for one in offered], [priority(one, terms) for one in seekers]
    result = stable(found, free, priorities)
    taken = np.bincount(result.posts[result.posts != NOBODY], minlength=len(free))
    assert (taken <= free).all()
    assert result.placed == taken.sum() == assign_greedily(found, free, priorities).placed > 0
