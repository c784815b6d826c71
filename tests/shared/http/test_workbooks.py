"""A workbook as an answer holds nothing of it once nobody reads it."""

import asyncio
from collections.abc import Iterator

from starlette.types import Message

from shared.http.workbooks import WorkbookAnswer


async def test_a_workbook_whose_reader_hangs_up_is_let_go() -> None:
    read, gone, let_go = list[Message](), asyncio.Event(), list[bool]()

    def pieces() -> Iterator[bytes]:
        try:
            while True:
                yield b"more"
        finally:
            let_go.append(True)

    async def send(message: Message) -> None:
        read.append(message)
        if len(read) > 3:
            gone.set()
        await asyncio.sleep(0)

    async def receive() -> Message:
        await gone.wait()
        return {"type": "http.disconnect"}

    kept = pieces()  # held from elsewhere, as by an error that knows where it came from
    scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "asgi": {"spec_version": "2.3"}}
    await WorkbookAnswer(kept, "kept").__call__(scope, receive, send)
    assert (read[0]["status"], let_go) == (200, [True])
