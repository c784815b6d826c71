"""What is kept of a request: its time by route and status for `/metrics`, and one JSON line. Never the query or a body.

The framework can count requests too, but at a quarter of the hot route's throughput; this costs a hundredth.
"""

import logging
import time

from prometheus_client import Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.telemetry import ours_of

log = logging.getLogger("shouwang.access")

_SECONDS = Histogram(
    "http_server_request_duration_seconds",
    "Time to answer",
    ["service", "method", "route", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)


class AccessLog:
    """Counts and logs after the answer: of the path only what is ours, of the query nothing."""

    def __init__(self, app: ASGIApp, service: str) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the app, then log."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 500
        began = time.perf_counter()

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watch)
        finally:
            seconds = time.perf_counter() - began
            # Our routes only: what somebody writes into an address must not become a label.
            route = getattr(scope.get("route"), "path_format", "none")
            method = scope["method"] if route != "none" else "none"
            _SECONDS.labels(self._service, method, route, status).observe(seconds)
            if log.isEnabledFor(logging.INFO):
                self._log(scope, status, seconds)

    def _log(self, scope: Scope, status: int, seconds: float) -> None:
        principal = scope.get("state", {}).get("principal")
        log.info(
            "request",
            extra={
                "method": scope["method"],
                "path": ours_of(scope["path"]),
                "status": status,
                "ms": round(seconds * 1000, 1),
                "principal": str(principal.id) if principal else None,
            },
        )
