"""The list of a village for one month: its people, with the row, if there is one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select

from services.jobs.models import LabourRow, Person
from shared.areas import Scope
from shared.db.engine import ReadSession
from shared.db.pages import in_order
from shared.db.within import within

ListedStatus = Literal["out", "planned", "not_out", "none"]
"""`none`: labour without a row."""


@dataclass(frozen=True, slots=True)
class ListedRow:
    """A person and what the ledger says of them."""

    person: Person
    row: LabourRow | None


@dataclass(frozen=True, slots=True)
class RowFilter:
    """What a list shall hold; None does not filter. `unconfirmed` counts those without a row in."""

    status: ListedStatus | None = None
    unconfirmed: bool | None = None
    wants_change: bool | None = None


async def list_rows(
    session: ReadSession, scope: Scope, month: date, wanted: RowFilter, after: tuple[str, UUID] | None, limit: int
) -> Sequence[ListedRow]:
    """Those who live here, by area and id, whether they are labour or not."""
    query = (
        select(Person, LabourRow)
        .outerjoin(LabourRow, and_(LabourRow.person_id == Person.id, LabourRow.month == month))
        .where(within(Person.area_code, scope), Person.active)
        .where(*_conditions(wanted))
    )
    query = in_order(query, Person.area_code, Person.id, after=after, limit=limit)
    return [ListedRow(*found) for found in await session.execute(query)]


def _conditions(wanted: RowFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.status == "none":
        found.append(LabourRow.status.is_(None))
    elif wanted.status is not None:
        found.append(LabourRow.status == wanted.status)
    if wanted.unconfirmed is not None:
        confirmed = LabourRow.confirmed_on
        found.append(confirmed.is_(None) if wanted.unconfirmed else confirmed.is_not(None))
    if wanted.wants_change is not None:
        found.append(LabourRow.wants_change.is_(wanted.wants_change))
    return found
