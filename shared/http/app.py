"""Makes a service's FastAPI app: the same edges, errors, probes and documents for each service."""

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi_offline import FastAPIOffline

from shared.bus.port import Bus
from shared.clock import utc_now
from shared.contracts.topics import lanes_of
from shared.db.engine import Database
from shared.db.revision import require_head
from shared.housekeeping import forget_old
from shared.http import documents, operations, probes, problems
from shared.http.access_log import AccessLog
from shared.http.too_large import ProblemForTooLarge
from shared.inbox import Inbox
from shared.lanes import Lane, on_lane
from shared.messages import Catalogue
from shared.outbox import Relay
from shared.security.permits import Gate
from shared.security.vault import Vault

log = logging.getLogger(__name__)

MAX_BODY = 1_000_000
"""Bytes a route takes unless it says otherwise (`max_body_size=`)."""

HOUSEKEEPING_SECONDS = 3600.0

CANCEL_SECONDS = 0.5
"""How long background work may take to end before it is cancelled again."""

BackgroundWork = Callable[[], Awaitable[None]]
"""Runs until cancelled, beside the requests; when one ends or fails the process stops and is started anew."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What a service is made of; its `app.py` fills this in."""

    name: str  # "alerts": schema, first part of every path, source of its events
    title: str
    description: str
    routers: Sequence[APIRouter]
    database: Database
    bus: Bus
    gate: Gate
    catalogue: Catalogue
    vault: Vault
    problems: documents.Problems
    inbox: Inbox | None = None
    background: Sequence[BackgroundWork] = ()
    state: dict[str, Any] = field(default_factory=dict)  # further attributes of `app.state`


def service_app(parts: Parts) -> FastAPI:
    """The app, with its consumers subscribed; relays, housekeeping and background work start with the app's lifespan."""
    if parts.inbox is not None:
        for lane in Lane:
            if topics := parts.inbox.topics(lane):
                parts.bus.subscribe(on_lane(parts.name, lane), topics, parts.inbox.deliver)
    app = FastAPIOffline(
        docs_url=f"/{parts.name}/docs",
        redoc_url=f"/{parts.name}/redoc",
        static_url=f"/{parts.name}/static",
        openapi_url=f"/{parts.name}/openapi.json",
        title=parts.title,
        description=parts.description,
        version="1",
        lifespan=_lifespan(parts),
        separate_input_output_schemas=False,
        generate_unique_id_function=lambda route: f"{parts.name}_{route.name}",
        telemetry={"logs": False, "operation_spans": False, "metrics": False, "exclude": _is_probe},
    )
    app.state.name = parts.name
    app.state.database = parts.database
    app.state.bus = parts.bus
    app.state.gate = parts.gate
    app.state.catalogue = parts.catalogue
    app.state.vault = parts.vault
    app.state.problems = parts.problems
    app.state.inbox = parts.inbox
    for name, value in parts.state.items():
        setattr(app.state, name, value)
    problems.install(app)
    app.add_middleware(AccessLog, service=parts.name)
    app.add_middleware(ProblemForTooLarge, catalogue=parts.catalogue)
    for router in (*parts.routers, operations.router, probes.router):
        # The limit stands at the routers: set on the app it would act outside `ProblemForTooLarge`.
        prefix = f"/{parts.name}" if router is not probes.router else ""
        app.include_router(router, prefix=prefix, max_body_size=MAX_BODY)
    documents.describe(app)
    return app


def every(seconds: float, name: str, work: Callable[[], Awaitable[object]]) -> BackgroundWork:
    """Background work that does `work` again and again; a failure is logged and tried again next time."""

    async def run() -> None:
        while True:
            try:
                await work()
            except Exception as error:
                log.warning("background work failed", extra={"work": name, "error": type(error).__name__})
            await asyncio.sleep(seconds)

    return run


def _lifespan(parts: Parts) -> Callable[[FastAPI], contextlib.AbstractAsyncContextManager[None]]:
    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await require_head(parts.database)
        await parts.bus.start()
        housekeeping = every(HOUSEKEEPING_SECONDS, "housekeeping", lambda: forget_old(parts.database, utc_now()))
        relays = [Relay(parts.database, parts.bus, lane).run for lane in lanes_of(parts.name)]
        background = (*relays, housekeeping, *parts.background)
        tasks = [asyncio.create_task(guard(work), name=f"{parts.name}:{work.__qualname__}") for work in background]
        try:
            yield
        finally:
            await parts.bus.stop()
            await _cancel(tasks)
            await parts.database.stop()

    return lifespan


async def _cancel(tasks: Collection[asyncio.Task[None]]) -> None:
    """Cancel again what goes on: a cancellation that meets a statement may come out as the driver's own error."""
    while tasks:
        for task in tasks:
            task.cancel()
        _, tasks = await asyncio.wait(tasks, timeout=CANCEL_SECONDS)


async def guard(work: BackgroundWork) -> None:
    """Background work that died in a living process is the worst state: nobody restarts it. So the process stops."""
    try:
        await work()
    except asyncio.CancelledError:
        raise
    except Exception as error:
        log.critical("background work died", extra={"work": work.__qualname__, "error": type(error).__name__})
    os.kill(os.getpid(), signal.SIGTERM)


def _is_probe(scope: Any) -> bool:
    path: str = scope["path"]
    return path.endswith(("/live", "/ready", "/metrics"))
