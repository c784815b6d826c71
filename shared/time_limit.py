"""How long one step of work may take: what makes its reader loop, or crawl for hours, must not hold up all others.

A side process that takes longer is killed (`shared.side_processes`). A thread cannot be: whoever waits for it hears of
it, and when the work has been told to have failed a process of its own ends, and a new one goes on with what is next.
"""

import asyncio
import faulthandler
import logging
from collections.abc import Callable
from contextvars import copy_context
from functools import partial
from typing import Any, ParamSpec, TypeVar

from shared.errors import DomainError

P = ParamSpec("P")
R = TypeVar("R")

log = logging.getLogger(__name__)

DEFAULT_SECONDS = 1800.0
"""Generous: the longest step there is, the optimum of a county, takes minutes on a machine that is busy otherwise."""
_ALIVE_SECONDS = 10.0


class TookTooLong(DomainError):
    """A step was not done in time."""

    code = "took-too-long"


_seconds = DEFAULT_SECONDS
_end: Callable[[], object] | None = None
_left: set[asyncio.Future[Any]] = set()
"""What threads are still at that nobody waits for."""


def set_up(seconds: float, end: Callable[[], object] | None = None) -> None:
    """Of this process: how long a step may take, and what ends it, where it may end because of a thread."""
    global _seconds, _end  # as the interpreter's own limits, it is the process's
    _seconds, _end = seconds, end


def step_seconds() -> float:
    """How long a step may take."""
    return _seconds


async def in_time(do: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """`do` in a thread, as `asyncio.to_thread`. Raises `TookTooLong`; then, and when cancelled, the thread goes on."""
    call = partial(copy_context().run, do, *args, **kwargs)
    doing = asyncio.get_running_loop().run_in_executor(None, call)
    try:
        await asyncio.wait([doing], timeout=_seconds)
    finally:
        if not doing.done():
            _left.add(doing)
            doing.add_done_callback(_left.discard)
    if not doing.done():
        raise TookTooLong
    return doing.result()


def end_if_left() -> None:
    """Between two pieces of work: end the process when a thread is left that nobody waits for."""
    if _left and _end is not None:
        log.warning("a step is left that nobody waits for: the process ends", extra={"steps": len(_left)})
        _end()


async def watch_loop() -> None:
    """Until cancelled: end the process, and say where each thread is, when the loop does not get its turn in time.

    What loops in a library that keeps the interpreter's lock lets no other thread do that.
    """
    try:
        while True:
            faulthandler.dump_traceback_later(_seconds, exit=True)
            await asyncio.sleep(min(_seconds / 4, _ALIVE_SECONDS))
    finally:
        faulthandler.cancel_dump_traceback_later()
