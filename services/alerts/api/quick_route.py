"""A route that is documented like any other but runs without FastAPI's dependency solver, for the one hot path.

Solving six dependencies takes longer than sealing an alert and handing it to the database. What the solver would do
is done here in plain sight: permit, body, idempotency key, endpoint. The signature of the endpoint still makes the
documents and is what the tests of all routes look at.
"""

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, cast

from fastapi import Request
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from services.alerts.rules.batches import BodyMalformed
from services.alerts.usecases.reading import read
from shared.errors import MediaTypeUnsupported
from shared.http.documents import find_permit
from shared.http.idempotency import request_key
from shared.security.permits import Permit


class QuickRoute(APIRoute):
    """For an endpoint `(draft, who, request, key) -> Response` whose `draft` is its JSON body."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The way of a request."""
        permit = find_permit(self.dependant)
        assert isinstance(permit, Permit)
        assert self.body_field is not None
        model = cast("type[BaseModel]", self.body_field.field_info.annotation)
        endpoint: Callable[..., Awaitable[Response]] = self.endpoint

        async def handle(request: Request) -> Response:
            who = await permit(request)
            if not request.headers.get("content-type", "").lower().startswith("application/json"):
                raise MediaTypeUnsupported
            try:
                body = await request.body()
            except ClientDisconnect:
                return Response(status_code=400)  # nobody is there to read it
            draft = read(model, body, BodyMalformed)
            key = await request_key(request, request.headers.get("idempotency-key"))
            return await endpoint(draft, who, request, key)

        return handle
