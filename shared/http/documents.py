"""OpenAPI: adds to each operation who may call it, which errors it answers, and how one signs in."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts

from shared.http.problems import MEDIA_TYPE, Problem
from shared.security.permits import Permit, Public

Problems = Mapping[str, Mapping[str, Sequence[str]]]
"""By route's name and status, the codes of the problems that its code can raise (`tools.documents.problems`)."""

_ERRORS = {
    "400": "Not what it says it is · 内容无法解析",
    "401": "Not signed in · 未登录",
    "403": "The role may not · 角色无权",
    "404": "Not found, or not yours to see · 未找到或无权查看",
    "409": "Not in a state for this · 当前状态不允许",
    "410": "Kept long enough, and deleted · 已过保存期",
    "412": "Changed since you read it · 数据已被他人修改",
    "413": "Body too large · 内容过大",
    "415": "Content of another type · 不支持该内容类型",
    "422": "The input has mistakes · 内容有误",
    "428": "Say which version you read · 须给出所读版本",
    "429": "Too often; see Retry-After · 过于频繁",
    "503": "Try again shortly · 暂不可用",
}
_ANYWHERE = {"422": {"invalid-input", "text-unstorable"}, "503": {"unavailable"}}
_OF_BODIES = {"400": {"field-invalid", "json-invalid"}, "413": {"body-too-large"}}
"""What is answered before a route's code runs, or when the database is away."""
_OF_JSON = {"415": {"media-type-unsupported"}}
_SCHEMES = {
    "token": {
        "type": "oauth2",
        "flows": {"password": {"tokenUrl": "/directory/v1/tokens", "refreshUrl": "/directory/v1/tokens", "scopes": {}}},
    },
    "api_key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}


def read_problems(folder: Path) -> Problems:
    """Those of the service that lives in the folder."""
    problems: Problems = json.loads((folder / "problems.json").read_bytes())
    return problems


def routes(app: FastAPI) -> Iterator[tuple[str, str, Permit | Public | None]]:
    """Every route of ours as (method, path, permit): what the tests go over. The documents' own pages are open."""
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, APIRoute) and not route.endpoint.__module__.startswith("fastapi"):
            for method in sorted(context.methods or ()):
                yield method, context.path or route.path, find_permit(context.dependant or route.dependant)


def find_permit(dependant: Dependant) -> Permit | Public | None:
    """The permit among a route's dependencies."""
    for dependency in dependant.dependencies:
        if isinstance(dependency.call, Permit | Public):
            return dependency.call
        if (found := find_permit(dependency)) is not None:
            return found
    return None


def describe(app: FastAPI) -> None:
    """Replace `app.openapi` by one that adds permits, problem answers and sign-in."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = plain()
            _add(app, document)
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _add(app: FastAPI, document: dict[str, Any]) -> None:
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(problem.pop("$defs", {}))
    schemas["Problem"] = problem
    components["securitySchemes"] = _SCHEMES
    problems: Problems = app.state.problems
    prefix = f"{app.state.name}_"
    for method, path, permit in routes(app):
        operation = document.get("paths", {}).get(path, {}).get(method.lower())
        if operation is not None:
            _add_permit(operation, permit)
            _add_errors(operation, problems.get(operation["operationId"].removeprefix(prefix), {}))


def _add_permit(operation: dict[str, Any], permit: Permit | Public | None) -> None:
    if not isinstance(permit, Permit):
        return
    roles = sorted(permit.roles)
    who = ", ".join(roles) + (" · API key" if permit.api_key else "")
    operation["description"] = (
        f"{operation.get('description', '')}\n\n**Permit** `{permit.name}` · **Roles** {who}".strip()
    )
    operation["x-permit"] = permit.name
    operation["x-roles"] = roles
    operation["security"] = [{"token": []}, *([{"api_key": []}] if permit.api_key else [])]


def _add_errors(operation: dict[str, Any], raised: Mapping[str, Sequence[str]]) -> None:
    """What the route's code raises, and what is answered before it runs or when the database is away."""
    codes = {status: set(found) for status, found in raised.items()}
    before = dict(_ANYWHERE)
    if "requestBody" in operation:
        before |= _OF_BODIES | (_OF_JSON if "application/json" in operation["requestBody"]["content"] else {})
    for status, found in before.items():
        codes[status] = codes.get(status, set()) | found
    problem = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for status, found in sorted(codes.items()):
        listed = ", ".join(f"`{code}`" for code in sorted(found))
        operation["responses"][status] = {"description": f"{_ERRORS[status]}: {listed}", "content": problem}


def merge(documents: Mapping[str, dict[str, Any]], description: str) -> dict[str, Any]:
    """One OpenAPI document of several services'. A schema name that means two things gets its service's name."""
    merged: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": "守望 Shouwang", "version": "1", "description": description},
        "paths": {},
        "components": {"schemas": {}, "securitySchemes": _SCHEMES},
    }
    for service, document in documents.items():
        schemas = document["components"]["schemas"]
        known = merged["components"]["schemas"]
        renamed = {
            name: f"{service.title()}{name}" for name in schemas if known.get(name, schemas[name]) != schemas[name]
        }
        own = _rename(document, renamed)
        merged["paths"].update(own["paths"])
        known.update({renamed.get(name, name): schema for name, schema in own["components"]["schemas"].items()})
    return merged


def _rename(node: Any, renamed: Mapping[str, str]) -> Any:
    if isinstance(node, dict):
        return {key: _renamed_reference(key, value, renamed) for key, value in node.items()}
    if isinstance(node, list):
        return [_rename(item, renamed) for item in node]
    return node


def _renamed_reference(key: str, value: Any, renamed: Mapping[str, str]) -> Any:
    if key == "$ref" and isinstance(value, str):
        place, _, name = value.rpartition("/")
        return f"{place}/{renamed.get(name, name)}"
    return _rename(value, renamed)
