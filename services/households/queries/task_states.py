"""Conditions on a task's state that partial indexes can answer."""

from sqlalchemy import ColumnElement, literal_column

from services.households.models import ACTIVE, Task, TaskState


def in_state(*states: TaskState) -> ColumnElement[bool]:
    """Tasks in one of `states`, which stand in the statement itself: so the planner sees that a partial index will do."""
    return Task.state.in_([literal_column(f"'{state}'") for state in states])


def is_active() -> ColumnElement[bool]:
    """Tasks that wait for somebody."""
    return in_state(*ACTIVE)
