"""A workbook as an answer, that is let go when whoever reads it leaves."""

from collections.abc import Generator, Iterator, Mapping

from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from shared.workbook_stream import XLSX


class WorkbookAnswer(StreamingResponse):
    """Its pieces as they are made, in a thread. They end with the request, and what they held of the workbook goes: left to
    the garbage collector, which seldom looks, a hundred readers who hang up would leave a hundred workbooks in memory.
    """

    media_type = XLSX

    def __init__(self, pieces: Iterator[bytes], headers: Mapping[str, str]) -> None:
        self._pieces = _each(pieces)
        super().__init__(self._pieces, headers=headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            await run_in_threadpool(self._pieces.close)


def _each(pieces: Iterator[bytes]) -> Generator[bytes, None, None]:
    yield from pieces
