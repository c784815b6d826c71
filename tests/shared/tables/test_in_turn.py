"""One workbook at a time is opened beside the requests, and nobody else waits for that."""

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Iterator

import pytest

from shared.tables import TableInvalid
from shared.tables import in_turn as opening
from shared.tables.in_turn import beside, in_turn
from shared.time_limit import TookTooLong


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


def where() -> int:
    return os.getpid()


def loop() -> None:
    while True:
        pass


def die() -> None:
    os._exit(1)


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A process of the test's own."""
    kept = opening._Kept()
    monkeypatch.setattr(opening, "_KEPT", kept)
    yield
    kept.end()


@pytest.mark.usefixtures("kept")
async def test_one_process_beside_this_one_opens_one_after_another() -> None:
    first, *others = await asyncio.gather(*(beside(where) for _ in range(3)))
    assert first != os.getpid()
    assert others == [first, first]


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize(("what", "error"), [(loop, TookTooLong), (die, TableInvalid)])
async def test_what_loops_or_ends_its_process_is_refused_and_the_next_is_opened(
    what: Callable[[], None], error: type[Exception]
) -> None:
    await beside(where)  # else it had to begin in that time
    assert opening._KEPT._sides is not None
    opening._KEPT._sides._seconds = 1.0
    late, after = asyncio.create_task(beside(what)), asyncio.create_task(beside(where))
    with pytest.raises(error):
        await late
    assert await after != os.getpid()


@pytest.mark.usefixtures("kept")
async def test_one_that_ended_while_nobody_used_it_is_begun_anew() -> None:
    first = await beside(where)
    os.kill(first, signal.SIGKILL)
    assert await beside(where) != first
