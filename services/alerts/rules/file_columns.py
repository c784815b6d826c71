"""Which columns of a bureau's export are which fields of its feed."""

from collections.abc import Mapping, Sequence, Set
from typing import Any

from services.alerts.rules.evidence import compile_schema
from services.alerts.rules.feeds import Subject, column_type
from services.alerts.rules.files import FeedWithoutColumns
from shared.tables import Column
from shared.tables.table import Kind
from shared.tables.words import YES

_PEOPLE = frozenset({"person.id_number", "person.name", "household.national_code"})
_AREAS = frozenset({"area_code", "area_name"})
_OTHERWISE = {"area_code": "area_name", "area_name": "area_code"}  # an area is found by either


def columns_of(
    columns: Sequence[Mapping[str, Any]], evidence_schema: Mapping[str, Any], subject: Subject
) -> list[Column]:
    """The columns a file of the feed is read by. Raises `FeedWithoutColumns` when it has none."""
    if not columns:
        raise FeedWithoutColumns
    keys = _AREAS if subject == "area" else _PEOPLE
    return [_column(one, evidence_schema, one["field"] in keys) for one in columns]


def headings_of(columns: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """By field, the heading it usually has."""
    return {one["field"]: one["headers"][0] for one in columns}


def heading_of(field: str, headings: Mapping[str, str]) -> str | None:
    """The heading of the column that a mistake is in; None where it is in no column."""
    name = field.removeprefix("evidence.")
    return headings.get(name) or headings.get(_OTHERWISE.get(name, ""))


def _column(column: Mapping[str, Any], evidence_schema: Mapping[str, Any], key: bool) -> Column:
    field: str = column["field"]
    kind: Kind = column_type(field, evidence_schema) or "text"
    words: tuple[tuple[str, bool], ...] = ()
    if field == "person.id_number":
        kind = "id_number"
    elif kind == "boolean":
        words = tuple((word, meant == YES) for word, meant in column.get("values", {}).items())
    elif kind == "text" and _holds_months(evidence_schema["properties"].get(field, {})):
        kind = "month"
    return Column(field, tuple(column["headers"]), kind, bool(column.get("required")), words, key)


def _holds_months(schema: Mapping[str, Any]) -> bool:
    """Whether a text is a month by its pattern: `2026-10` fits and `2026-13` does not."""
    if "pattern" not in schema:
        return False
    fits = compile_schema({"type": "string", "pattern": schema["pattern"]}).is_valid
    return fits("2026-10") and not fits("2026-13") and not fits("2026-00")


def words_of(columns: Sequence[Mapping[str, Any]], evidence_schema: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """By field with a list of choices: what a cell may say → the feed's code for it."""
    return {
        one["field"]: dict(one["values"])
        for one in columns
        if one.get("values") and column_type(one["field"], evidence_schema) == "text"
    }


def spared_fields(
    columns: Sequence[Mapping[str, Any]], evidence_schema: Mapping[str, Any], asked: Set[str]
) -> frozenset[str]:
    """Fields of evidence that no rule asks for and no report needs: a bad cell there costs the cell, not the row.

    Without its natural villages an area would be warned whole.
    """
    needed = {one["field"] for one in columns if one.get("required")} | {*evidence_schema.get("required", ()), *asked}
    return frozenset(evidence_schema["properties"]) - needed - {"natural_villages"}
