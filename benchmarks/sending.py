"""Sends what is worked off later, as a bureau does: a big body, and then the question how far it is.

The bureau's machine is another one, but here it shares our cores. So it sends as leanly as a program can (the body is
ready before the clock runs, and goes straight into the socket), and asks the database how far the work is, which is
told the same moment and costs the service nothing.
"""

import asyncio
import http.client
import json
from collections.abc import Sequence
from contextlib import closing
from typing import Any

import asyncpg

from benchmarks import county

PATIENCE = 300  # seconds
NDJSON = "application/x-ndjson"


async def send(port: int, path: str, kind: str, body: Sequence[bytes]) -> str:
    """POST a body of that media type, given in pieces; the id of what was taken in."""
    return await asyncio.to_thread(_send, port, path, kind, body)


def _send(port: int, path: str, kind: str, body: Sequence[bytes]) -> str:
    headers = {"X-API-Key": county.API_KEY, "Content-Type": kind, "Content-Length": str(sum(map(len, body)))}
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as connection:
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        told = json.loads(answer.read())
        assert answer.status == http.client.ACCEPTED, told
        taken: str = told["id"]
        return taken


async def worked_off(connection: "asyncpg.Connection[Any]", table: str, id_: str, ask: float) -> asyncpg.Record:
    """Wait until a batch or file is done; its row. `ask`: seconds between two looks."""
    async with asyncio.timeout(PATIENCE):
        while True:
            row = await connection.fetchrow(f"SELECT * FROM alerts.{table} WHERE id = $1", id_)
            if row["state"] not in ("queued", "running"):
                assert row["state"] == "done", row
                return row
            await asyncio.sleep(ask)
