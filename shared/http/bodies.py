"""What a route takes that is no model, told for its OpenAPI (`openapi_extra`)."""

from collections.abc import Mapping
from typing import Any

FILE: Mapping[str, Any] = {"type": "string", "format": "binary"}
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _body(**content: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "requestBody": {"required": True, "content": {kind: {"schema": schema} for kind, schema in content.items()}}
    }


TABLE = _body(**{"text/csv": {"type": "string"}, _XLSX: FILE})
"""A table, and nothing beside it."""


def form(*required: str, **fields: Mapping[str, Any]) -> dict[str, Any]:
    """A form with files; the fields as JSON schemas."""
    schema = {"type": "object", "required": list(required), "properties": fields, "additionalProperties": False}
    return _body(**{"multipart/form-data": schema})
