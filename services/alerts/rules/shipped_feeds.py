"""What a later release ships of a feed, beside what the county has made of it since: only what is new is taken over."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from services.alerts.rules.feeds import FIELDS, heading

Content = Mapping[str, Any]
"""A feed as its versions keep it."""

_WORDS = ("name", "columns", "evidence_schema", "source")
"""What is taken over. Whose the feed is, its calendar and what it is about are the county's alone."""
_REQUIRED = "required"
"""What a bureau has to send does not grow by itself."""
_UNKNOWN = object()


class Change(NamedTuple):
    """One thing that is new. `before` None: it was not there."""

    path: str  # "columns.self_pay.headers"
    before: Any
    after: Any


def take_over(before: Content | None, ours: Content, shipped: Content) -> dict[str, Any]:
    """Our feed with what is new in the shipped one; `before` is what was shipped when it was taken over last, if known.

    What differs from `before` the county has changed, and keeps: also what it threw away. A new heading that already
    stands over another column stays with that, and a column of a field that the county has not is left out.
    """
    known, own, new = _by_field(before) if before else {}, _by_field(ours), _by_field(shipped)
    merged = {**own, **{key: _merged(known.get(key, _UNKNOWN), own[key], new[key]) for key in _WORDS}}
    fields = FIELDS.keys() | merged["evidence_schema"].get("properties", {}).keys()
    taken = {heading(text) for column in ours["columns"] for text in column["headers"]}
    columns = []
    for column in merged["columns"].values():
        there = own["columns"].get(column["field"])
        named = there["headers"] if there else ()
        headers = [text for text in column["headers"] if text in named or heading(text) not in taken]
        if headers and column["field"] in fields:
            columns.append({**column, "headers": headers, _REQUIRED: there is not None and there[_REQUIRED]})
    return {**merged, "columns": columns}


def changes(ours: Content, merged: Content) -> list[Change]:
    """What the merged feed has otherwise, in the order of its places."""
    return list(_changes("", _by_field(ours), _by_field(merged)))


def _by_field(content: Content) -> dict[str, Any]:
    return {**content, "columns": {column["field"]: column for column in content["columns"]}}


def _merged(before: Any, ours: Any, shipped: Any) -> Any:
    if isinstance(ours, dict) and isinstance(shipped, dict):
        known = before if isinstance(before, dict) else {}
        new = {key: value for key, value in shipped.items() if key not in ours and key not in known}
        return {key: _value(key, known, value, shipped) for key, value in ours.items()} | new
    if isinstance(ours, list) and isinstance(shipped, list):
        gone = before if isinstance(before, list) else ()
        return [*ours, *(one for one in shipped if one not in ours and one not in gone)]
    return shipped if ours == before else ours


def _value(key: str, known: Mapping[str, Any], value: Any, shipped: Mapping[str, Any]) -> Any:
    if key == _REQUIRED or key not in shipped:
        return value
    return _merged(known.get(key, _UNKNOWN), value, shipped[key])


def _changes(path: str, ours: Any, merged: Any) -> Iterator[Change]:
    if isinstance(ours, dict) and isinstance(merged, dict):
        for key, value in merged.items():
            yield from _changes(f"{path}.{key}" if path else key, ours.get(key), value)
    elif ours != merged:
        yield Change(path, ours, merged)
