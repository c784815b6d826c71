"""A worker process lives as long as its parent, and no longer than any of its workers."""

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE

import pytest

_PROCESS = """
import asyncio
from shared.worker_process import until_parent_ends

async def waits():
    await asyncio.sleep(600)

async def dies():
    {how}

asyncio.run(until_parent_ends([waits, dies]))
"""


@pytest.mark.parametrize("how", ["raise RuntimeError", "raise asyncio.CancelledError", "return"])
async def test_a_process_ends_with_any_of_its_workers(how: str) -> None:
    """Else its parent would keep it, and what that worker had to do would be done by nobody."""
    command = (sys.executable, "-c", _PROCESS.format(how=how))
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stderr=DEVNULL)
    try:
        assert await asyncio.wait_for(process.wait(), 30) == 1
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_it_ends_in_order_with_its_parent() -> None:
    command = (sys.executable, "-c", _PROCESS.format(how="await waits()"))
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stderr=DEVNULL)
    assert process.stdin is not None
    process.stdin.close()
    assert await asyncio.wait_for(process.wait(), 30) == 0
