"""Parameters of an expression as JSON has them: what they may be, and as values."""

import math
import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from shared.errors import Fault
from shared.expressions.tree import Value

MAX_PARAMETERS = 30
MAX_TEXT = 200
_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def parameter_faults(parameters: Mapping[str, Any]) -> Sequence[Fault]:
    """Every mistake with its place, `parameters.<name>`."""
    faults = []
    if len(parameters) > MAX_PARAMETERS:
        faults.append(Fault("parameters", "too-long", {"max_length": MAX_PARAMETERS}))
    for name, value in parameters.items():
        if not _NAME.fullmatch(name):
            faults.append(Fault("parameters", "rule-parameter-name"))
        elif not _is_value(value):
            faults.append(Fault(f"parameters.{name}", "rule-parameter-value"))
    return faults


def _is_value(value: Any) -> bool:
    match value:
        case bool():
            return True
        case str():
            return len(value) <= MAX_TEXT and value.isprintable()
        case int() | float():
            return abs(value) < 2**63 and math.isfinite(value)
    return False


def values(parameters: Mapping[str, Any]) -> dict[str, Value]:
    """Parameters as JSON has them, as values: a text that names a day (2026-09-01) is that day."""
    return {name: _day(value) or value for name, value in parameters.items()}


def _day(value: Any) -> date | None:
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            return None
    return None
