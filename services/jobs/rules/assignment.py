"""Who is put forward for which post: the exact optimum over the candidates, by OR-tools' min-cost flow.

Each person flows to one of their candidates or to nobody (worth 0), each post takes as many as it has openings; costs are
whole points, so the optimum is exact.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from ortools.graph.python import min_cost_flow

from services.jobs.rules.candidates import NOBODY, Candidates
from services.jobs.rules.pairs import Ints


class NoOptimum(Exception):
    """The solver gave up: never with whole costs and an arc to nobody for everyone."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """For each person the place of the post, -1 for none; and what all of it is worth in points."""

    posts: Ints
    value: int

    @property
    def placed(self) -> int:
        return int(np.count_nonzero(self.posts != NOBODY))


def assign(candidates: Candidates, free: Sequence[int], priorities: Sequence[int]) -> Assignment:
    """The assignment of greatest worth: for each person placed the score and their priority. Raises `NoOptimum`."""
    people, _ = candidates.posts.shape
    person, place = np.nonzero(candidates.posts != NOBODY)
    post = candidates.posts[person, place].astype(np.int64)
    worth = candidates.scores[person, place].astype(np.int64) + np.asarray(priorities, np.int64)[person]
    taken = _solved(people, person.astype(np.int64), post, worth, np.asarray(free, np.int64))
    posts = np.full(people, NOBODY, np.int32)
    posts[person[taken]] = post[taken]
    return Assignment(posts, int(worth[taken].sum()))


def _solved(
    people: int, person: NDArray[np.int64], post: NDArray[np.int64], worth: NDArray[np.int64], free: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Which of the pairs are taken. Nodes: people, then posts, then the sink."""
    if not len(person):
        return np.zeros(0, dtype=bool)
    flow, sink = min_cost_flow.SimpleMinCostFlow(), people + len(free)
    everybody, posts = np.arange(people), people + np.arange(len(free))
    one, none = np.ones(len(person), np.int64), np.zeros(people, np.int64)
    arcs = flow.add_arcs_with_capacity_and_unit_cost(person, people + post, one, -worth)
    flow.add_arcs_with_capacity_and_unit_cost(everybody, np.full(people, sink), np.ones(people, np.int64), none)
    flow.add_arcs_with_capacity_and_unit_cost(posts, np.full(len(free), sink), free, np.zeros(len(free), np.int64))
    flow.set_nodes_supplies(everybody, np.ones(people, np.int64))
    flow.set_node_supply(sink, -people)
    status = flow.solve()
    if status != flow.OPTIMAL:
        raise NoOptimum(str(status))
    return np.asarray(flow.flows(arcs)) > 0
