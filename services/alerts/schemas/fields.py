"""Pieces that several requests and answers are made of."""

from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, Strict
from pydantic_core import PydanticCustomError


def _day(value: Any) -> Any:
    if not (isinstance(value, str) and len(value) == 10):
        raise PydanticCustomError("date-invalid", "not a date")
    return value


Day = Annotated[date, BeforeValidator(_day)]
"""YYYY-MM-DD in bodies that FastAPI has read already: there a date is a text, which `IsoDate` would refuse."""
IsoDate = Annotated[date, Strict()]
"""YYYY-MM-DD. Strict: pydantic would also take seconds since 1970, and 20260301 is some number of seconds.

For bodies that are read as JSON (`usecases.reading`), where a strict date is its text.
"""
Line = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f-\x9f]+$")]
"""One line of text without control characters."""

FeedCode = Annotated[str, Field(max_length=100, description="Feed · 预警类别", examples=["education.absence"])]
AreaCode = Annotated[
    str,
    Field(
        pattern=r"^[1-9][0-9]{11}$",
        description="12 digits, GB/T 2260 + GB/T 10114 · 行政区划代码",
        examples=["539921100001"],
    ),
]
Evidence = Annotated[
    dict[str, Any],
    Field(
        max_length=50,
        repr=False,
        description="What the feed's JSON Schema says (GET /alerts/v1/feeds/{code}) · 证据",
        examples=[{"days_absent": 4, "last_seen_on": "2026-02-27", "school": "Yunmeng Middle School"}],
    ),
]
