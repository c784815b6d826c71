"""The board (控辍保学看板): counted from the cases, each of them once."""

from dataclasses import dataclass, fields
from typing import Any, Literal

from sqlalchemy import ColumnElement, func, select, text, tuple_

from services.households.models import DropoutCase
from services.households.rules.schooling.states import OUT, STATES
from shared.areas import Scope
from shared.db.engine import ReadSession
from shared.db.within import within

By = Literal["all", "township", "school", "term"]


@dataclass(frozen=True, slots=True)
class Counts:
    """`found` is the sum of the states. Legal steps are of those in no school."""

    total: int
    found: int
    persuading: int
    returned: int
    again_absent: int
    home_taught: int
    stable: int
    exempt: int
    relapsed: int
    step_1: int
    step_2: int
    step_3: int
    step_4: int


@dataclass(frozen=True, slots=True)
class BoardLine:
    """The counts of one township, school or term; `key` None: not known, or of `all`."""

    by: By
    key: str | None
    counts: Counts


async def count_board(session: ReadSession, scope: Scope, term: str | None) -> list[BoardLine]:
    """All, and by township, school and term, in one statement."""
    case = DropoutCase
    township = func.rpad(func.left(case.area_code, 9), 12, "0")
    inner = select(township.label("township"), case.school, case.term, *_flags()).where(within(case.area_code, scope))
    if term is not None:
        inner = inner.where(case.term == term)
    rows = inner.subquery()
    keys = (rows.c.township, rows.c.school, rows.c.term)
    names = [field.name for field in fields(Counts)]
    sums = [func.count().filter(rows.c[name]) for name in names]
    query = (
        select(func.grouping(*keys).label("grouping"), *keys, *sums)
        .group_by(func.grouping_sets(*(tuple_(key) for key in keys), text("()")))
        .order_by(text("1"), *keys)
    )
    found = [_line(tuple(row)) for row in await session.execute(query)]
    return sorted(found, key=lambda line: ("all", "township", "school", "term").index(line.by))


def _flags() -> list[ColumnElement[bool]]:
    case = DropoutCase
    steps = [(case.state.in_(OUT) & (case.legal_step == step)).label(f"step_{step}") for step in (1, 2, 3, 4)]
    relapsed = (case.round > 0) & case.state.in_(OUT)
    states = [(case.state == state).label(state) for state in STATES]
    return [(case.state.is_not(None)).label("total"), *states, relapsed.label("relapsed"), *steps]


def _line(row: tuple[Any, ...]) -> BoardLine:
    """`grouping` has a bit for each key that is not grouped by, the first key's the highest."""
    grouping, township, school, term, *counts = row
    by: dict[int, tuple[By, str | None]] = {
        0b011: ("township", township),
        0b101: ("school", school),
        0b110: ("term", term),
        0b111: ("all", None),
    }
    kind, key = by[grouping]
    return BoardLine(kind, key, Counts(*counts))
