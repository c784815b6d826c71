"""A process beside a service's own, so that long sums do not hold up requests and use a further core.

The service starts it (`keep_process`), hands it its settings through standard input and keeps that open: when it
closes, because the service stops or was killed, the process ends. What it was at is rolled back then, and another
worker takes it.
"""

import asyncio
import gc
import logging
import os
import pickle
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Coroutine, Iterable
from functools import partial
from typing import Any, NoReturn, TypeAlias

import uvloop

from shared import memory, telemetry, time_limit
from shared.settings import ServiceSettings
from shared.temporary import temporary_folder

log = logging.getLogger(__name__)

Work: TypeAlias = Callable[[], Coroutine[Any, Any, None]]
"""Works until cancelled."""

RESTART_SECONDS = 1.0
STOP_SECONDS = 10.0
NICENESS = 10
"""Requests go first: whoever drops a file can wait a little, whoever asks cannot."""
SWITCH_SECONDS = 0.0005
"""How long a thread that does sums may keep the interpreter while the loop has an answer of the database to take."""


class WorkerDied(Exception):
    """Work that dies in a living process is the worst state: nobody does it any more, and nobody sees that."""


async def keep_process(module: str, settings: ServiceSettings) -> None:
    """Run one process of `python -m module`, and a new one when it ends, until cancelled."""
    while True:
        process = await asyncio.create_subprocess_exec(sys.executable, "-m", module, stdin=PIPE, start_new_session=True)
        try:
            assert process.stdin is not None
            process.stdin.write(pickle.dumps(settings))  # not in the environment, where others could read the keys
            await process.stdin.drain()
            await process.wait()
        finally:
            await asyncio.shield(_end(process))
        log.error("worker process ended", extra={"worker": module, "status": process.returncode})
        await asyncio.sleep(RESTART_SECONDS)


async def _end(process: Process) -> None:
    """The worker ends when its standard input does, as it also does when this process is killed."""
    if process.returncode is None:
        assert process.stdin is not None
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), STOP_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()


def run_worker(name: str, work: Callable[[Any], Coroutine[Any, Any, None]]) -> None:
    """The process itself: take the settings and `work` with them."""
    settings: ServiceSettings = pickle.load(sys.stdin.buffer)  # noqa: S301 our parent wrote it
    telemetry.set_up(settings.telemetry, name)
    os.nice(NICENESS)
    collect_rarely()
    time_limit.set_up(settings.step_seconds, partial(end_at_once, 1))
    sys.setswitchinterval(SWITCH_SECONDS)
    status = 0
    with temporary_folder():
        try:
            uvloop.run(work(settings))
        except BaseException:
            log.exception("worker process failed")
            status = 1
    end_at_once(status)


def end_at_once(status: int) -> NoReturn:
    """End the process without waiting for its threads: one that feeds a side process which was killed never ends."""
    telemetry.send_what_is_left()
    logging.shutdown()
    os._exit(status)


def collect_rarely() -> None:
    """What is imported stays: walking it doubles the time of a chunk, and unshares the pages of what was forked."""
    gc.freeze()
    memory.collect_rarely()


async def until_parent_ends(workers: Iterable[Work]) -> None:
    """Let `workers` run until standard input ends, or a signal says so, then stop them.

    Raises `WorkerDied` where one of them ends before: the process ends with it, and whoever keeps it starts another.
    """
    running = {asyncio.create_task(work()) for work in (*workers, time_limit.watch_loop)}
    ended, loop = asyncio.Event(), asyncio.get_running_loop()
    loop.add_reader(sys.stdin.fileno(), ended.set)
    for number in (signal.SIGTERM, signal.SIGINT):  # of who stops all processes of a service at once
        loop.add_signal_handler(number, ended.set)
    told = asyncio.create_task(ended.wait())
    await asyncio.wait({told, *running}, return_when=asyncio.FIRST_COMPLETED)
    died = not told.done()
    while running:  # a cancellation that meets a statement may come out as the driver's own error
        for worker in running:
            worker.cancel()
        _, running = await asyncio.wait(running, timeout=1)
    told.cancel()
    if died:
        raise WorkerDied
