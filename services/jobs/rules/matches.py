"""The posts for one person at once: ranked, each explained, and what keeps the person from all others."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from services.jobs.rules.candidates import NOBODY, best_candidates
from services.jobs.rules.law import CHANGEABLE, FILTERS, Changeable, ExclusionCode, excluded_by
from services.jobs.rules.matching_terms import Opening, Seeker, Terms
from services.jobs.rules.one_change import Facts, Nearness, facts_of, nearness
from services.jobs.rules.pairs import Table, bar_table, build_tables
from services.jobs.rules.score import PartName, score_of

Row = NDArray[np.bool_]

NEAR = 5
"""So many posts are told that one change would open, the nearest first."""


@dataclass(frozen=True, slots=True)
class Match:
    """A post, the points of each part, and why it is excluded, if it is."""

    opening: Opening
    parts: dict[PartName, int]
    excluded: Sequence[ExclusionCode] = ()

    @property
    def score(self) -> int:
        """0 to 1,000."""
        return sum(self.parts.values())


@dataclass(frozen=True, slots=True)
class NearMatch:
    """A post that one change would open."""

    match: Match
    change: Changeable
    facts: Facts


@dataclass(frozen=True, slots=True)
class Matches:
    """`excluded`: how many posts each filter excludes; a post that several exclude is counted for each."""

    best: Sequence[Match]
    near: Sequence[NearMatch]
    possible: int
    looked_at: int
    excluded: dict[ExclusionCode, int]


def matches_of(seeker: Seeker, openings: Sequence[Opening], terms: Terms, most: int) -> Matches:
    """The `most` best posts for one person, and the rest in numbers."""
    if not openings:
        return Matches((), (), 0, 0, {})
    tables = {one.code: bar_table(one, [seeker], openings, terms) for one in FILTERS}
    bars = {code: _row(table) for code, table in tables.items()}
    scored = replace(build_tables([seeker], openings, terms, ()), bars=list(tables.values()))
    found = best_candidates(scored, 1, most, threads=1)
    best = [openings[place] for place in found.posts[0].tolist() if place != NOBODY]
    return Matches(
        [explained(seeker, opening, terms) for opening in best],
        _near(seeker, openings, terms, bars),
        int(found.possible[0]),
        len(openings),
        {code: int(row.sum()) for code, row in bars.items() if row.any()},
    )


def explained(seeker: Seeker, opening: Opening, terms: Terms) -> Match:
    """One pair, by the rules themselves."""
    return Match(opening, score_of(seeker, opening, terms), excluded_by(seeker, opening, terms))


def _row(table: Table) -> Row:
    row = table.rows[0] if table.columns is None else table.rows[0][table.columns]
    return np.asarray(row < 0)


def _near(seeker: Seeker, openings: Sequence[Opening], terms: Terms, bars: dict[ExclusionCode, Row]) -> list[NearMatch]:
    failed = np.sum([row.astype(np.int16) for row in bars.values()], axis=0)
    near = [
        NearMatch(explained(seeker, openings[place], terms), code, facts_of(code, seeker, openings[place], terms))
        for code in CHANGEABLE
        for place in np.flatnonzero(bars[code] & (failed == 1)).tolist()
    ]

    def first(one: NearMatch) -> tuple[Nearness, str]:
        return nearness(seeker, one.match.opening, one.match.score, terms), one.match.opening.post_id

    return sorted(near, key=first)[:NEAR]
