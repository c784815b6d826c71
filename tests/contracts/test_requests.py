"""What every route takes: its query parameters are those of its document, and no body holds a field unknown to it."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import TypeAdapter

from services import SERVICES
from shared.contracts.policies import BODIES
from shared.http.documents import routes
from shared.http.parameters import known_parameters
from tools.documents.openapi import make_apps

FREE = {
    *("AlertDraft.evidence", "NewFeed.evidence_schema", "FeedContent.evidence_schema", "ColumnDraft.values"),
    "NewPolicy.body",
}
"""Fields whose content is data of the county's: a JSON Schema, what one checks, or a policy's own model."""

Node = dict[str, Any]


@pytest.fixture(params=SERVICES)
def app(request: pytest.FixtureRequest) -> FastAPI:
    return make_apps()[request.param]


def operations(app: FastAPI) -> Iterator[tuple[str, Node]]:
    for method, path, _ in routes(app):
        if (operation := app.openapi()["paths"].get(path, {}).get(method.lower())) is not None:
            yield f"{method} {path}", operation


def test_the_parameters_a_route_knows_are_those_it_documents(app: FastAPI) -> None:
    known = {
        f"{method} {context.path}": set(known_parameters(context.original_route))
        for context in iter_route_contexts(app.routes)
        if isinstance(context.original_route, APIRoute)
        for method in context.methods or ()
    }
    for name, operation in operations(app):
        documented = {one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"}
        assert known[name] == documented, name


def test_no_body_takes_a_field_it_does_not_know(app: FastAPI) -> None:
    schemas = app.openapi()["components"]["schemas"]
    open_ = {
        f"{name}: {place}"
        for name, operation in operations(app)
        for media in operation.get("requestBody", {}).get("content", {}).values()
        for place in _open(media["schema"], schemas, "", frozenset())
    }
    assert open_ == set()


@pytest.mark.parametrize("kind", BODIES)
def test_no_policy_takes_a_field_it_does_not_know(kind: str) -> None:
    schema = TypeAdapter(BODIES[kind]).json_schema()
    assert list(_open(schema, schema.get("$defs", {}), kind, frozenset())) == []


def _open(node: Node, schemas: Node, place: str, seen: frozenset[str]) -> Iterator[str]:
    """Where an object may hold more than its fields."""
    if reference := node.get("$ref"):
        name = reference.rsplit("/", 1)[1]
        if name not in seen:
            yield from _open(schemas[name], schemas, name, seen | {name})
        return
    by_pattern = node.get("patternProperties", {})
    if node.get("type") == "object" and not by_pattern and node.get("additionalProperties", True) is True:
        yield from [place] if place not in FREE else []
    for field, schema in node.get("properties", {}).items():
        yield from _open(schema, schemas, f"{place}.{field}", seen)
    further = [*by_pattern.values(), *(one for key in ("anyOf", "oneOf", "allOf") for one in node.get(key, ()))]
    further += [node[key] for key in ("items", "additionalProperties") if isinstance(node.get(key), dict)]
    for schema in further:
        yield from _open(schema, schemas, place, seen)
