"""Who stays without a post, why, and which single change would open the nearest one that is still free.

Nearest: of the posts with a free opening that exactly one changeable filter excludes, the one that asks for the fewest
certificates more, then the fewest kilometres away by the policy of distances, then the one with the best score.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from services.jobs.rules.candidates import CHUNK, NOBODY, Candidates, chunks_of, values_of
from services.jobs.rules.law import CHANGEABLE, FILTERS, Changeable
from services.jobs.rules.matching_terms import Opening, Seeker, Terms
from services.jobs.rules.pairs import (
    UNKNOWN_KM,
    Cells,
    Ints,
    bar_table,
    build_tables,
    distance_table,
    missing_table,
)

Left = Literal["no_possible_post", "all_taken"]
"""No open post passes the filters; or those that do are filled with others."""

Nearness = tuple[int, int, int]
"""What sorts posts that one change would open, the nearest first: certificates to be got, if any; kilometres; score."""

FARTHEST: Nearness = (1000, UNKNOWN_KM, 0)
"""Of who has no such post at all."""

Facts = dict[str, str | int | float | list[str] | None]

_CHANGING = tuple(one for one in FILTERS if one.code in CHANGEABLE)
_FIXED = tuple(one for one in FILTERS if one.code not in CHANGEABLE)


@dataclass(frozen=True, slots=True)
class OneChange:
    """With this change the post, given by its place among the openings, would be open to the person."""

    post: int
    code: Changeable
    score: int
    facts: Facts
    nearness: Nearness


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A person, by place among the seekers, who was not put forward for any post."""

    person: int
    why: Left
    change: OneChange | None


def without_post(
    seekers: Sequence[Seeker], openings: Sequence[Opening], terms: Terms, found: Candidates, posts: Ints
) -> list[LeftOut]:
    """Everybody whom `posts` places nowhere."""
    left = np.flatnonzero(posts == NOBODY)
    taken = np.bincount(posts[posts != NOBODY], minlength=len(openings))
    free = [place for place, opening in enumerate(openings) if opening.free > taken[place]]
    best = _nearest([seekers[at] for at in left.tolist()], [openings[place] for place in free], terms)
    told: list[LeftOut] = []
    for person, change in zip(left.tolist(), best, strict=True):
        why: Left = "all_taken" if found.possible[person] else "no_possible_post"
        if change is None:
            told.append(LeftOut(person, why, None))
            continue
        at, code, score = change
        seeker, opening = seekers[person], openings[free[at]]
        near, facts = nearness(seeker, opening, score, terms), facts_of(code, seeker, opening, terms)
        told.append(LeftOut(person, why, OneChange(free[at], code, score, facts, near)))
    return told


def nearness(seeker: Seeker, opening: Opening, score: int, terms: Terms) -> Nearness:
    """How near a post is that one change would open; distances in whole kilometres, unknown ones last."""
    far = terms.distances.kilometres(seeker.area_code, opening.place)
    missing = max(len(opening.certificates - seeker.trades), 1)
    return missing, UNKNOWN_KM if far is None else round(far), -score


def facts_of(code: Changeable, seeker: Seeker, opening: Opening, terms: Terms) -> Facts:
    """What exactly would have to change."""
    if code == "certificate_missing":
        return {"certificates": sorted(opening.certificates - seeker.trades), "course": int(opening.course)}
    if code == "wage_floor":
        return {"wage_floor": seeker.wage_floor, "pay": opening.pay_low}
    if code == "place_refused":
        return {
            "place": opening.place,
            "refused": [one for one in seeker.refused_areas if opening.place.startswith(one)],
        }
    if code == "care_distance":
        far = terms.distances.kilometres(seeker.area_code, opening.place)
        return {"within_km": seeker.care_within_km, "kilometres": None if far is None else round(far, 1)}
    return {}


def _nearest(
    seekers: Sequence[Seeker], openings: Sequence[Opening], terms: Terms
) -> list[tuple[int, Changeable, int] | None]:
    """For each person the nearest post that one change would open: its place, the change, the score."""
    if not seekers or not openings:
        return [None] * len(seekers)
    tables = build_tables(seekers, openings, terms, _FIXED)
    changing = [bar_table(one, seekers, openings, terms) for one in _CHANGING]
    missing, far = missing_table(seekers, openings), distance_table(seekers, openings, terms)
    shape = (CHUNK, len(openings))
    total, row, failed = np.empty(shape, np.int16), np.empty(shape, np.int16), np.empty(shape, np.int16)
    answers: list[tuple[int, Changeable, int] | None] = []
    for chunk in chunks_of(slice(0, len(seekers))):
        size = chunk.stop - chunk.start
        value, fails = values_of(tables, chunk, total[:size], row[:size]), failed[:size]
        fails.fill(0)
        for table in changing:
            table.take(chunk, row[:size])
            np.subtract(fails, row[:size], out=fails)
        np.copyto(value, NOBODY, where=fails != 1)
        for table in (missing, far):
            table.take(chunk, row[:size])
            _keep_least(value, row[:size])
        best = value.argmax(axis=1)
        for person, at in enumerate(best.tolist()):
            points = int(value[person, at])
            answers.append(
                None if points < 0 else (at, _failing(seekers[chunk.start + person], openings[at], terms), points)
            )
    return answers


def _keep_least(value: Cells, measure: Cells) -> None:
    """Of the posts that are left to each person, keep those that measure least."""
    np.copyto(measure, np.iinfo(np.int16).max, where=value < 0)
    np.copyto(value, NOBODY, where=measure != measure.min(axis=1, keepdims=True))


def _failing(seeker: Seeker, opening: Opening, terms: Terms) -> Changeable:
    [code] = [one.code for one in _CHANGING if one.bars(one.seeker(seeker), one.opening(opening, terms), terms)]
    return code  # type: ignore[return-value]
