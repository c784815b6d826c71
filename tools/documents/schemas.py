"""The JSON Schema snapshot of each event: its body, and where and how it travels."""

import json
from pathlib import Path
from typing import Any, cast

from shared.contracts import ALL_EVENTS
from shared.contracts.envelope import EventType

ROOT = Path(__file__).parents[2]
CONTRACTS = Path("shared/contracts")
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def snapshot(event: EventType) -> dict[str, Any]:
    """The body's schema as a receiver needs it, with `x-type`, `x-topic` and `x-key` (see `key_fields`)."""
    return {
        "$schema": DIALECT,
        "$id": f"urn:shouwang:event:{event.type}",
        "x-type": event.type,
        "x-topic": event.topic,
        "x-key": key_fields(event),
        **body_schema(event),
    }


def body_schema(event: EventType, ref_template: str = "#/$defs/{model}") -> dict[str, Any]:
    """The body's schema, without the titles that only repeat the fields' names."""
    # In validation mode: what must be there for a receiver to read it, also in a message kept from long ago.
    schema = event.model_json_schema(ref_template=ref_template, mode="validation")
    return cast(dict[str, Any], _without_titles(schema))


def key_fields(event: EventType) -> list[str]:
    """The fields the partition key is made of, in the order in which they are tried."""
    names = cast(Any, event.key).fget.__code__.co_names  # on the class, `key` is the property itself
    return [name for name in names if name in event.model_fields]


def read_examples(root: Path) -> dict[str, dict[str, Any]]:
    """One body for each event type. They are written by hand: only a person can make them telling."""
    folder = root / CONTRACTS / "examples"
    return {event.type: json.loads((folder / f"{event.type}.json").read_text(encoding="utf-8")) for event in ALL_EVENTS}


def _without_titles(node: Any) -> Any:
    if isinstance(node, dict):
        # A property called "title" is a schema, not a text.
        return {k: _without_titles(v) for k, v in node.items() if not (k == "title" and isinstance(v, str))}
    if isinstance(node, list):
        return [_without_titles(item) for item in node]
    return node
