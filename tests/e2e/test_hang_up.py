"""A client that hangs up in the middle of a POST leaves nothing behind that keeps the next one waiting."""

import asyncio
import itertools
import json
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx

from tests.e2e import story
from tests.e2e.embedded import Embedded
from tests.e2e.story import eventually, report, task_of

CLIENTS = 200
AT_ONCE = 20


async def test_two_hundred_clients_hang_up(embedded: Embedded) -> None:
    family = embedded.family()
    bureau, cadre = embedded.bureau(story.ABSENCE), await embedded.sign_in("village", family.area_code)
    alert = await report(bureau, story.absence(family.someone))
    task = await eventually(lambda: task_of(cadre, alert))

    requests = itertools.islice(posts(bureau, cadre, family.someone, task), CLIENTS)
    turn = asyncio.Semaphore(AT_ONCE)

    async def hang_up(number: int, request: bytes) -> None:
        async with turn:
            await cut_off(embedded.base_url, request, number)

    await asyncio.gather(*(hang_up(number, request) for number, request in enumerate(requests)))

    left = await open_transactions(embedded)
    await eventually(lambda: ended(embedded, left), seconds=10, what="no session is left idle in transaction")
    began = time.monotonic()
    more_than_the_pool_has = (report(bureau, story.absence(family.someone), expect=200) for _ in range(50))
    await asyncio.gather(*more_than_the_pool_has)
    assert (await cadre.get("/households/v1/tasks")).status_code == 200
    assert time.monotonic() - began < 9, "the pools are not exhausted: who waits for a connection waits ten seconds"


def posts(
    bureau: httpx.AsyncClient, cadre: httpx.AsyncClient, person: story.Person, task: dict[str, Any]
) -> Iterator[bytes]:
    """Whole requests, in turn: an alert, an alert with an idempotency key, a batch, a visit."""
    now = task["created_at"]
    while True:
        alert = json.dumps(story.absence(person)).encode()
        yield request(bureau, "/alerts/v1/alerts", alert)
        yield request(bureau, "/alerts/v1/alerts", alert, f"Idempotency-Key: {uuid4()}")
        rows = b"\n".join(story.to_json(story.absence(person)) for _ in range(50))
        yield request(bureau, "/alerts/v1/batches", rows, content_type="application/x-ndjson")
        visit = {"id": str(uuid4()), "visited_at": now, "with_whom": "nobody", "findings": "the line broke"}
        yield request(cadre, f"/households/v1/tasks/{task['id']}/visits", json.dumps(visit).encode())


def request(
    client: httpx.AsyncClient, path: str, body: bytes, *headers: str, content_type: str = "application/json"
) -> bytes:
    """A POST as it goes over the wire, with the client's credentials."""
    credentials = [
        f"{name}: {client.headers[name]}" for name in ("X-API-Key", "Authorization") if name in client.headers
    ]
    head = [
        f"POST {path} HTTP/1.1",
        "Host: shouwang",
        f"Content-Type: {content_type}",
        f"Content-Length: {len(body)}",
        *credentials,
        *headers,
    ]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


async def cut_off(base_url: str, whole: bytes, number: int) -> None:
    """Send half of the body or all of it, and hang up: politely, or with a reset; at once, or in the middle of work."""
    head_end = whole.index(b"\r\n\r\n") + 4
    sent = whole if number % 2 else whole[: (head_end + len(whole)) // 2]
    address = urlsplit(base_url)
    _, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(sent)
    await writer.drain()
    await asyncio.sleep((0, 0.002, 0.01, 0.05)[number // 2 % 4])
    if number // 8 % 2:
        writer.transport.abort()
    else:
        writer.close()


async def open_transactions(embedded: Embedded) -> set[tuple[int, datetime]]:
    """The services' transactions of this moment, by session and begin."""
    rows = await embedded.ask(
        "SELECT pid, xact_start FROM pg_stat_activity WHERE application_name LIKE 'shouwang-%' AND xact_start IS NOT NULL"
    )
    return {(row["pid"], row["xact_start"]) for row in rows}


async def ended(embedded: Embedded, left: set[tuple[int, datetime]]) -> bool:
    """Whether those transactions are over. Others come and go: the alerts that were sent whole are being worked on."""
    return not left & await open_transactions(embedded)
