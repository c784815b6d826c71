"""Which columns of a bureau's export are which fields of its feed."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.alerts.rules.feeds import column_type
from services.alerts.rules.files import FeedWithoutColumns
from shared.tables import Column


def columns_of(columns: Sequence[Mapping[str, Any]], evidence_schema: Mapping[str, Any]) -> list[Column]:
    """The columns a file of the feed is read by. Raises `FeedWithoutColumns` when it has none."""
    if not columns:
        raise FeedWithoutColumns
    return [_column(one, evidence_schema) for one in columns]


def _column(column: Mapping[str, Any], evidence_schema: Mapping[str, Any]) -> Column:
    field: str = column["field"]
    kind = "id_number" if field == "person.id_number" else column_type(field, evidence_schema) or "text"
    return Column(field, tuple(column["headers"]), kind, bool(column.get("required")))


def words_of(columns: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, str]]:
    """By field: what a cell may say → the feed's code for it."""
    return {one["field"]: dict(one["values"]) for one in columns if one.get("values")}
