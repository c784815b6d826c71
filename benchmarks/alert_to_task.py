"""From an alert's answer to its task: 50 alerts a second, one at a time, each on another household.

Floor: what the road cannot do without, measured at the same pace: two commits, and on Kafka one hop through the broker
by bare aiokafka. It is the sum of their medians; ours at the 99th percentile is held against that sum as well.
"""

import itertools
import statistics
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from benchmarks import county
from benchmarks.broker import open_kafka
from benchmarks.harness import CannotRun, Case, Figure
from benchmarks.minimum import broker_hops, commits
from benchmarks.register import registered
from benchmarks.serving import app, serving
from benchmarks.singles import Singles, requests
from benchmarks.tasks_kafka import processes
from benchmarks.world import World

RATE = 50  # alerts a second
SECONDS = 20
WARM_UP = 3  # seconds that do not count
ALERTS = (WARM_UP + SECONDS) * RATE
_FLOOR_SECONDS = 5


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
    drafts = county.alerts(county.people(ALERTS))
    singles = Singles(world, database, port)
    await singles.travel(requests(itertools.islice(drafts, ALERTS)), RATE)
    counted = singles.times[WARM_UP * RATE :]
    return [statistics.median(counted), statistics.quantiles(counted, n=100)[98]]
