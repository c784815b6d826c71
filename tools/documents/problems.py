"""Which problems each route may answer: worked out from its code, `services/<service>/problems.json`."""

import types
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts

from shared.errors import DomainError
from tools.documents.reading import Body, Handler, body_of, functions_of, is_error

Errors = set[type[DomainError]]


def problems_of(app: FastAPI) -> dict[str, dict[str, list[str]]]:
    """By route's name and status, the codes."""
    roots = {
        context.original_route.name: list(_roots(context.original_route))
        for context in iter_route_contexts(app.routes)
        if isinstance(context.original_route, APIRoute) and context.include_in_schema
    }
    raised = _settle({function for found in roots.values() for function in found})
    table: dict[str, dict[str, list[str]]] = {}
    for name, functions in roots.items():
        by_status: dict[str, set[str]] = {}
        for error in {error for function in functions for error in raised[function]}:
            if code := getattr(error, "code", None):
                by_status.setdefault(str(error.status), set()).add(code)
        table[name] = {status: sorted(codes) for status, codes in sorted(by_status.items())}
    return table


def _roots(route: APIRoute) -> Iterator[types.FunctionType]:
    yield from functions_of(type(route).get_route_handler)
    waiting = [route.dependant]
    while waiting:
        dependant: Dependant = waiting.pop()
        yield from functions_of(dependant.call)
        waiting += dependant.dependencies


def _settle(roots: Iterable[types.FunctionType]) -> Mapping[types.FunctionType, Errors]:
    bodies: dict[types.FunctionType, Body] = {}
    waiting = list(roots)
    while waiting:
        function = waiting.pop()
        if function not in bodies:
            bodies[function] = body_of(function)
            waiting += [one.what for one in bodies[function].said if not is_error(one.what)]
    raised: dict[types.FunctionType, Errors] = {function: set() for function in bodies}
    kept: dict[types.FunctionType, Errors] = {function: set() for function in bodies}
    moved = True
    while moved:
        moved = False
        for function, body in bodies.items():
            before = len(raised[function]) + len(kept[function])
            for said in body.said:
                if is_error(said.what):
                    _pass({said.what}, said.under, raised[function], kept[function])
                else:
                    _pass(raised[said.what], said.under, raised[function], kept[function])
                    kept[function] |= kept[said.what]
            if body.gives_back:
                raised[function] |= kept[function]
            moved |= len(raised[function]) + len(kept[function]) > before
    return raised


def _pass(errors: Iterable[Any], under: tuple[tuple[Handler, ...], ...], raised: Errors, kept: Errors) -> None:
    for error in errors:
        for handlers in under:
            taken = next((one for one in handlers if issubclass(error, one.takes)), None)
            if taken is not None and taken.swallows:
                if taken.keeps:
                    kept.add(error)
                break
        else:
            raised.add(error)
