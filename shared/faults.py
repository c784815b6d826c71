"""pydantic's errors as faults of ours: a stable code and a place, and nothing of the input."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic_core import InitErrorDetails, PydanticCustomError

from shared.errors import Fault
from shared.messages import listed

_BY_PYDANTIC = {
    "missing": "field-missing",
    "extra_forbidden": "field-unknown",
    "string_too_long": "text-too-long",
    "string_too_short": "text-too-short",
    "too_long": "too-long",
    "too_short": "too-short",
    "literal_error": "choice-invalid",
    "enum": "choice-invalid",
    "json_invalid": "json-invalid",
    "date_type": "date-invalid",
    "date_parsing": "date-invalid",
    "date_from_datetime_parsing": "date-invalid",
    "date_from_datetime_inexact": "date-invalid",
}
_CHOICES = ("literal_error", "enum")
_BETWEEN = re.compile(r", | or ")  # pydantic writes "'a', 'b' or 'c'"
_RANGES = ("greater_than", "greater_than_equal", "less_than", "less_than_equal")
_FIELD_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]{0,60}")
_PARAMS = frozenset({"max_length", "min_length", "expected", "position", "line", "column"})
"""Of pydantic's contexts and our own, those with no input in them."""


def error_of(fault: Fault) -> InitErrorDetails:
    """A fault as a validator of pydantic's raises it; `faults_of` makes the same fault of it again."""
    location = tuple(int(part) if part.isdigit() else part for part in fault.field.split("."))
    context: dict[str, Any] = dict(fault.params)
    return InitErrorDetails(type=PydanticCustomError(fault.code, "see the code", context), loc=location, input=None)


def faults_of(errors: Iterable[Mapping[str, Any]]) -> list[Fault]:
    """One fault for each of `ValidationError.errors()`."""
    return [Fault(_path(error["loc"]), _code(error), _params(error)) for error in errors]


def _code(error: Mapping[str, Any]) -> str:
    kind: str = error["type"]
    if kind == "missing" and tuple(error["loc"]) == ("body",):
        return "body-missing"
    if kind in _RANGES:
        return "number-out-of-range"
    # Our own validators raise PydanticCustomError with a catalogue code (they contain hyphens, pydantic's do not).
    return _BY_PYDANTIC.get(kind) or (kind if "-" in kind else "field-invalid")


def _params(error: Mapping[str, Any]) -> dict[str, Any]:
    context: Mapping[str, Any] = error.get("ctx") or {}
    params = {name: value for name, value in context.items() if name in _PARAMS}
    if error["type"] in _CHOICES:
        params["expected"] = listed(_BETWEEN.split(params["expected"].replace("'", "")))
    return params


def _path(location: Iterable[int | str]) -> str:
    """`("body", "person", "id_number")` → `person.id_number`; a name that looks like a value is left out."""
    parts = list(location)
    if parts and parts[0] in ("body", "query", "path", "header"):
        parts = parts[1:]
    return ".".join(str(part) if isinstance(part, int) else name_shown(part) for part in parts)


def name_shown(name: str) -> str:
    """A field's name, or `?`: an unknown one is input as well, and somebody will put an ID number there one day."""
    return name if _FIELD_NAME.fullmatch(name) else "?"
