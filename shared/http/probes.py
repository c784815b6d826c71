"""`/live`, `/ready`, `/metrics` for whoever runs the process. They tell nothing about anybody."""

from typing import Any

from fastapi import APIRouter, Depends, Request
from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest
from sqlalchemy import text
from starlette.responses import JSONResponse, Response

from shared.areas import Scope
from shared.bus.port import Bus
from shared.db.engine import Database
from shared.lanes import Lane
from shared.security.permits import Public

STALE_POLL_SECONDS = 60.0
"""A consumer whose last poll returned longer ago than this is stuck."""

_GAUGES = {
    "ready": Gauge("shouwang_ready", "1 when the service can work", ["service"]),
    "dead_letters": Gauge("shouwang_dead_letters", "Events that wait for a person's decision", ["service"]),
}
_OUTBOX_GAUGES = {
    "rows": Gauge("shouwang_outbox_rows", "Events not yet on the bus", ["service", "lane"]),
    "age": Gauge("shouwang_outbox_age_seconds", "Age of the oldest event not yet on the bus", ["service", "lane"]),
}
_POLL_AGE = Gauge("shouwang_poll_age_seconds", "Since the consumer's last poll that returned", ["service", "consumer"])

_OUTBOX = text("""
SELECT lane, count(*) AS rows, extract(epoch FROM now() - min(occurred_at)) AS age FROM outbox GROUP BY lane
""")
_UNKNOWN = float("nan")
_DEAD_LETTERS = text("SELECT count(*) FROM dead_letter WHERE resolved_at IS NULL")

router = APIRouter(include_in_schema=False, dependencies=[Depends(Public("probes carry no data of people"))])


@router.get("/live")
async def live() -> dict[str, str]:
    """The process answers."""
    return {"status": "live"}


@router.get("/ready")
async def ready(request: Request) -> Response:
    """The database answers and the consumers poll; 503 otherwise, with what is wrong."""
    report = await readiness(request.app.state)
    return JSONResponse(report, 200 if report["ready"] else 503)


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    """Prometheus text format."""
    return await measured(request.app.state)


async def readiness(state: Any) -> dict[str, Any]:
    """Whether the service can work, and what waits in it.

    `{ready, database, polls: {consumer: seconds}, outbox: {lane: {rows, age}}, dead_letters}`; an age is in seconds.
    """
    database: Database = state.database
    bus: Bus = state.bus
    polls = {name: round(age, 1) for name, age in bus.health().items()}
    try:
        async with database.read(Scope.nowhere()) as session:
            waiting = {row.lane: row for row in await session.execute(_OUTBOX)}
            dead_letters = await session.scalar(_DEAD_LETTERS)
    except Exception as error:
        return {"ready": False, "database": type(error).__name__, "polls": polls}
    stuck = any(age > STALE_POLL_SECONDS for age in polls.values())
    outbox = {
        lane.name.lower(): {"rows": row.rows, "age": round(float(row.age), 1)} if row else {"rows": 0, "age": 0.0}
        for lane, row in ((lane, waiting.get(lane)) for lane in Lane)
    }
    return {"ready": not stuck, "database": "ok", "polls": polls, "outbox": outbox, "dead_letters": dead_letters}


async def measured(*states: Any) -> Response:
    """The process's metrics, with what waits in each of the services it runs counted at this moment."""
    for state in states:
        report = await readiness(state)
        # While the database is away nothing can be counted, and an old number would look like a good one.
        for name, gauge in _GAUGES.items():
            gauge.labels(state.name).set(report.get(name, _UNKNOWN))
        for lane in (one.name.lower() for one in Lane):
            waiting = report.get("outbox", {}).get(lane, {})
            for name, gauge in _OUTBOX_GAUGES.items():
                gauge.labels(state.name, lane).set(waiting.get(name, _UNKNOWN))
        for consumer, age in report["polls"].items():
            _POLL_AGE.labels(state.name, consumer).set(age)
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
