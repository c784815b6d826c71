"""Law and score for all pairs at once: people and posts are taken together by equal keys, each table reckoned once.

The tables come from the very rules of `law.py` and `score.py`: asked for each pair of distinct keys, or, where there are
many, written once more over arrays (`_FAST`). A property test holds that batch and rules agree, pair by pair.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from services.jobs.rules import law, score
from services.jobs.rules.distances import or_too_far
from services.jobs.rules.matching_terms import Opening, Seeker, Terms

Ints = NDArray[np.int32]
Cells = NDArray[np.int16]
Key = TypeVar("Key", bound=Hashable)

MOST_ROWS = 3000
"""So many combinations of keys become one table (30 MB for 1,000 posts each 5,000 rows of 2 bytes)."""
MOST_CELLS = 40_000_000
"""So many cells are laid out post by post; above that they are looked up for each chunk of people."""

UNKNOWN_KM = 32_000
"""Farther than any two places are."""


@dataclass(frozen=True, slots=True)
class Table:
    """A row for each distinct key of people; `codes` says which row is whose. `columns` None: a column is a post."""

    codes: Ints
    rows: Cells
    columns: Ints | None = None

    def take(self, people: slice, out: Cells) -> None:
        """The rows of these people, a column a post, into `out`."""
        if self.columns is None:
            np.take(self.rows, self.codes[people], axis=0, out=out, mode="clip")
        else:
            np.take(self.rows[self.codes[people]], self.columns, axis=1, out=out, mode="clip")


@dataclass(frozen=True, slots=True)
class Tables:
    """`points` are added; `bars` hold -1 where a pair is excluded, and are or-ed: what is left below 0 is excluded."""

    points: Sequence[Table]
    bars: Sequence[Table]
    posts: int


def build_tables(
    seekers: Sequence[Seeker], openings: Sequence[Opening], terms: Terms, filters: Sequence[law.Filter] = law.FILTERS
) -> Tables:
    """The filters, all where none are named, and all parts for these people and posts."""
    bars = [bar_table(one, seekers, openings, terms) for one in filters]
    parts = [_part_table(one, seekers, openings, terms) for one in score.PARTS]
    barring = [one for one in bars if one.rows.any()]
    return Tables(_folded(parts, np.add), _folded(barring, np.bitwise_or), len(openings))


def bar_matrix(one: law.Filter, people: Sequence[Any], posts: Sequence[Any], terms: Terms) -> NDArray[np.bool_]:
    """Whether distinct key of people and distinct key of posts may not meet, by one filter."""
    fast = _FAST_BARS.get(one.code)
    if fast is not None:
        return fast(people, posts, terms)
    return np.array([[one.bars(a, b, terms) for b in posts] for a in people], dtype=bool).reshape(
        len(people), len(posts)
    )


def bar_table(one: law.Filter, seekers: Sequence[Seeker], openings: Sequence[Opening], terms: Terms) -> Table:
    """One filter for these people and posts: -1 where it excludes."""
    people, codes = distinct(map(one.seeker, seekers))
    posts, columns = distinct(one.opening(post, terms) for post in openings)
    return _laid_out(codes, -bar_matrix(one, people, posts, terms).astype(np.int16), columns)


def missing_table(seekers: Sequence[Seeker], openings: Sequence[Opening]) -> Table:
    """How many certificates that a post asks for somebody has not; 1 where none is missing, for then another thing is."""
    people, codes = distinct(one.trades for one in seekers)
    posts, columns = distinct(one.certificates for one in openings)
    cells = [[max(len(asked - has), 1) for asked in posts] for has in people]
    return _laid_out(codes, np.array(cells, dtype=np.int16).reshape(len(people), len(posts)), columns)


def distance_table(seekers: Sequence[Seeker], openings: Sequence[Opening], terms: Terms) -> Table:
    """Whole kilometres from home to the post; `UNKNOWN_KM` where nobody knows."""
    villages, codes = distinct(one.area_code for one in seekers)
    places, columns = distinct(one.place for one in openings)
    far = np.minimum(_kilometres(villages, places, terms).round(), UNKNOWN_KM)
    return _laid_out(codes, far.astype(np.int16), columns)


def _part_table(part: score.Part, seekers: Sequence[Seeker], openings: Sequence[Opening], terms: Terms) -> Table:
    people, codes = distinct(map(part.seeker, seekers))
    posts, columns = distinct(map(part.opening, openings))
    fast = _FAST_SHARES.get(part.name)
    if fast is not None:
        shares = fast(people, posts, terms)
    else:
        cells = [[part.share(a, b, terms) for b in posts] for a in people]
        shares = np.array(cells, dtype=np.int64).reshape(len(people), len(posts))
    weight: int = getattr(terms.weights.parts, part.name)
    return _laid_out(codes, (shares * weight // score.FULL).astype(np.int16), columns)


def distinct(keys: Iterable[Key]) -> tuple[list[Key], Ints]:
    """Each key once, in the order of meeting, and for each of all which one it is."""
    places: dict[Key, int] = {}
    codes = [places.setdefault(key, len(places)) for key in keys]
    return list(places), np.array(codes, dtype=np.int32)


def _laid_out(codes: Ints, small: Cells, columns: Ints) -> Table:
    if small.shape[0] * len(columns) <= MOST_CELLS:
        return Table(codes, np.ascontiguousarray(small[:, columns]))
    return Table(codes, small, columns)


def _folded(tables: Sequence[Table], join: Callable[[Cells, Cells], Any]) -> list[Table]:
    """Tables put into one another while there are few combinations of their keys: fewer rows to join for each person."""
    folded: list[Table] = []
    for table in sorted(tables, key=lambda one: len(one.rows)):
        for place, other in enumerate(folded):
            joined = _fold(other, table, join)
            if joined is not None:
                folded[place] = joined
                break
        else:
            folded.append(table)
    return folded


def _fold(one: Table, other: Table, join: Callable[[Cells, Cells], Any]) -> Table | None:
    if one.columns is not None or other.columns is not None:
        return None
    width = len(other.rows)
    pairs, codes = np.unique(one.codes.astype(np.int64) * width + other.codes, return_inverse=True)
    if len(pairs) > MOST_ROWS or len(pairs) * one.rows.shape[1] > MOST_CELLS:
        return None
    return Table(codes.astype(np.int32), join(one.rows[pairs // width], other.rows[pairs % width]))


def _numbers(keys: Iterable[int | None], absent: float) -> NDArray[np.float64]:
    return np.array([absent if key is None else key for key in keys], dtype=np.float64)


def _floor_bars(floors: Sequence[int | None], pays: Sequence[int], _: Terms) -> NDArray[np.bool_]:
    return np.asarray(_numbers(pays, 0)[None, :] < _numbers(floors, -1)[:, None])


def _today_bars(wages: Sequence[int | None], pays: Sequence[int], terms: Terms) -> NDArray[np.bool_]:
    return np.asarray(_numbers(pays, 0)[None, :] < (_numbers(wages, -1) * terms.weights.least_pay_ratio)[:, None])


def _place_bars(refused: Sequence[tuple[str, ...]], places: Sequence[str], _: Terms) -> NDArray[np.bool_]:
    prefixes, codes = distinct(chain.from_iterable(refused))
    begins = np.array([[place.startswith(one) for place in places] for one in prefixes], dtype=bool)
    barred = np.zeros((len(refused), len(places)), dtype=bool)
    owner = np.repeat(np.arange(len(refused)), [len(one) for one in refused])
    for row, code in zip(owner, codes, strict=True):
        barred[row] |= begins[code]
    return barred


def _care_bars(homes: Sequence[tuple[str, int | None]], places: Sequence[str], terms: Terms) -> NDArray[np.bool_]:
    """Distances are reckoned once for each village, whatever the reach of its people."""
    villages, codes = distinct(village for village, within in homes if within is not None)
    measured = _kilometres(villages, places, terms)
    barred = np.zeros((len(homes), len(places)), dtype=bool)
    tied = [(row, within) for row, (_, within) in enumerate(homes) if within is not None]
    for (row, within), code in zip(tied, codes, strict=True):
        barred[row] = measured[code] > within
    return barred


def _kilometres(villages: Sequence[str], places: Sequence[str], terms: Terms) -> NDArray[np.float64]:
    """Reckoned once for each two measured areas, however many villages and places lie in them."""
    near, rows = distinct(map(terms.distances.seat, villages))
    far, columns = distinct(map(terms.distances.seat, places))
    seats = [[or_too_far(terms.distances.between(one, other)) for other in far] for one in near]
    found = np.array(seats, dtype=np.float64).reshape(len(near), len(far))[np.ix_(rows, columns)]
    found[np.array(villages)[:, None] == np.array(places)[None, :]] = 0.0
    return found


def _closeness(own: Sequence[str], trades: Sequence[str]) -> NDArray[np.int64]:
    """Closeness of each own trade to each other trade."""

    def same(digits: int | None) -> NDArray[np.bool_]:
        mine, theirs = (np.array([one[:digits] for one in some], dtype="U16") for some in (own, trades))
        return np.asarray(mine[:, None] == theirs[None, :])

    near = np.where(same(score.MAJOR_DIGITS), score.SAME_MAJOR, 0)
    near = np.where(same(score.GROUP_DIGITS), score.SAME_GROUP, near)
    return np.where(same(None), score.FULL, near).astype(np.int64)


def _closest(sets: Sequence[Iterable[str]], trades: Sequence[str], absent: int) -> NDArray[np.int64]:
    """For each set of trades the closest of it to each trade; `absent` where the set is empty."""
    lists = [list(one) for one in sets]
    own, codes = distinct(chain.from_iterable(lists))
    near = _closeness(own, trades)
    best = np.full((len(lists), len(trades)), -1, dtype=np.int64)
    at = 0
    for row, one in enumerate(lists):
        if one:
            best[row] = near[codes[at : at + len(one)]].max(axis=0)
        else:
            best[row] = absent
        at += len(one)
    return best


def _wish_shares(wanted: Sequence[tuple[str, ...]], trades: Sequence[str], _: Terms) -> NDArray[np.int64]:
    return _closest(wanted, trades, score.NO_WISH)


def _skill_shares(knows: Sequence[Any], trades: Sequence[str], _: Terms) -> NDArray[np.int64]:
    by_paper = _closest([papers for papers, _own, _skill in knows], trades, 0)
    by_work = _closest([(own,) if own else () for _papers, own, _skill in knows], trades, 0)
    bare = np.array([score.BARE_SKILL.get(skill, 0) for _papers, _own, skill in knows], dtype=np.int64)
    return np.maximum(np.maximum(by_paper, by_work * score.OWN_TRADE // score.FULL), bare[:, None])


def _training_shares(knows: Sequence[Any], posts: Sequence[tuple[str, bool]], _: Terms) -> NDArray[np.int64]:
    known = _closest(
        [(*papers, *((own,) if own else ())) for papers, own in knows], [trade for trade, _course in posts], 0
    )
    taught = np.array([score.WITH_COURSE if course else 0 for _trade, course in posts], dtype=np.int64)
    return np.maximum(known, taught[None, :])


def _gain_shares(steps: Sequence[int | None], pays: Sequence[int], terms: Terms) -> NDArray[np.int64]:
    base = np.array([one * score.WAGE_STEP if one else terms.weights.usual_pay for one in steps], dtype=np.int64)
    full = np.array([max(round(int(one) * terms.weights.full_gain), 1) for one in base], dtype=np.int64)
    gain = (np.array(pays, dtype=np.int64)[None, :] - base[:, None]) * score.FULL // full[:, None]
    return np.asarray(np.clip(gain, 0, score.FULL))


def _company_shares(villages: Sequence[str], places: Sequence[tuple[str, str]], terms: Terms) -> NDArray[np.int64]:
    """Only the villages and places where somebody is are visited."""
    rows = {village: row for row, village in enumerate(villages)}
    columns: dict[str, list[int]] = {}
    for column, place in enumerate(places):
        for one in place:
            columns.setdefault(one, []).append(column)
    there = np.zeros((len(villages), len(places)), dtype=np.int64)
    for (village, place_id), people in terms.villagers.items():
        row, found = rows.get(village), columns.get(place_id)
        if row is not None and found is not None:
            there[row, found] = np.maximum(there[row, found], people)
    full = terms.weights.villagers_full
    return np.minimum(there, full) * score.FULL // full


_FAST_BARS: dict[str, Callable[[Sequence[Any], Sequence[Any], Terms], NDArray[np.bool_]]] = {
    "wage_floor": _floor_bars,
    "no_better_pay": _today_bars,
    "place_refused": _place_bars,
    "care_distance": _care_bars,
}
_FAST_SHARES: dict[str, Callable[[Sequence[Any], Sequence[Any], Terms], NDArray[np.int64]]] = {
    "trade": _wish_shares,
    "skill": _skill_shares,
    "pay": _gain_shares,
    "place": _company_shares,
    "training": _training_shares,
}
