"""Answers as JSON bytes, made inside the transaction so that what is remembered is what was sent."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from starlette.responses import Response

GONE: dict[int | str, dict[str, Any]] = {410: {"description": "Kept long enough, and deleted · 已过保存期"}}
NOT_YET: dict[int | str, dict[str, Any]] = {409: {"description": "Not in a state for this · 当前状态不允许"}}
"""What a route may answer besides what all do, for its `responses`."""


def json_answer(body: BaseModel, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """`body` as JSON."""
    return Response(body.model_dump_json(), status, dict(headers or {}), "application/json")


def created(body: BaseModel, location: str, headers: Mapping[str, str] | None = None) -> Response:
    """201 with the place of what was made."""
    return json_answer(body, 201, {"Location": location, **(headers or {})})
