"""One JSON line a request: who, which route, how it ended, how long it took. Never the query or a body."""

import logging
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.telemetry import ours_of

log = logging.getLogger("shouwang.access")


class AccessLog:
    """Logs after the answer: of the path only what is ours, of the query nothing."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the app, then log."""
        if scope["type"] != "http" or not log.isEnabledFor(logging.INFO):
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
            self._log(scope, status, time.perf_counter() - began)

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
