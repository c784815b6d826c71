"""Pieces come in order, errors where they happened, and a consumer who leaves takes the thread with him."""

import asyncio
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from concurrent.futures import Future

import pytest

from shared.ahead import ahead, begun_ahead, laid_aside, made_ahead


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


async def numbers(count: int) -> AsyncIterator[int]:
    for number in range(count):
        yield number


async def test_one_is_made_while_the_one_before_is_consumed() -> None:
    begun = [threading.Event() for _ in range(3)]

    def make(number: int) -> int:
        begun[number].set()
        return number * 2

    got: list[int] = []
    async for made in made_ahead(make, numbers(3)):
        got.append(made)
        if len(got) < len(begun):
            assert begun[len(got)].wait(10), "the next one is not being made"
    assert got == [0, 2, 4]
    assert [one async for one in made_ahead(make, numbers(0))] == []


async def test_what_is_made_is_made_one_after_the_other() -> None:
    busy, order = threading.Lock(), list[int]()

    def make(number: int) -> int:
        assert busy.acquire(blocking=False), "another one is being made"
        time.sleep(0.001)
        order.append(number)
        busy.release()
        return number

    assert [made async for made in made_ahead(make, numbers(50))] == order == list(range(50))


async def test_what_cannot_be_made_is_told_in_its_place() -> None:
    made = made_ahead(lambda number: 6 // (2 - number), numbers(4))
    assert [await anext(made), await anext(made)] == [3, 6]
    with pytest.raises(ZeroDivisionError):
        await anext(made)


async def test_others_make_as_many_ahead_as_are_wanted() -> None:
    making: list[Future[int]] = []

    def begin(number: int) -> Future[int]:
        making.append(Future())
        if number:  # the last one is done first
            making[number].set_result(number)
        return making[number]

    made = begun_ahead(begin, numbers(4), depth=2)
    first = asyncio.ensure_future(anext(made))
    await asyncio.sleep(0)
    assert not first.done()
    making[0].set_result(0)
    assert [await first, *[one async for one in made]] == [0, 1, 2, 3]
    assert len(making) == 4


@pytest.mark.parametrize("memory", [1, 1 << 20])
async def test_what_is_laid_aside_is_made_before_anybody_takes_it(memory: int) -> None:
    made: list[int] = []

    async def source() -> AsyncGenerator[int]:
        for number in range(9):
            made.append(number)
            yield number
            if number == 4:
                await taken.wait()

    taken = asyncio.Event()
    async with laid_aside(source(), memory) as pieces:
        await _turns()
        assert made == [0, 1, 2, 3, 4]
        assert await anext(pieces) == 0
        taken.set()
        await _turns()
        assert [one async for one in pieces] == list(range(1, 9)), "what came after one was taken lies behind the rest"


async def _turns() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_an_error_comes_after_what_was_made_before_it() -> None:
    async def source() -> AsyncGenerator[int]:
        yield 1
        raise ZeroDivisionError

    async with laid_aside(source(), 9) as pieces:
        assert await anext(pieces) == 1
        with pytest.raises(ZeroDivisionError):
            await anext(pieces)


async def test_nothing_is_made_any_more_when_the_block_ends() -> None:
    ended = False

    async def source() -> AsyncGenerator[int]:
        nonlocal ended
        try:
            while True:
                yield 1
                await asyncio.sleep(0)
        finally:
            ended = True

    with pytest.raises(KeyError):
        async with laid_aside(source(), 9) as pieces:
            await anext(pieces)
            raise KeyError
    assert ended
