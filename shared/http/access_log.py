"""One JSON line a request: who, which route, how it ended, how long it took. Never the query or a body."""

import logging
import re
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger("shouwang.access")

# Segments of our paths: words and codes, area codes, ids. Whoever writes a person into an address gets an error, and
# the error's line would keep them in the log.
_OURS = re.compile(
    r"(?:[a-z][a-z0-9.\-]{0,40}"
    r"|[0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{9}|[0-9]{12}"
    r"|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})?"
)


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
                "path": _ours(scope["path"]),
                "status": status,
                "ms": round(seconds * 1000, 1),
                "principal": str(principal.id) if principal else None,
            },
        )


def _ours(path: str) -> str:
    return "/".join(part if _OURS.fullmatch(part) else "?" for part in path.split("/"))
