"""What a list is asked to hold, as conditions in SQL."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.orm import InstrumentedAttribute


def equal(*wanted: tuple[InstrumentedAttribute[Any], Any]) -> Iterator[ColumnElement[bool]]:
    """Each of these columns is what is wanted of it; None wants nothing."""
    return (column == value for column, value in wanted if value is not None)
