"""Workbooks are opened one after another in a process that answers requests, or better beside it.

A workbook of 200 kB may unpack to 600 MB for as long as it is looked at: `MOST_CELLS` bounds one of them, and a process
has to bear one, but not as many as somebody sends at once. One that is built to make its reader loop would hold up all
who come after it: what is sent by somebody is looked at beside the requests first, and that has an end.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import Any, ParamSpec, TypeVar

from shared.side_processes import SideProcessEnded, SideProcesses
from shared.tables.table import refusal
from shared.time_limit import TookTooLong

P = ParamSpec("P")
T = TypeVar("T")
OPEN_SECONDS = 120.0
"""What the largest workbook that is taken needs, several times over."""
_OPENER = ThreadPoolExecutor(1, "opener")


async def in_turn(open_one: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do it in a thread, while none other is at it; who waits holds no thread. What comes back must not hold much."""
    call = copy_context().run
    return await asyncio.get_running_loop().run_in_executor(_OPENER, lambda: call(open_one, *args, **kwargs))


async def beside(open_one: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do it in turn, in a process beside this one: what it is given and what comes back goes through a pipe.

    Raises what it does, `TookTooLong`, and `TableInvalid` when the process does not survive it.
    """
    try:
        return await in_turn(partial(_KEPT.do, open_one, *args, **kwargs))
    except TookTooLong:
        raise TookTooLong from None  # from here: what a route answers is read off its code


async def keep_ready() -> None:
    """Background work: have the process there before somebody waits for it, and end it with the service."""
    try:
        await in_turn(_KEPT.do, _nothing)
        await asyncio.Event().wait()
    finally:
        _KEPT.end()


class _Kept:
    """One side process, begun when it is needed and anew when it has ended. For one thread at a time."""

    def __init__(self) -> None:
        self._sides: SideProcesses[None] | None = None

    def do(self, what: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What comes of it. Twice where the process ends: it may have been another's doing, as when memory is short."""
        for _ in range(2):
            self._sides = sides = self._sides or SideProcesses(1, None, OPEN_SECONDS)
            try:
                found: T = sides.begin(_do, what, *args, **kwargs).result()
            except TookTooLong:
                self.end()
                raise
            except SideProcessEnded:
                self.end()
            else:
                return found
        raise refusal("workbook-broken")

    def end(self) -> None:
        """End the process, whatever it is at."""
        if self._sides is not None:
            self._sides.end()
            self._sides = None


_KEPT = _Kept()


def _do(_: None, what: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    return what(*args, **kwargs)


def _nothing() -> None: ...
