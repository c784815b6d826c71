"""What takes too long is told to whoever waits, and ends a process that is there for it, whatever it is at."""

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared import time_limit
from shared.time_limit import TookTooLong, end_if_left, in_time

ROOT = Path(__file__).parents[2]
FROZEN = """
import asyncio, re
from shared import time_limit

async def main():
    watching = asyncio.create_task(time_limit.watch_loop())
    await asyncio.sleep(1.5)  # longer than a step may take: the loop has its turn
    print("well so far", flush=True)
    re.match(r"(a*)*b", "a" * 99)

time_limit.set_up(1)
asyncio.run(main())
"""


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bool]]:
    """Little time; what would end the process says so instead."""
    ends: list[bool] = []
    for name, value in (("_seconds", 0.1), ("_end", lambda: ends.append(True)), ("_left", set())):
        monkeypatch.setattr(time_limit, name, value)
    return ends


async def test_what_is_done_in_time_is_as_in_a_thread(ended: list[bool]) -> None:
    assert await in_time(divmod, 7, 2) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        await in_time(divmod, 7, 0)
    end_if_left()
    assert ended == []


async def test_what_is_not_is_told_and_ends_the_process(ended: list[bool]) -> None:
    going = threading.Event()
    with pytest.raises(TookTooLong):
        await in_time(going.wait)
    end_if_left()
    assert ended == [True]
    going.set()
    async with asyncio.timeout(10):
        while time_limit._left:
            await asyncio.sleep(0.01)
    end_if_left()
    assert ended == [True], "the thread has come back"


async def test_so_does_what_nobody_waits_for_any_more(ended: list[bool]) -> None:
    going = threading.Event()
    waiting = asyncio.create_task(in_time(going.wait))
    await asyncio.sleep(0.01)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    end_if_left()
    assert ended == [True]
    going.set()


def test_a_loop_that_gets_no_turn_ends_its_process_and_says_where_it_was() -> None:
    begun = time.monotonic()
    ran = subprocess.run([sys.executable, "-c", FROZEN], cwd=ROOT, capture_output=True, timeout=60, check=False)
    assert (ran.returncode, ran.stdout) == (1, b"well so far\n")
    assert b"re/__init__.py" in ran.stderr
    assert time.monotonic() - begun < 30
