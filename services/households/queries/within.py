"""Conditions that indexes can answer: "lies within a scope", "is active"."""

from typing import Any

from sqlalchemy import ColumnElement, and_, false, literal_column, or_, true
from sqlalchemy.orm import InstrumentedAttribute

from services.households.models import ACTIVE, Task, TaskState
from shared.areas import CODE_LENGTH, Scope


def within(column: InstrumentedAttribute[Any], scope: Scope) -> ColumnElement[bool]:
    """True for the rows whose 12-digit area code lies in `scope`, as ranges of codes; nothing lies nowhere."""
    if "" in scope.prefixes:
        return true()
    ranges = [
        and_(column >= prefix.ljust(CODE_LENGTH, "0"), column <= prefix.ljust(CODE_LENGTH, "9"))
        for prefix in sorted(scope.prefixes)
    ]
    return or_(*ranges) if ranges else false()


def in_state(*states: TaskState) -> ColumnElement[bool]:
    """Tasks in one of `states`, which stand in the statement itself: so the planner sees that a partial index will do."""
    return Task.state.in_([literal_column(f"'{state}'") for state in states])


def is_active() -> ColumnElement[bool]:
    """Tasks that wait for somebody."""
    return in_state(*ACTIVE)
