"""Each person's best posts, among all that no filter excludes: chunk by chunk, on as many threads as there are cores.

A pair is one whole number: the score above, a number of the post below that is different for every person. So equal
scores fall in an order that is fixed by the input alone, and the openings of equal posts are spread over the people.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from services.jobs.rules.pairs import Cells, Ints, Table, Tables

CHUNK = 32  # people; their keys for 10,000 posts stay in a core's cache
BLOCK = 2048  # people between two looks at whether to go on
SPREAD = 2654435761  # Knuth's multiplier: neighbours get numbers far apart
NOBODY = -1

Told = Callable[[float], None]
"""Hears how far it is, 0 to 1; may raise to stop it."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """For each person the best posts, best first: place in the list of openings, -1 where there are no more; scores;
    and how many posts no filter excludes."""

    posts: Ints
    scores: Ints
    possible: Ints


def best_candidates(
    tables: Tables, people: int, most: int, *, threads: int = 2, told: Told = lambda _: None
) -> Candidates:
    """The `most` best posts of each of so many people. Memory: a few chunks besides the tables and the answer."""
    width = min(most, tables.posts)
    posts, scores = (np.full((people, width), NOBODY, np.int32) for _ in range(2))
    found = Candidates(posts, scores, np.zeros(people, np.int32))
    if not width:
        return found
    with ThreadPoolExecutor(threads) as pool:
        waiting: list[Future[None]] = [
            pool.submit(_block, tables, slice(at, min(at + BLOCK, people)), found) for at in range(0, people, BLOCK)
        ]
        try:
            for done, one in enumerate(waiting, start=1):
                one.result()
                told(done / len(waiting))
        except BaseException:
            for one in waiting:
                one.cancel()
            raise
    return found


def _bits(posts: int) -> int:
    return max(posts - 1, 1).bit_length()


def _marks(people: slice, bits: int) -> Ints:
    """A number below 2 ** bits for each person, to be xor-ed with the places of posts."""
    spread = np.arange(people.start, people.stop, dtype=np.uint64) * np.uint64(SPREAD)
    return ((spread >> np.uint64(7)) & np.uint64((1 << bits) - 1)).astype(np.int32)


def _block(tables: Tables, people: slice, found: Candidates) -> None:
    shape = (CHUNK, tables.posts)
    total, row, keys = np.empty(shape, np.int16), np.empty(shape, np.int16), np.empty(shape, np.int32)
    order = np.arange(tables.posts, dtype=np.int32)
    bits, width = _bits(tables.posts), found.posts.shape[1]
    for chunk in chunks_of(people):
        size = chunk.stop - chunk.start
        value, low = values_of(tables, chunk, total[:size], row[:size]), _marks(chunk, bits)[:, None]
        key = keys[:size]
        np.left_shift(value, bits, out=key, dtype=np.int32)
        key |= np.bitwise_xor(order[None, :], low)
        found.possible[chunk] = np.count_nonzero(value >= 0, axis=1)
        if width < tables.posts:
            key.partition(tables.posts - width, axis=1)
        best = np.sort(key[:, tables.posts - width :], axis=1)[:, ::-1]
        found.scores[chunk] = np.where(best >= 0, best >> bits, NOBODY)
        found.posts[chunk] = np.where(best >= 0, (best & np.int32((1 << bits) - 1)) ^ low, NOBODY)


def values_of(tables: Tables, people: slice, total: Cells, row: Cells) -> Cells:
    """Scores of these people for all posts; below 0 where a filter excludes the pair."""
    _joined(tables.points, people, total, row, np.add)
    for bar in tables.bars:
        bar.take(people, row)
        np.bitwise_or(total, row, out=total)
    return total


def _joined(tables: Sequence[Table], people: slice, total: Cells, row: Cells, join: np.ufunc) -> None:
    tables[0].take(people, total)
    for table in tables[1:]:
        table.take(people, row)
        join(total, row, out=total)


def chunks_of(people: slice) -> Iterator[slice]:
    for at in range(people.start, people.stop, CHUNK):
        yield slice(at, min(at + CHUNK, people.stop))
