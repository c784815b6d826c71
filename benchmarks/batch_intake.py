"""A batch of 50,000 reports: from its POST until every row is validated, sealed, stored and in the outbox.

Floor: asyncpg's COPY of the very rows that the intake leaves behind, finished, into tables with the same columns and
indexes: an alert and an outbox row for each report. Told besides, without a target: COPY of the alerts alone.
"""

import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from benchmarks import county
from benchmarks.harness import Case, Figure
from benchmarks.sending import NDJSON, send, worked_off
from benchmarks.serving import app, serving
from benchmarks.world import World
from shared.clock import utc_now

ROWS = 50_000
FIGURES = (
    Figure("batch_intake", "rows/s", target=0.35),
    Figure("batch_intake_to_alerts_alone", "rows/s"),
)
_WARM_UP = 2_000  # rows of a batch before, which does not count: the service's workers may still be starting
_ASK = 0.5  # seconds between two looks how far the batch is; it says itself when it was done


@asynccontextmanager
async def open_case(world: World) -> AsyncIterator[Case]:
    """Each round takes a fresh database; the floor copies the rows that the intake before it made."""
    lines = ndjson(_WARM_UP + ROWS)
    database = ""

    async def take_in() -> list[float]:
        nonlocal database
        database = await world.clone()
        seconds = await post_batches(world, database, lines[:_WARM_UP], lines[_WARM_UP:])
        return [ROWS / seconds] * len(FIGURES)

    async def copy() -> Sequence[float]:
        rates = await copy_again(world, database)
        await world.drop(database)
        return rates

    yield Case(FIGURES, take_in, copy, rounds=5)


def ndjson(rows: int) -> list[bytes]:
    """Reports on `rows` / 2 people, one line each."""
    drafts = county.alerts(county.people(rows // len(county.FEEDS)))
    return [json.dumps(draft, ensure_ascii=False).encode() + b"\n" for draft in drafts]


async def post_batches(world: World, database: str, *batches: Sequence[bytes]) -> float:
    """Post the batches to the alerts service in `database`, one after the other; the seconds that the last one took.

    Until the moment at which the service says that it was done, not until we asked and heard of it. The bus is away, so
    the outbox holds all events in the end.
    """
    environment = world.environment("alerts", database) | {"BENCH_BUS": "away"}
    connection = await world.connect(database)
    async with serving(app("alerts"), world.folder / "alerts.log", environment) as port:
        for lines in batches:
            body = b"".join(lines)
            start = utc_now()
            batch_id = await send(port, "/alerts/v1/batches", NDJSON, [body])
            batch = await worked_off(connection, "batch", batch_id, _ASK)
            seconds: float = (batch["finished_at"] - start).total_seconds()
            assert batch["accepted"] == len(lines), f"{batch['accepted']} of {len(lines)} rows were accepted"
    emitted = await connection.fetchval("SELECT count(*) FROM alerts.outbox WHERE type = 'alerts.alert-raised'")
    await connection.close()
    assert emitted == sum(map(len, batches)), f"{emitted} alerts are in the outbox"
    return seconds


async def copy_again(world: World, database: str) -> tuple[float, float]:
    """Reports per second of a raw COPY of what the intake left in `database`: alerts with events, and alerts alone."""
    connection = await world.connect(database)
    try:
        alerts = await _copy_table(connection, "alert")
        outbox = await _copy_table(connection, "outbox")
        return 1 / (alerts + outbox), 1 / alerts
    finally:
        await connection.close()


async def _copy_table(connection: "asyncpg.Connection[Any]", table: str) -> float:
    """Seconds for a row, when all the finished ones are copied into a table like theirs."""
    found = await connection.fetch(f"SELECT * FROM alerts.{table} ORDER BY id")
    columns = [column for column in found[0].keys() if (table, column) != ("outbox", "id")]  # noqa: SIM118 # a Record
    rows = [tuple(row[column] for column in columns) for row in found]
    await connection.execute(f"CREATE TABLE copied_{table} (LIKE alerts.{table} INCLUDING ALL)")
    await connection.execute("CHECKPOINT")
    start = time.perf_counter()
    await connection.copy_records_to_table(f"copied_{table}", records=rows, columns=columns)
    return (time.perf_counter() - start) / len(rows)
