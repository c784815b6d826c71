"""What of a change to an event would break somebody: receivers that are not upgraded, or messages kept in a topic.

Additive change keeps the type: an optional field, one more value of a code list (receivers are upgraded first).
Anything else needs a new type, `...V2`, emitted side by side.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from shared.contracts import BY_TYPE
from tools.documents.schemas import CONTRACTS, snapshot

Schema = Mapping[str, Any]

_ENVELOPE = {"x-type": "type", "x-topic": "topic", "x-key": "partition key"}
_REMARKS = {"description", "default", "examples", "title", "deprecated"}
_STRUCTURE = {"properties", "required", "items", "enum", "$defs", "$ref"}


def breaking_changes(old: Schema, new: Schema) -> list[str]:
    """One line for each breaking difference between two snapshots of an event; none means: additive."""
    moved = [
        f"{called} changed from {old[name]!r} to {new[name]!r}"
        for name, called in _ENVELOPE.items()
        if old.get(name) != new.get(name)
    ]
    return [*moved, *_compare(old, new, "", old.get("$defs", {}), new.get("$defs", {}))]


def broken_contracts(root: Path) -> list[str]:
    """Breaking differences between the snapshots and the contracts, each with the event it concerns."""
    found = []
    for file in sorted((root / CONTRACTS / "schema").glob("*.json")):
        event = BY_TYPE.get(file.stem)
        old = json.loads(file.read_text(encoding="utf-8"))
        lines = ["the event is gone"] if event is None else breaking_changes(old, snapshot(event))
        found += [f"{file.stem}: {line}; emit a new type beside it instead (see docs/events.md)" for line in lines]
    return found


def _compare(old: Schema, new: Schema, path: str, old_defs: Schema, new_defs: Schema) -> Iterator[str]:
    old, new = _resolve(old, old_defs), _resolve(new, new_defs)
    if path and _shape(old) != _shape(new):
        yield f"{path}: changed from {_shape(old)} to {_shape(new)}"
        return
    if gone := [value for value in old.get("enum", ()) if value not in new.get("enum", ())]:
        yield f"{path}: no longer allows {', '.join(map(repr, gone))}"
    if "enum" in new and "enum" not in old:
        yield f"{path}: now allows {', '.join(map(repr, new['enum']))} only"
    if "items" in old:
        yield from _compare(old["items"], new.get("items", {}), f"{path}[]", old_defs, new_defs)
    yield from _compare_fields(old, new, path, old_defs, new_defs)


def _compare_fields(old: Schema, new: Schema, path: str, old_defs: Schema, new_defs: Schema) -> Iterator[str]:
    before, after = old.get("properties", {}), new.get("properties", {})
    for name, schema in before.items():
        at = f"{path}.{name}" if path else name
        if name not in after:
            yield f"{at}: removed or renamed"
        else:
            yield from _compare(schema, after[name], at, old_defs, new_defs)
    for name in new.get("required", ()):
        if name not in old.get("required", ()):
            yield f"{f'{path}.{name}' if path else name}: newly required, which messages kept in the topic do not have"


def _resolve(schema: Schema, definitions: Schema) -> Schema:
    """Follow a reference, so that a renamed model of the same shape is no change."""
    reference = schema.get("$ref")
    return definitions[reference.rsplit("/", 1)[1]] if reference else schema


def _shape(schema: Schema) -> dict[str, Any]:
    """Type, format, limits and alternatives: what must be equal. Fields, items and enums are compared one by one."""
    return {name: value for name, value in sorted(schema.items()) if name not in _REMARKS | _STRUCTURE}
