"""Gives the framework's plain 413 the problem form that all other errors have."""

import orjson
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.http.problems import MEDIA_TYPE
from shared.messages import Catalogue, preferred

_CODE = "body-too-large"


class ProblemForTooLarge:
    """Rewrites a 413 that is not a problem document yet; everything else passes untouched."""

    def __init__(self, app: ASGIApp, catalogue: Catalogue) -> None:
        self._app = app
        self._catalogue = catalogue

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the app with its answer watched."""
        replaced = False

        async def watch(message: Message) -> None:
            nonlocal replaced
            if message["type"] == "http.response.start" and message["status"] == 413:
                replaced = MEDIA_TYPE.encode() not in dict(message["headers"]).get(b"content-type", b"")
                if replaced:
                    await self._answer(scope, send)
            if not replaced:
                await send(message)

        await self._app(scope, receive, watch if scope["type"] == "http" else send)

    async def _answer(self, scope: Scope, send: Send) -> None:
        title = self._catalogue.text(_CODE, preferred(Headers(scope=scope).get("accept-language")))
        body = orjson.dumps({"type": f"urn:shouwang:problem:{_CODE}", "title": title, "status": 413, "code": _CODE})
        # The rest of the body is not read: the connection cannot be used again.
        headers = [
            (b"content-type", MEDIA_TYPE.encode()),
            (b"content-length", b"%d" % len(body)),
            (b"connection", b"close"),
        ]
        await send({"type": "http.response.start", "status": 413, "headers": headers})
        await send({"type": "http.response.body", "body": body})
