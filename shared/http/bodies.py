"""What a route takes that is no model, told for its OpenAPI (`openapi_extra`); a table as the body itself."""

from collections.abc import Mapping
from typing import Any, ClassVar

from starlette.requests import Request

from shared.errors import MediaTypeUnsupported
from shared.workbook_stream import XLSX

FILE: Mapping[str, Any] = {"type": "string", "format": "binary"}


def _body(**content: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "requestBody": {"required": True, "content": {kind: {"schema": schema} for kind, schema in content.items()}}
    }


TABLE = _body(**{"text/csv": {"type": "string"}, XLSX: FILE})
"""A table, and nothing beside it."""


class TableInForm(MediaTypeUnsupported):
    """A file that was sent in a form, to a route that takes it as the body."""

    code: ClassVar[str] = "table-in-form"


async def table_of(request: Request) -> bytes:
    """The table that was sent; raises `TableInForm`, for what stands around a file in a form is no part of the table."""
    if request.headers.get("content-type", "").lower().startswith("multipart/"):
        raise TableInForm
    return await request.body()


def form(*required: str, **fields: Mapping[str, Any]) -> dict[str, Any]:
    """A form with files; the fields as JSON schemas."""
    schema = {"type": "object", "required": list(required), "properties": fields, "additionalProperties": False}
    return _body(**{"multipart/form-data": schema})
