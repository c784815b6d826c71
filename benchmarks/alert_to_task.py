"""From an alert's answer to its task: 50 alerts a second, one at a time, each on another household.

The clock starts when the answer is here, which is after the alert's commit, and stops when a SELECT sees the task.
Floor: what the road cannot do without, measured at the same pace: two commits, and on Kafka one hop through the broker
by bare aiokafka. It is the sum of their medians; ours at the 99th percentile is held against that sum as well.
"""

import asyncio
import json
import statistics
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from benchmarks import county, load
from benchmarks.broker import open_kafka
from benchmarks.harness import CannotRun, Case, Figure
from benchmarks.minimum import broker_hops, commits
from benchmarks.register import registered
from benchmarks.serving import app, serving
from benchmarks.tasks_kafka import processes
from benchmarks.world import World

RATE = 50  # alerts a second
SECONDS = 20
WARM_UP = 3  # seconds that do not count
ALERTS = (WARM_UP + SECONDS) * RATE
_FLOOR_SECONDS = 5
_LOOK = 0.001  # seconds between two looks for a task, while one is awaited
_PATIENCE = 30  # seconds after the last alert
_SEEN = """
SELECT evidence.alert_id FROM households.evidence JOIN households.task USING (case_id)
WHERE evidence.alert_id = ANY($1::uuid[])
"""


@asynccontextmanager
async def open_case(world: World) -> AsyncIterator[Case]:
    """On the local bus and, where a Kafka is to be had, on that."""
    template = await registered(world)
    async with AsyncExitStack() as stack:
        try:
            kafka = await stack.enter_async_context(open_kafka(world))
        except CannotRun as reason:
            world.tell(f"!!! alert_to_task on the local bus only: {reason}")
            kafka = None

        async def ours() -> list[float]:
            times = await _on_local_bus(world, template)
            return times + await _on_kafka(world, template, kafka) if kafka else times

        async def floor() -> list[float]:
            two_commits = 2 * statistics.median(await commits(world, RATE, _FLOOR_SECONDS))
            if not kafka:
                return [two_commits] * 2
            hop = statistics.median(await broker_hops(kafka, RATE, _FLOOR_SECONDS))
            return [two_commits] * 2 + [two_commits + hop] * 2

        buses = ("embedded", "kafka") if kafka else ("embedded",)
        names = [f"alert_to_task_{bus}_{quantile}" for bus in buses for quantile in ("p50", "p99")]
        yield Case([Figure(name, "ms", lower_is_better=True) for name in names], ours, floor)


async def _on_local_bus(world: World, template: str) -> list[float]:
    database = await world.clone(template)
    async with serving(app("embedded"), world.folder / "embedded.log", world.environment("{role}", database)) as port:
        times = await _travel(world, database, port)
    await world.drop(database)
    return times


async def _on_kafka(world: World, template: str, kafka: str) -> list[float]:
    database = await world.clone(template)
    async with processes(world, database, kafka) as port:
        times = await _travel(world, database, port)
    await world.drop(database)
    return times


async def _travel(world: World, database: str, port: int) -> list[float]:
    """Median and 99th percentile, in milliseconds, of the alerts after the warm-up."""
    waiting: dict[str, float] = {}  # alerts whose task was not seen yet, and when they were answered
    watching = asyncio.create_task(_watch(world, database, waiting))
    await _post(port, waiting)
    async with asyncio.timeout(_PATIENCE):
        counted = (await watching)[WARM_UP * RATE :]
    return [statistics.median(counted), statistics.quantiles(counted, n=100)[98]]


async def _post(port: int, waiting: dict[str, float]) -> None:
    requests = _requests()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    async for number in load.paced(RATE, WARM_UP + SECONDS):
        writer.write(requests[number])
        head = await reader.readuntil(b"\r\n\r\n")
        body = await reader.readexactly(load.content_length(head))
        answered_at = time.perf_counter()
        assert head[9:12] == b"201", body[:300]
        waiting[json.loads(body)["id"]] = answered_at
    writer.close()


async def _watch(world: World, database: str, waiting: dict[str, float]) -> list[float]:
    """Milliseconds each alert waited for its task, in the order in which the tasks came; returns when all have."""
    connection = await world.connect(database)
    seen = await connection.prepare(_SEEN)
    times: list[float] = []
    while len(times) < ALERTS:
        if waiting:
            found = await seen.fetch(list(waiting))
            now = time.perf_counter()
            times += [(now - waiting.pop(str(row["alert_id"]))) * 1000 for row in found]
        await asyncio.sleep(_LOOK)
    await connection.close()
    return times


def _requests() -> Sequence[bytes]:
    key = f"X-API-Key: {county.API_KEY}\r\n"
    drafts = county.alerts(county.people(ALERTS))
    posts = [load.request("/alerts/v1/alerts", json.dumps(draft, ensure_ascii=False), key) for draft in drafts]
    return [post.encode() for post in posts[:ALERTS]]
