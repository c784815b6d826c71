"""The greedy run, which shows what an optimum is worth."""

from collections.abc import Sequence

import numpy as np

from services.jobs.rules.assignment import Assignment
from services.jobs.rules.candidates import NOBODY, Candidates


def assign_greedily(candidates: Candidates, free: Sequence[int], priorities: Sequence[int]) -> Assignment:
    """The best pair first, then the best that is left: what a list worked off from the top would give."""
    person, place = np.nonzero(candidates.posts != NOBODY)
    worth = candidates.scores[person, place].astype(np.int64) + np.asarray(priorities, np.int64)[person]
    left, posts, value = list(free), np.full(len(candidates.posts), NOBODY, np.int32), 0
    for at in np.argsort(-worth, kind="stable"):
        who, post = person[at], candidates.posts[person[at], place[at]]
        if posts[who] == NOBODY and left[post] > 0:
            posts[who], left[post] = post, left[post] - 1
            value += int(worth[at])
    return Assignment(posts, value)
