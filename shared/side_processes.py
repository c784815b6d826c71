"""Processes that do sums for another one: for sums that keep the interpreter's lock, where a thread gives no further core.

They are forked from a server that has imported what they need and does nothing else, so that one is there in a tenth
of a second and shares its memory. What they are given and what they return goes through pipes. They end with the
process they work for, also when that is killed: nothing they do may be missed.
"""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import connection, get_context, parent_process
from threading import Thread
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

from shared.worker_process import NICENESS, collect_rarely

T = TypeVar("T")
R = TypeVar("R")
P = ParamSpec("P")

_CONTEXT = get_context("forkserver")
_modules: list[str] = []
_own: Any = None
"""What a side process works on; nothing in any other one."""


def preload(module: str) -> None:
    """Have the server import a module when it starts, which it does when it is first needed."""
    _modules.append(module)
    _CONTEXT.set_forkserver_preload(_modules)


def prepare() -> None:
    """Start the server early, so that nobody waits for it later. Blocks until it has imported what it is to import."""
    with side_processes(1, None) as side:
        side.begin(_nothing).result()


class SideProcesses(Generic[T]):
    """See `side_processes`."""

    def __init__(self, pool: ProcessPoolExecutor) -> None:
        self._pool = pool

    def begin(self, what: Callable[Concatenate[T, P], R], *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Have `what` done with a process's own object, after what was begun before.

        What it raises must be fit to be pickled. All raise `BrokenProcessPool` when one of the processes is killed.
        """
        return self._pool.submit(_do, what, args, kwargs)


@contextmanager
def side_processes(count: int, own: T) -> Iterator[SideProcesses[T]]:
    """So many processes, each with a copy of `own`, which it keeps. What is not done at the end is dropped.

    They begin at once: nobody waits for them who has something else to do first.
    """
    pool = ProcessPoolExecutor(count, _CONTEXT, _begin, (own,))
    try:
        for _ in range(count):
            pool.submit(_nothing)
        yield SideProcesses(pool)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _begin(own: Any) -> None:
    global _own  # noqa: PLW0603 # a process of the pool has nothing else
    _own = own
    Thread(target=_end_with_parent, daemon=True).start()
    os.setpriority(os.PRIO_PROCESS, 0, max(os.getpriority(os.PRIO_PROCESS, 0), NICENESS))
    collect_rarely()


def _nothing(_: None = None) -> None: ...


def _do(what: Callable[..., R], args: tuple[Any, ...], kwargs: dict[str, Any]) -> R:
    return what(_own, *args, **kwargs)


def _end_with_parent() -> None:
    parent = parent_process()
    assert parent is not None
    connection.wait([parent.sentinel])
    os._exit(1)
