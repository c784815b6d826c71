"""Workbooks as answers, that are let go when whoever reads them leaves."""

from collections.abc import Generator, Iterator
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from shared.http.bodies import FILE
from shared.workbook_stream import XLSX

WORKBOOK: dict[int | str, Any] = {200: {"content": {XLSX: {"schema": FILE}}}}
"""How a route documents one (`responses`)."""


class WorkbookAnswer(StreamingResponse):
    """A workbook to be saved as `name`.xlsx. It tells of people: nobody on its way keeps it. `also_named`: a further
    parameter of the disposition (RFC 6266).

    Its pieces are made in a thread and end with the request, and what they held of the workbook goes: left to the garbage
    collector, which seldom looks, a hundred readers who hang up would leave a hundred workbooks in memory.
    """

    media_type = XLSX

    def __init__(self, pieces: Iterator[bytes], name: str, also_named: str = "") -> None:
        self._pieces = _each(pieces)
        disposition = f'attachment; filename="{name}.xlsx"{also_named}'
        super().__init__(self._pieces, headers={"Content-Disposition": disposition, "Cache-Control": "no-store"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            await run_in_threadpool(self._pieces.close)


def _each(pieces: Iterator[bytes]) -> Generator[bytes, None, None]:
    yield from pieces
