"""What `/docs` proposes as a request body is one: each is made of the document's examples and read as the route reads it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import SecretStr, TypeAdapter

from services.assembly import CREATE_APP, SETTINGS
from shared.bus.local import LocalBus
from shared.db.engine import DatabaseSettings
from shared.security.vault import VaultSettings
from tests import signing
from tests.contracts.test_openapi import DOCUMENT

NOBODY_THERE = "postgresql+asyncpg://nobody@127.0.0.1:1/none"
FORMATS = {
    "date": "2026-11-20",
    "date-time": "2026-11-20T02:00:00Z",
    "uuid": "01985b2e-0000-7000-8000-000000000001",
}


def proposed(schema: dict[str, Any]) -> Any:
    """A value as the page for the document shows it: the first example there is, else one of the type."""
    if "$ref" in schema:
        schema = {**DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]], **schema}
    for name in ("examples", "enum"):
        if schema.get(name):
            return schema[name][0]
    for name in ("const", "default"):
        if schema.get(name) is not None:
            return schema[name]
    choices = [one for one in schema.get("anyOf", schema.get("oneOf", ())) if one.get("type") != "null"]
    return proposed(choices[0]) if choices else of_type(schema)


def of_type(schema: dict[str, Any]) -> Any:
    """Without an example."""
    match schema.get("type"):
        case "object":
            return {name: proposed(one) for name, one in schema.get("properties", {}).items()}
        case "array":
            return [proposed(schema["items"])]
        case "string":
            return FORMATS.get(schema.get("format", ""), "string")
        case "integer" | "number":
            return schema.get("minimum", 0)
        case "boolean":
            return True
    return None


def bodies() -> Iterator[Any]:
    """Every route that takes JSON: what the document proposes, and what the route makes of it."""
    for name, create in sorted(CREATE_APP.items()):
        database = DatabaseSettings(url=SecretStr(NOBODY_THERE))
        app = create(SETTINGS[name](database=database, vault=VaultSettings.generate()), LocalBus(), signing.find_key)
        for context in iter_route_contexts(app.routes):
            route = context.original_route
            if not isinstance(route, APIRoute) or route.body_field is None:
                continue
            path = context.path or route.path
            for method in sorted(context.methods or ()):
                operation = DOCUMENT["paths"].get(path, {}).get(method.lower(), {})
                content = operation.get("requestBody", {}).get("content", {}).get("application/json")
                if content is not None:
                    reads = TypeAdapter(route.body_field.field_info.annotation)
                    yield pytest.param(content["schema"], reads, id=f"{method} {path}")


BODIES = list(bodies())


def test_bodies_of_every_service_are_looked_at() -> None:
    assert len(BODIES) > 100


@pytest.mark.parametrize(("schema", "reads"), BODIES)
def test_what_is_proposed_can_be_sent(schema: dict[str, Any], reads: TypeAdapter[Any]) -> None:
    reads.validate_json(json.dumps(proposed(schema)))
