"""One workbook at a time is opened beside the requests, and nobody else waits for that."""

import asyncio
import threading

import pytest

from shared.tables.in_turn import in_turn


async def test_one_at_a_time_and_other_threads_are_free() -> None:
    opened, go_on = list[int](), threading.Event()

    def open_one(number: int) -> int:
        opened.append(number)
        assert go_on.wait(10)
        return number

    many = [asyncio.create_task(in_turn(open_one, number)) for number in range(50)]
    while not opened:
        await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await asyncio.gather(*(asyncio.to_thread(threading.get_ident) for _ in range(10)))
    assert opened == [0]
    many[1].cancel()
    await asyncio.wait([many[1]])
    go_on.set()
    await asyncio.wait(many)
    assert opened == [0, *range(2, 50)], "whoever hung up is passed over"


async def test_what_is_wrong_with_it_is_raised() -> None:
    with pytest.raises(ValueError, match="no table"):
        await in_turn(_refuse)


def _refuse() -> None:
    raise ValueError("no table")
