"""What a feed's JSON Schema asks of evidence, of many rows at once: as much of it as costs next to nothing.

What is left is asked row by row, of rows that trigger: patterns and multiples.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

import polars as pl

from services.alerts.rules.screening import SCHEMA_FAULTS, SCHEMA_PARAMS
from shared.errors import Fault

_BREAKS: Mapping[str, Callable[[pl.Expr, Any], pl.Expr]] = {
    "minimum": lambda value, least: value < least,
    "maximum": lambda value, most: value > most,
    "exclusiveMinimum": lambda value, least: value <= least,
    "exclusiveMaximum": lambda value, most: value >= most,
    "enum": lambda value, choices: ~value.is_in(choices),
    "minLength": lambda value, least: value.str.len_chars() < least,
    "maxLength": lambda value, most: value.str.len_chars() > most,
}


class Check(NamedTuple):
    """A mistake that rows may have, in the column `name`, and of which rows that is so."""

    name: str
    fault: Fault
    is_broken: pl.Expr


def not_after(today: date) -> Check:
    """What is reported has happened."""
    return Check("occurred_on", Fault("occurred_on", "date-in-future"), pl.col("occurred_on") > today)


def evidence_checks(evidence_schema: Mapping[str, Any]) -> Iterator[Check]:
    """Each mistake is told as `evidence_faults` tells it of a single row."""
    for name in evidence_schema.get("required", ()):
        yield Check(name, Fault(f"evidence.{name}", SCHEMA_FAULTS["required"]), pl.col(name).is_null())
    for name, field in evidence_schema["properties"].items():
        for keyword in () if "format" in field else [one for one in _BREAKS if one in field]:  # of a date it is a date
            limit = field[keyword]
            params = SCHEMA_PARAMS[keyword](limit) if keyword in SCHEMA_PARAMS else {}
            fault = Fault(f"evidence.{name}", SCHEMA_FAULTS.get(keyword, "evidence-invalid"), params)
            yield Check(name, fault, _BREAKS[keyword](pl.col(name), limit))
