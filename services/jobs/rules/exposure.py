"""The exposure report (公平性报告): how each group of people fared in a run, so that none is silently left out.

By sex, age, class of household, relocation, disability and township. Ethnic groups are not known to this service.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from services.jobs.rules.candidates import NOBODY, Candidates
from services.jobs.rules.matching_terms import Seeker
from services.jobs.rules.pairs import Ints

Kind = Literal["everybody", "sex", "age", "household_class", "relocated", "disability", "township"]
AGES = (0, 16, 25, 35, 45, 55, 200)
TOWNSHIP_DIGITS = 9
FEW = 5
"""A group with fewer people is told and never marked: one person more or less would change the mark."""


@dataclass(frozen=True, slots=True)
class Exposure:
    """One group: how many people, with at least one possible post, put forward, mean score of those put forward.
    `below`: the share put forward is less than the policy's part of everybody's."""

    kind: Kind
    group: str
    people: int
    with_candidate: int
    placed: int
    mean_score: float | None
    below: bool


@dataclass(slots=True)
class _Count:
    people: int = 0
    with_candidate: int = 0
    placed: int = 0
    score: int = 0


def exposure(
    seekers: Sequence[Seeker], found: Candidates, posts: Ints, scores: Iterable[int], ratio: float
) -> list[Exposure]:
    """One line for each group that occurs. `scores`: of each person's post, anything where there is none."""
    counts: dict[tuple[Kind, str], _Count] = defaultdict(_Count)
    for seeker, possible, post, points in zip(seekers, found.possible.tolist(), posts.tolist(), scores, strict=True):
        for kind, group_of in GROUPS.items():
            count = counts[kind, group_of(seeker)]
            count.people += 1
            count.with_candidate += possible > 0
            if post != NOBODY:
                count.placed += 1
                count.score += points
    everybody = counts.get(("everybody", "all"), _Count())
    least = ratio * everybody.placed / everybody.people if everybody.people else 0.0
    order = list(GROUPS)
    keys = sorted(counts, key=lambda key: (order.index(key[0]), key[1]))
    return [_line(kind, group, counts[kind, group], least) for kind, group in keys]


def _line(kind: Kind, group: str, count: _Count, least: float) -> Exposure:
    mean = round(count.score / count.placed, 1) if count.placed else None
    below = count.people >= FEW and count.placed / count.people < least
    return Exposure(kind, group, count.people, count.with_candidate, count.placed, mean, below)


def _age_band(seeker: Seeker) -> str:
    low, high = next((low, high) for low, high in pairwise(AGES) if low <= seeker.age < high)
    return f"{low}-{high - 1}"


GROUPS: dict[Kind, Callable[[Seeker], str]] = {
    "everybody": lambda _: "all",
    "sex": lambda one: one.sex,
    "age": _age_band,
    "household_class": lambda one: one.household_class,
    "relocated": lambda one: "yes" if "relocated" in one.groups else "no",
    "disability": lambda one: "yes" if one.disability_level is not None else "no",
    "township": lambda one: one.area_code[:TOWNSHIP_DIGITS],
}
