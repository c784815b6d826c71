"""Single alerts at a steady pace, and how long each waits for its task: what the cases of that road share.

The clock of an alert starts when its answer is here, which is after its commit, and stops when a SELECT sees its task.
"""

import asyncio
import json
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from benchmarks import county, load
from benchmarks.world import World

_LOOK = 0.001  # seconds between two looks for a task, while one is awaited
_PATIENCE = 30  # seconds after the last alert
_SEEN = """
SELECT evidence.alert_id FROM households.evidence JOIN households.task USING (case_id)
WHERE evidence.alert_id = ANY($1::uuid[])
"""


def requests(drafts: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """A POST of each draft by the county's API key, made beforehand: making one costs more than sending it."""
    key = f"X-API-Key: {county.API_KEY}\r\n"
    for draft in drafts:
        yield load.request("/alerts/v1/alerts", json.dumps(draft, ensure_ascii=False), key).encode()


class Singles:
    """Posts alerts one at a time and watches for their tasks. `times`: milliseconds, in the order the tasks came."""

    def __init__(self, world: World, database: str, port: int) -> None:
        self.times: list[float] = []
        self._world = world
        self._database = database
        self._port = port
        self._waiting: dict[str, float] = {}  # alerts whose task was not seen yet, and when they were answered
        self._all_posted = False

    async def travel(self, posts: Iterable[bytes], rate: float, wanted: Callable[[], bool] = lambda: True) -> None:
        """Send `posts`, `rate` a second, while they are `wanted`; returns when every alert sent has its task."""
        async with asyncio.TaskGroup() as both:
            both.create_task(self._watch())
            await self._post(list(posts), rate, wanted)
            self._all_posted = True
            self._posted_at = time.perf_counter()

    async def _post(self, posts: list[bytes], rate: float, wanted: Callable[[], bool]) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        async for number in load.paced(rate, len(posts) / rate):
            if not wanted():
                break
            writer.write(posts[number])
            head = await reader.readuntil(b"\r\n\r\n")
            body = await reader.readexactly(load.content_length(head))
            answered_at = time.perf_counter()
            assert head[9:12] == b"201", body[:300]
            self._waiting[json.loads(body)["id"]] = answered_at
        writer.close()

    async def _watch(self) -> None:
        connection = await self._world.connect(self._database)
        seen = await connection.prepare(_SEEN)
        while self._waiting or not self._all_posted:
            if self._waiting:
                found = await seen.fetch(list(self._waiting))
                now = time.perf_counter()
                self.times += [(now - self._waiting.pop(str(row["alert_id"]))) * 1000 for row in found]
            if self._all_posted and time.perf_counter() - self._posted_at > _PATIENCE:
                raise TimeoutError(f"{len(self._waiting)} alerts are no task yet")
            await asyncio.sleep(_LOOK)
        await connection.close()
