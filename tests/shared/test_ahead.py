"""Pieces come in order, errors where they happened, and a consumer who leaves takes the thread with him."""

import threading
from collections.abc import Iterator

import pytest

from shared.ahead import ahead


def test_everything_comes_in_order() -> None:
    assert list(ahead(iter(range(1000)))) == list(range(1000))
    assert list(ahead(ahead([1, 2, 3]))) == [1, 2, 3]
    assert list(ahead([])) == []
    assert list(ahead([None, None])) == [None, None]


def test_an_error_is_raised_where_it_happened() -> None:
    def source() -> Iterator[int]:
        yield 1
        raise KeyError("x")

    got = ahead(source())
    assert next(got) == 1
    with pytest.raises(KeyError):
        next(got)


def test_who_leaves_stops_the_work() -> None:
    made: list[int] = []
    before = threading.active_count()

    def source() -> Iterator[int]:
        for number in range(10**9):
            made.append(number)
            yield number

    got = ahead(source())
    assert [next(got), next(got)] == [0, 1]
    got.close()
    assert threading.active_count() == before
    assert len(made) <= 5
