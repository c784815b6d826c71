"""Trades of those who work out, counted from the ledger; leaders of a trade, and what it pays month by month.

A month is counted for its last day, the present one for today, as indicators are.
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import ColumnElement, Date, cast, func, select, text

from services.jobs.models import LabourRow, Person
from services.jobs.queries.as_of import out_on
from services.jobs.rules.months import month_of
from shared.areas import Scope
from shared.db.engine import ReadSession
from shared.db.within import within


class VillageLead(NamedTuple):
    """A village and how many of its people are in a trade."""

    area_code: str
    people: int


class PersonLead(NamedTuple):
    """Somebody who earns most in a trade, yuan a month."""

    person: Person
    row: LabourRow


class PayMonth(NamedTuple):
    """What a trade paid in a month: the median, in yuan, of those whose wage is known."""

    month: date
    people: int
    pay: float | None


def _out(scope: Scope, day: date) -> list[ColumnElement[bool]]:
    return [LabourRow.month == month_of(day), out_on(day), within(LabourRow.area_code, scope)]


async def count_trades(session: ReadSession, scope: Scope, day: date) -> dict[str, int]:
    """People out on a day by trade; whose trade nobody knows is not counted."""
    query = select(LabourRow.trade, func.count()).where(*_out(scope, day), LabourRow.trade.is_not(None))
    return {str(trade): number for trade, number in await session.execute(query.group_by(LabourRow.trade))}


async def list_villages(session: ReadSession, scope: Scope, day: date, trade: str, limit: int) -> Sequence[VillageLead]:
    """The villages with most people in a trade."""
    number = func.count().label("people")
    query = select(LabourRow.area_code, number).where(*_out(scope, day), LabourRow.trade == trade)
    query = query.group_by(LabourRow.area_code).order_by(number.desc(), LabourRow.area_code).limit(limit)
    return [VillageLead(*row) for row in await session.execute(query)]


async def list_leaders(session: ReadSession, scope: Scope, day: date, trade: str, limit: int) -> Sequence[PersonLead]:
    """Those who earn most in a trade: whom others follow (带头人)."""
    query = select(Person, LabourRow).join(Person, Person.id == LabourRow.person_id)
    query = query.where(*_out(scope, day), LabourRow.trade == trade, LabourRow.wage.is_not(None), Person.active)
    query = query.order_by(LabourRow.wage.desc(), Person.id).limit(limit)
    return [PersonLead(*row) for row in await session.execute(query)]


async def list_pay(session: ReadSession, scope: Scope, first: date, last: date, trade: str) -> Sequence[PayMonth]:
    """The months from `first` to that of the day `last`, oldest first; one without anybody is absent."""
    day = func.least(last, cast(LabourRow.month + text("interval '1 month - 1 day'"), Date))
    middle = func.percentile_cont(0.5).within_group(LabourRow.wage)
    query = select(LabourRow.month, func.count(), middle)
    query = query.where(LabourRow.month.between(first, month_of(last)), out_on(day))
    query = query.where(within(LabourRow.area_code, scope), LabourRow.trade == trade)
    rows = await session.execute(query.group_by(LabourRow.month).order_by(LabourRow.month))
    return [PayMonth(month, people, float(pay) if pay is not None else None) for month, people, pay in rows]
