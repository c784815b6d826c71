"""All services behind one address, in one process: requests go by the first part of their path.

In production the same addresses are served by the gateway of `docker-compose.yml`, in front of one container each.
"""

import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from shared.http import problems
from shared.http.documents import merge
from shared.http.probes import measured, readiness
from shared.messages import LANGUAGES, Catalogue

TEXTS = Catalogue(Path(__file__).parent)
Started = Callable[["Gateway"], contextlib.AbstractAsyncContextManager[None]]
"""Entered when all services run, before the first request is taken."""


@contextlib.asynccontextmanager
async def _nothing_more(_gateway: "Gateway") -> AsyncIterator[None]:
    yield


class Gateway:
    """An ASGI app over the services' apps. Their lifespans are one: they start and stop together."""

    def __init__(self, services: Mapping[str, FastAPI], started: Started = _nothing_more) -> None:
        self.services = services
        self._started = started
        self._own = self._make_own()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request to the service it names."""
        if scope["type"] == "http":
            first = scope["path"].split("/", 2)[1] if scope["path"].startswith("/") else ""
            await self.services.get(first, self._own)(scope, receive, send)
        else:
            await self._own(scope, receive, send)

    def openapi(self) -> dict[str, Any]:
        """One document for all services."""
        begin = "\n\n".join(TEXTS.text("api-begin", language) for language in LANGUAGES)
        return merge({name: app.openapi() for name, app in self.services.items()}, begin)

    def _make_own(self) -> FastAPI:
        app = FastAPIOffline(title="守望 Shouwang", version="1", lifespan=self._lifespan, telemetry={"tracing": False})
        app.state.catalogue = TEXTS
        problems.install(app)
        app.openapi = self.openapi  # type: ignore[method-assign]
        app.add_api_route("/", lambda: RedirectResponse("/docs"), include_in_schema=False)
        app.add_api_route("/live", lambda: {"status": "live"}, include_in_schema=False)
        app.add_api_route("/ready", self._ready, include_in_schema=False)
        app.add_api_route("/metrics", self._metrics, include_in_schema=False)
        return app

    @contextlib.asynccontextmanager
    async def _lifespan(self, _app: FastAPI) -> AsyncIterator[None]:
        async with contextlib.AsyncExitStack() as stack:
            for app in self.services.values():
                await stack.enter_async_context(app.router.lifespan_context(app))
            await stack.enter_async_context(self._started(self))
            yield

    async def _ready(self) -> Response:
        reports = {name: await readiness(app.state) for name, app in self.services.items()}
        ready = all(report["ready"] for report in reports.values())
        return JSONResponse({"ready": ready, "services": reports}, 200 if ready else 503)

    async def _metrics(self) -> Response:
        return await measured(*(app.state for app in self.services.values()))
