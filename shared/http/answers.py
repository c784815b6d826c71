"""Answers as JSON bytes, made inside the transaction so that what is remembered is what was sent."""

from collections.abc import Mapping

from pydantic import BaseModel
from starlette.responses import Response


def json_answer(body: BaseModel, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """`body` as JSON."""
    return Response(body.model_dump_json(), status, dict(headers or {}), "application/json")


def created(body: BaseModel, location: str, headers: Mapping[str, str] | None = None) -> Response:
    """201 with the place of what was made."""
    return json_answer(body, 201, {"Location": location, **(headers or {})})
