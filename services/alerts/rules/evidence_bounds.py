"""What a feed's schema says of single values, for whole columns: which of them lie beyond it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from shared.messages import listed

OUT_OF_RANGE, NO_CHOICE, TOO_LONG = "number-out-of-range", "choice-invalid", "text-too-long"

_BEYOND: Mapping[str, Callable[[pl.Expr, Any], pl.Expr]] = {
    "minimum": lambda value, least: value < least,
    "exclusiveMinimum": lambda value, least: value <= least,
    "maximum": lambda value, greatest: value > greatest,
    "exclusiveMaximum": lambda value, greatest: value >= greatest,
    "enum": lambda value, choices: value.is_in(choices).not_(),
    "maxLength": lambda value, longest: value.str.len_chars() > longest,
}
_FAULTS: Mapping[str, Callable[[Any], tuple[str, Mapping[str, Any]]]] = {
    "enum": lambda choices: (NO_CHOICE, {"expected": listed(choices)}),
    "maxLength": lambda longest: (TOO_LONG, {"max_length": longest}),
}


@dataclass(frozen=True, slots=True)
class Bound:
    """A bound of a field, true of the rows whose value lies `beyond` it, and what is said of these."""

    field: str
    beyond: pl.Expr
    code: str
    params: Mapping[str, Any]


def bounds_of(evidence_schema: Mapping[str, Any]) -> Iterator[Bound]:
    """The bounds that a schema sets. A pattern is none: it is looked at row by row."""
    for name, field in evidence_schema["properties"].items():
        for keyword in _BEYOND.keys() & field.keys():
            limit = field[keyword]
            code, params = _FAULTS.get(keyword, lambda _: (OUT_OF_RANGE, {}))(limit)
            beyond = _BEYOND[keyword](pl.col(name), limit).fill_null(False)
            yield Bound(name, beyond, code, params)
