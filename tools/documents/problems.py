"""Which problems each route may answer, worked out from its code: `services/<service>/problems.json`.

A route may raise what its dependencies, itself and all that they call name, but for what is caught on the way. Too much
rather than too little: a branch that this route never takes is told as well.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts

from tools.documents.reading import Body, Problem, Under, body_of
from tools.documents.typed import Function, functions_of

Table = dict[str, dict[str, list[str]]]


@cache
def problems_of(app: FastAPI) -> Table:
    """By route's name and status, the codes."""
    routes = [context.original_route for context in iter_route_contexts(app.routes)]
    told = [route for route in routes if isinstance(route, APIRoute) and route.include_in_schema]
    roots = {route.name: list(_roots(route)) for route in told}
    raised = raised_by({function for found in roots.values() for function in found})
    return {name: _by_status(one for function in found for one in raised[function]) for name, found in roots.items()}


def _roots(route: APIRoute) -> Iterator[Function]:
    """What runs for a request."""
    yield from functions_of(type(route).get_route_handler)
    waiting: list[Dependant] = [route.dependant]
    while waiting:
        dependant = waiting.pop()
        yield from functions_of(dependant.call)
        waiting += dependant.dependencies


def _by_status(problems: Iterable[Problem]) -> dict[str, list[str]]:
    named = {(str(one.status), one.code) for one in problems if hasattr(one, "code")}
    return {status: sorted(code for of, code in named if of == status) for status in sorted({of for of, _ in named})}


def raised_by(roots: Iterable[Function]) -> Mapping[Function, set[Problem]]:
    """What each function may raise, and each that they call: until nothing is added any more, for they call each other."""
    bodies: dict[Function, Body] = {}
    waiting = list(roots)
    while waiting:
        if (function := waiting.pop()) not in bodies:
            bodies[function] = body_of(function)
            waiting += [called for called, _ in bodies[function].calls]
    raised: dict[Function, set[Problem]] = {function: set() for function in bodies}
    kept: dict[Function, set[Problem]] = {function: set() for function in bodies}
    before = -1
    while (size := sum(map(len, (*raised.values(), *kept.values())))) > before:
        before = size
        for function, body in bodies.items():
            said = [*body.problems, *((one, under) for called, under in body.calls for one in raised[called])]
            for problem, under in said:
                for found in _ends_in(problem, under, raised[function], kept[function]):
                    found.add(problem)
            kept[function].update(*(kept[called] for called, _ in body.calls))
            raised[function] |= kept[function] if body.gives_back else set()
    return raised


def _ends_in(problem: Problem, under: Under, raised: set[Problem], kept: set[Problem]) -> Iterator[set[Problem]]:
    """Where a problem gets to from beneath these handlers: out, to be kept, or nowhere."""
    for handlers in under:
        handler = next((one for one in handlers if issubclass(problem, one.takes)), None)
        if handler is not None and handler.ends:
            if handler.keeps:
                yield kept
            return
    yield raised
