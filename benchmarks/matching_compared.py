"""`python -m benchmarks.matching_compared`: the optimum beside a greedy run and hospital-resident, on one county in ten.

All get the same candidates, the solver also all pairs. Value is in points, of a placement and its score. The `matching`
package copies its players deeply, each with the players they rank: it needs a stack of its own, and much of it.
"""

import sys
import threading
import warnings
from collections.abc import Callable
from time import perf_counter

import numpy as np
from matching.games import HospitalResident

from benchmarks.greedy import assign_greedily
from benchmarks.matching_world import draw
from services.jobs.rules.assignment import Assignment, assign
from services.jobs.rules.candidates import NOBODY, Candidates, best_candidates
from services.jobs.rules.matching import match
from services.jobs.rules.pairs import build_tables
from services.jobs.rules.score import priority

PEOPLE, POSTS, OPENINGS, SEED = 7_400, 1_000, 6_000, 11


def stable(found: Candidates, free: list[int], priorities: list[int]) -> Assignment:
    """The `matching` package: people rank posts by score, posts rank people by score and priority; people propose."""
    person, place = np.nonzero(found.posts != NOBODY)
    worth = {
        (int(who), int(found.posts[who, at])): int(found.scores[who, at]) + priorities[who]
        for who, at in zip(person, place, strict=True)
    }
    wanted: dict[int, list[int]] = {}
    asked: dict[int, list[int]] = {}
    for who, post in worth:  # candidates come best first
        wanted.setdefault(who, []).append(post)
        asked.setdefault(post, []).append(who)
    ranked = {post: sorted(people, key=lambda who: -worth[who, post]) for post, people in asked.items()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        game = HospitalResident.create_from_dictionaries(wanted, ranked, {post: free[post] for post in ranked})
    posts = np.full(len(found.posts), NOBODY, np.int32)
    for hospital, residents in game.solve(optimal="resident").items():
        for resident in residents:
            posts[resident.name] = hospital.name
    value = sum(worth[who, int(post)] for who, post in enumerate(posts) if post != NOBODY)
    return Assignment(posts, value)


def compare(people: int = PEOPLE, posts: int = POSTS, openings: int = OPENINGS) -> list[tuple[str, int, int, float]]:
    """Name, value, placed, seconds (of the assignment alone) of each way."""
    seekers, offered, terms = draw(people, posts, openings, SEED)
    tables = build_tables(seekers, offered, terms)
    found = best_candidates(tables, len(seekers), terms.weights.candidates)
    free, priorities = [one.free for one in offered], [priority(one, terms) for one in seekers]
    whole = best_candidates(tables, len(seekers), len(offered))
    return [
        _timed("greedy", lambda: assign_greedily(found, free, priorities)),
        _timed("hospital-resident (matching)", lambda: stable(found, free, priorities)),
        _timed("optimum over candidates", lambda: assign(found, free, priorities)),
        _timed("whole run, with second chances", lambda: match(seekers, offered, terms).assignment),
        _timed("optimum over all pairs", lambda: assign(whole, free, priorities)),
    ]


def _timed(name: str, way: Callable[[], Assignment]) -> tuple[str, int, int, float]:
    start = perf_counter()
    result = way()
    return name, result.value, result.placed, perf_counter() - start


def table(rows: list[tuple[str, int, int, float]]) -> str:
    """As Markdown."""
    best = max(value for _, value, _, _ in rows)
    lines = [
        f"| {name} | {value:,} | {value / best:.1%} | {placed:,} | {took:.2f} s |" for name, value, placed, took in rows
    ]
    return "\n".join(["| Way | Value | Of the best | Placed | Time |", "| --- | --- | --- | --- | --- |", *lines])


if __name__ == "__main__":
    sys.setrecursionlimit(10_000_000)
    threading.stack_size(1 << 30)
    own = threading.Thread(target=lambda: print(table(compare())))
    own.start()
    own.join()
