"""Work that is done ahead: what an iterator gives is made in a thread of its own while its consumer is busy.

For sums that leave the interpreter's lock (Polars, NumPy, decryption): each stage of a pipeline gets a core.
"""

import asyncio
import os
import pickle
import queue
import threading
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Generator, Iterable
from concurrent.futures import Future
from contextlib import aclosing, asynccontextmanager
from contextvars import copy_context
from tempfile import SpooledTemporaryFile
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

_LOOK_SECONDS = 0.05  # between two looks whether anybody still wants what was made


def ahead(source: Iterable[T], depth: int = 1) -> Generator[T]:
    """What `source` gives, in its order, at most `depth` pieces ahead. Its error is raised where it would have been.

    Close it (or read it to its end): then the thread has ended, and `source` is not read any further.
    """
    made: queue.Queue[tuple[T] | BaseException | None] = queue.Queue(depth)
    unwanted = threading.Event()
    thread = threading.Thread(target=_make, args=(source, made, unwanted), daemon=True)
    thread.start()
    try:
        while (one := made.get()) is not None:
            if isinstance(one, BaseException):
                raise one
            yield one[0]
    finally:
        unwanted.set()
        thread.join()


async def made_ahead(make: Callable[[T], R], source: AsyncIterable[T]) -> AsyncGenerator[R]:
    """`make` of each piece of `source`, in its order and one at a time. While a thread makes one, the next is awaited
    and the one before is consumed: for sums between two answers of the database, or two pieces of a body.
    """
    loop = asyncio.get_running_loop()
    making: asyncio.Future[R] | None = None
    async for piece in source:
        made = None if making is None else (await making,)
        # Begun at once, and not, as a task is, when the consumer waits for something.
        making = loop.run_in_executor(None, copy_context().run, make, piece)
        if made is not None:
            yield made[0]
    if making is not None:
        yield await making


async def begun_ahead(begin: Callable[[T], Future[R]], source: AsyncIterable[T], depth: int = 2) -> AsyncGenerator[R]:
    """What `begin` has others make of each piece of `source` (`shared.side_processes`), in its order, so many ahead."""
    making: deque[Future[R]] = deque()
    async for piece in source:
        making.append(begin(piece))
        if len(making) > depth:
            yield await asyncio.wrap_future(making.popleft())
    while making:
        yield await asyncio.wrap_future(making.popleft())


@asynccontextmanager
async def laid_aside(source: AsyncGenerator[T], memory: int) -> AsyncIterator[AsyncIterator[T]]:
    """What `source` gives, taken from it from now on whether or not somebody takes it here, and pickled meanwhile:
    beyond `memory` bytes in an unnamed file.

    Its error, or that of a full disk, is raised where the piece would have been. When the block ends it is not read
    any further, and nothing is left of it.
    """
    lengths: asyncio.Queue[int | Exception | None] = asyncio.Queue()

    async def lay() -> None:
        last: Exception | None = None
        async with aclosing(source):
            try:
                async for one in source:
                    file.seek(0, os.SEEK_END)
                    lengths.put_nowait(file.write(pickle.dumps(one)))
            except Exception as error:
                last = error
        lengths.put_nowait(last)

    async def pieces() -> AsyncIterator[T]:
        start = 0
        while (length := await lengths.get()) is not None:
            if isinstance(length, Exception):
                raise length
            file.seek(start)
            start += length
            yield pickle.loads(file.read(length))  # noqa: S301 # our own

    with SpooledTemporaryFile(memory) as file:
        laying = asyncio.create_task(lay())
        try:
            yield pieces()
        finally:
            laying.cancel()
            await asyncio.wait([laying])


def _make(source: Iterable[T], made: "queue.Queue[tuple[T] | BaseException | None]", unwanted: threading.Event) -> None:
    last: BaseException | None = None
    try:
        for one in source:
            if not _put(made, (one,), unwanted):
                return
    except BaseException as error:  # whatever it is, the consumer is to have it
        last = error
    finally:
        if isinstance(source, Generator):
            source.close()
    _put(made, last, unwanted)


def _put(
    made: "queue.Queue[tuple[T] | BaseException | None]",
    one: tuple[T] | BaseException | None,
    unwanted: threading.Event,
) -> bool:
    while not unwanted.is_set():
        try:
            made.put(one, timeout=_LOOK_SECONDS)
        except queue.Full:
            continue
        return True
    return False
