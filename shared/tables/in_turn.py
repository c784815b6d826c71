"""Workbooks are opened one after another in a process that answers requests.

A workbook of 200 kB may unpack to 600 MB for as long as it is looked at: `MOST_CELLS` bounds one of them, and a process
has to bear one, but not as many as somebody sends at once.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
_OPENER = ThreadPoolExecutor(1, "opener")


async def in_turn(open_one: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do it in a thread, while none other is at it; who waits holds no thread. What comes back must not hold much."""
    call = copy_context().run
    return await asyncio.get_running_loop().run_in_executor(_OPENER, lambda: call(open_one, *args, **kwargs))
