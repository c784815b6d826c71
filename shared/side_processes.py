"""Processes that do sums for another one: for sums that keep the interpreter's lock, where a thread gives no further core.

They are forked from a server that has imported what they need and does nothing else, so that one is there in a tenth
of a second and shares its memory. What they are given and what they return goes through pipes. They end with the
process they work for, also when that is killed: nothing they do may be missed. One that takes too long is killed.
"""

import fcntl
import logging
import os
import signal
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from multiprocessing import connection, get_context, parent_process
from queue import Empty, SimpleQueue
from threading import Thread
from time import sleep
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

from shared.time_limit import TookTooLong, step_seconds
from shared.worker_process import NICENESS, collect_rarely

T = TypeVar("T")
R = TypeVar("R")
P = ParamSpec("P")
_What = tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]
_Task = tuple[Future[Any], _What]

log = logging.getLogger(__name__)

_CONTEXT = get_context("forkserver")
_modules: list[str] = []
_PAUSES = (0.05, 0.5)  # seconds between attempts to start one


class SideProcessEnded(Exception):
    """One was killed, or could not be started."""


def preload(module: str) -> None:
    """Have the server import a module when it starts, which it does when it is first needed."""
    _modules.append(module)
    _CONTEXT.set_forkserver_preload(_modules)


def prepare() -> None:
    """Start the server early, so that nobody waits for it later. Blocks until it has imported what it is to import."""
    with side_processes(1, None) as side:
        side.begin(_nothing).result()


class SideProcesses(Generic[T]):
    """See `side_processes`. A thread for each hands it one thing after the other, and waits for what comes of it.

    `seconds`: how long each of these may take, if not as long as any step.
    """

    def __init__(self, count: int, own: T, seconds: float | None = None) -> None:
        self._seconds = seconds
        self._tasks: SimpleQueue[_Task | None] = SimpleQueue()
        self._sides: list[_Side] = []
        self._threads = [Thread(target=self._keep, args=(own,), daemon=True) for _ in range(count)]
        for thread in self._threads:
            thread.start()

    def begin(self, what: Callable[Concatenate[T, P], R], *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Have `what` done with a process's own object, after what was begun before.

        What it raises must be fit to be pickled. `TookTooLong`: it was not done in time; `SideProcessEnded`: its process
        was killed, or took too long for something else.
        """
        future: Future[R] = Future()
        self._tasks.put((future, (what, args, kwargs)))
        return future

    def end(self) -> None:
        """Drop what is not done."""
        with suppress(Empty):
            while (task := self._tasks.get_nowait()) is not None:
                task[0].cancel()
        for _ in self._threads:
            self._tasks.put(None)
        for side in self._sides:
            side.kill()

    def _keep(self, own: T) -> None:
        """One process, from its start to its end."""
        side = None
        try:
            side = _Side(own)
            self._sides.append(side)
        except Exception:
            log.exception("side process did not start")
        while self._hand_over(side):
            pass
        if side is not None:
            side.kill()

    def _hand_over(self, side: "_Side | None") -> bool:
        """What is next, if anything is to come. Nothing of it is held here when it is done."""
        task = self._tasks.get()
        if task is None:
            return False
        future, what = task
        if future.set_running_or_notify_cancel():
            try:
                if side is None:
                    raise SideProcessEnded
                future.set_result(side.do(what, self._seconds or step_seconds()))
            except Exception as error:
                future.set_exception(error)
        return True


class _Side:
    """One process, and the pipe to it."""

    def __init__(self, own: object) -> None:
        self._pipe, theirs = _CONTEXT.Pipe()
        self._process = _CONTEXT.Process(target=_work, args=(theirs, own), daemon=True)
        with theirs:
            self._start()

    def _start(self) -> None:
        """A server that was killed a moment ago still takes orders, and does none of them: another one is asked."""
        for pause in _PAUSES:
            with suppress(EOFError, OSError):
                self._process.start()
                return
            sleep(pause)
        self._process.start()

    def do(self, what: _What, seconds: float) -> Any:
        """What comes of it. Raises what it does, `TookTooLong`, `SideProcessEnded`."""
        try:
            self._pipe.send(what)
            if not self._pipe.poll(seconds):
                self.kill()
                raise TookTooLong
            good, result = self._pipe.recv()
        except (EOFError, OSError):
            raise SideProcessEnded from None
        if not good:
            raise result
        return result

    def kill(self) -> None:
        self._process.kill()


@contextmanager
def side_processes(count: int, own: T) -> Iterator[SideProcesses[T]]:
    """So many processes, each with a copy of `own`, which it keeps. What is not done at the end is dropped.

    They begin at once: nobody waits for them who has something else to do first.
    """
    sides = SideProcesses(count, own)
    try:
        yield sides
    finally:
        sides.end()


def _work(pipe: connection.Connection, own: Any) -> None:
    """A side process: do what it is told until nobody tells it any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a terminal all processes get it; this one ends with its parent
    _end_with_parent()
    os.setpriority(os.PRIO_PROCESS, 0, max(os.getpriority(os.PRIO_PROCESS, 0), NICENESS))
    collect_rarely()
    with suppress(EOFError, ConnectionError):
        while True:
            _do(pipe, own)


def _do(pipe: connection.Connection, own: Any) -> None:
    what, args, kwargs = pipe.recv()
    try:
        pipe.send((True, what(own, *args, **kwargs)))
    except Exception as error:
        error.add_note(traceback.format_exc())
        pipe.send((False, error))


def _nothing(_: None) -> None: ...


def _end_with_parent() -> None:
    """Also in the middle of what keeps the interpreter's lock: then the kernel has to do it, by a signal."""
    parent = parent_process()
    assert parent is not None
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    fcntl.fcntl(parent.sentinel, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(parent.sentinel, fcntl.F_SETFL, fcntl.fcntl(parent.sentinel, fcntl.F_GETFL) | os.O_ASYNC)
    Thread(target=_end_when_ended, args=(parent.sentinel,), daemon=True).start()


def _end_when_ended(sentinel: int) -> None:
    connection.wait([sentinel])
    os._exit(1)
