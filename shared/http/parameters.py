"""Query parameters: one that a route does not know is refused, and so is one that says two things.

Passed over, a misspelt `due_witin=3` would answer the whole county as if nothing had been asked.
"""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from itertools import islice
from typing import Any

from fastapi import Request
from fastapi._compat import ModelField, field_annotation_is_sequence
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.datastructures import QueryParams

from shared.errors import Fault, InvalidInput
from shared.faults import name_shown

_MOST_TOLD = 20  # of one request: to look for the closest name takes time

_CLOSE = 0.5  # of 1, as difflib has it: below, a name has nothing of the one that was asked with

_known: dict[Any, Mapping[str, bool]] = {}
"""By endpoint: worked out at its first request with a query."""


def refuse_unknown(request: Request) -> None:
    """Raise `InvalidInput` for parameters that the request's route does not know, or that are single and come twice."""
    if request.scope["query_string"]:
        faults = _faults(request.query_params, known_parameters(request.scope["route"]))
        if told := list(islice(faults, _MOST_TOLD)):
            raise InvalidInput(told)


def known_parameters(route: APIRoute) -> Mapping[str, bool]:
    """The names a route and its dependencies read, and whether each may come more than once."""
    if (known := _known.get(route.endpoint)) is None:
        known = {one.alias: field_annotation_is_sequence(one.field_info.annotation) for one in _read(route.dependant)}
        _known[route.endpoint] = known
    return known


def _read(dependant: Dependant) -> Iterator[ModelField]:
    yield from dependant.query_params
    for dependency in dependant.dependencies:
        yield from _read(dependency)


def _faults(query: QueryParams, known: Mapping[str, bool]) -> Iterator[Fault]:
    for name in query:
        if not known:
            yield Fault(name_shown(name), "parameters-none")
        elif name not in known:
            yield _unknown(name, known)
        elif not known[name] and len(query.getlist(name)) > 1:
            yield Fault(name, "parameter-repeated")


def _unknown(name: str, known: Mapping[str, bool]) -> Fault:
    if closest := get_close_matches(name, known, 1, _CLOSE):
        return Fault(name_shown(name), "parameter-misspelt", {"closest": closest[0]})
    return Fault(name_shown(name), "parameter-unknown")
