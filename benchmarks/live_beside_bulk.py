"""From a single alert's answer to its task, 15 alerts a second, while a file of 50,000 rows is worked off.

Every row of the file triggers: it becomes an alert, an event, and a task or evidence of one. The single alerts that
count are those posted between the file's POST and its last row's evidence.
Floor: the same single alerts with no file beside them. The target is ours alone: two seconds at the 99th percentile.
"""

import asyncio
import itertools
import json
import statistics
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from benchmarks import county
from benchmarks.broker import open_kafka
from benchmarks.harness import CannotRun, Case, Figure
from benchmarks.register import registered
from benchmarks.sending import NDJSON, send
from benchmarks.serving import app, serving
from benchmarks.singles import Singles, requests
from benchmarks.tasks_kafka import processes
from benchmarks.world import World

ROWS = 50_000
RATE = 15  # single alerts a second
TARGET = 2000  # milliseconds
_SINGLES = 1_000  # people of their own, registered ones, with two alerts each: more than a run takes
_QUIET_SECONDS = 15  # of the floor
_LOOK = 1.0  # seconds between two looks at how far the file is
_PATIENCE = 110  # seconds for the file: as long as there are single alerts to send
_OF_THE_FILE = """
SELECT count(*) FROM households.evidence JOIN alerts.alert ON alert.id = alert_id WHERE batch_id = $1
"""


@asynccontextmanager
async def open_case(world: World) -> AsyncIterator[Case]:
    """On the local bus and, where a Kafka is to be had, on that."""
    template = await registered(world)
    lines = b"".join(_line(draft) for draft in itertools.islice(_file(), ROWS))
    async with AsyncExitStack() as stack:
        kafka: str | None = None
        try:
            kafka = await stack.enter_async_context(open_kafka(world))
        except CannotRun as reason:
            world.tell(f"!!! live_beside_bulk on the local bus only: {reason}")

        async def on_each_bus(body: bytes | None) -> list[float]:
            quantiles: list[float] = []
            for bus in ("embedded", kafka) if kafka else ("embedded",):
                database = await world.clone(template)
                async with _system(world, database, bus) as port:
                    quantiles += await _travel(world, database, port, body)
                await world.drop(database)
            return quantiles

        buses = ("embedded", "kafka") if kafka else ("embedded",)
        figures = [
            Figure(f"live_beside_bulk_{bus}_{name}", "ms", target, "ours", lower_is_better=True)
            for bus in buses
            for name, target in (("p50", None), ("p99", TARGET))
        ]
        yield Case(figures, lambda: on_each_bus(lines), lambda: on_each_bus(None), rounds=2)


@asynccontextmanager
async def _system(world: World, database: str, bus: str) -> AsyncIterator[int]:
    """`bus` is "embedded" or the broker's address."""
    if bus != "embedded":
        async with processes(world, database, bus) as port:
            yield port
        return
    environment = world.environment("{role}", database)
    async with serving(app("embedded"), world.folder / "embedded.log", environment) as port:
        yield port


async def _travel(world: World, database: str, port: int, body: bytes | None) -> list[float]:
    """Median and 99th percentile, in milliseconds, of the single alerts beside the file, or of some in quiet."""
    posts = requests(_singles())
    await Singles(world, database, port).travel(itertools.islice(posts, 2 * RATE), RATE)  # the processes just came up
    singles = Singles(world, database, port)
    if body is None:
        await singles.travel(itertools.islice(posts, _QUIET_SECONDS * RATE), RATE)
    else:
        file = asyncio.create_task(_work_off(world, database, port, body))
        await singles.travel(posts, RATE, wanted=lambda: not file.done())
        await file
    return [statistics.median(singles.times), statistics.quantiles(singles.times, n=100)[98]]


async def _work_off(world: World, database: str, port: int, body: bytes) -> None:
    """Post the file and wait until each of its rows is evidence."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    batch_id = await send(port, "/alerts/v1/batches", NDJSON, [body])
    connection = await world.connect(database)
    async with asyncio.timeout(_PATIENCE):
        while await connection.fetchval(_OF_THE_FILE, batch_id) < ROWS:  # noqa: ASYNC110 # it is elsewhere
            await asyncio.sleep(_LOOK)
    await connection.close()
    world.tell(f"the file of {ROWS:,} rows took {loop.time() - begun:.1f} s beside the single alerts")


def _file() -> Iterator[dict[str, Any]]:
    """Two alerts on each of 25,000 people, whom no single alert is about."""
    return county.alerts(county.people(_SINGLES + ROWS // len(county.FEEDS))[_SINGLES:])


def _singles() -> Iterator[dict[str, Any]]:
    for draft in county.alerts(county.people(_SINGLES)):
        yield draft | {"source_ref": f"{draft['source_ref']}-single"}


def _line(draft: dict[str, Any]) -> bytes:
    return json.dumps(draft, ensure_ascii=False).encode() + b"\n"
