"""Which columns of a bureau's export are which fields of its feed."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.alerts.rules.files import FeedWithoutColumns
from shared.tables import Column, Kind

_FIELDS: Mapping[str, Kind] = {"person.id_number": "id_number", "occurred_on": "date"}
_KINDS: Mapping[str, Kind] = {"number": "number", "integer": "integer", "boolean": "boolean"}


def columns_of(columns: Sequence[Mapping[str, Any]], evidence_schema: Mapping[str, Any]) -> list[Column]:
    """The columns a file of the feed is read by. Raises `FeedWithoutColumns` when it has none."""
    if not columns:
        raise FeedWithoutColumns
    return [
        Column(one["field"], tuple(one["headers"]), _kind(one["field"], evidence_schema), bool(one.get("required")))
        for one in columns
    ]


def _kind(field: str, evidence_schema: Mapping[str, Any]) -> Kind:
    """What a column holds is said by its field alone, so that rules and readers cannot disagree."""
    if field in _FIELDS:
        return _FIELDS[field]
    schema = evidence_schema["properties"].get(field, {})
    return "date" if schema.get("format") == "date" else _KINDS.get(schema.get("type"), "text")
