"""Comparisons of the ledger with other exports: their list, their rows, their counts."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, any_, func, literal, select

from services.jobs.models import Reconciliation, ReconciliationRow
from services.jobs.rules.reconciliation import Outcome, ReconciliationNotFound
from shared.areas import CODE_LENGTH, Scope, code_of
from shared.contracts.jobs_reconcile_policies import ExportSource
from shared.db.engine import ReadSession, WriteSession
from shared.db.filters import equal
from shared.db.listening import ring
from shared.db.pages import in_order, newest_first
from shared.db.within import within
from shared.errors import existing

CHANNEL = "jobs_reconciliation"
"""Notified when a comparison waits."""
WAITING = ("queued", "reading", "comparing")


@dataclass(frozen=True, slots=True)
class RowFilter:
    """What a list of rows shall hold; None does not filter. `unsettled`: not the same, and nothing settled it since."""

    outcome: Outcome | None = None
    field: str | None = None
    unsettled: bool | None = None

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        """As SQL."""
        row = ReconciliationRow
        yield from equal((row.outcome, self.outcome))
        if self.field is not None:
            yield literal(self.field) == any_(row.fields)
        if self.unsettled is not None:
            yield row.outcome != "same"
            yield row.settled.is_(None) if self.unsettled else row.settled.is_not(None)


async def insert_run(session: WriteSession, run: Reconciliation) -> None:
    """Keep a new one, and wake its worker when this transaction has committed."""
    session.add(run)
    await session.flush()
    await ring(session, CHANNEL)


async def get_run(session: ReadSession, scope: Scope, run_id: UUID) -> Reconciliation:
    """One that concerns the asker's areas; raises `ReconciliationNotFound`."""
    found = await session.scalar(select(Reconciliation).where(Reconciliation.id == run_id, _concerns(scope)))
    return existing(found, ReconciliationNotFound)


async def list_runs(
    session: ReadSession,
    scope: Scope,
    source: ExportSource | None,
    month: date | None,
    before: UUID | None,
    limit: int,
) -> Sequence[Reconciliation]:
    """Newest first, those older than `before`."""
    asked = equal((Reconciliation.source, source), (Reconciliation.month, month))
    query = select(Reconciliation).where(_concerns(scope), *asked)
    return (await session.scalars(newest_first(query, Reconciliation.id, before=before, limit=limit))).all()


def _concerns(scope: Scope) -> ColumnElement[bool]:
    """Comparisons within the scope, and those of areas around it: a village reads its part of the county's."""
    return within(Reconciliation.area_code, scope) | Reconciliation.area_code.in_(map(code_of, sorted(scope.above())))


def _rows(scope: Scope, run_id: UUID, wanted: RowFilter) -> Select[ReconciliationRow]:
    return select(ReconciliationRow).where(
        ReconciliationRow.run_id == run_id, within(ReconciliationRow.area_code, scope), *wanted.conditions()
    )


async def list_rows(
    session: ReadSession, scope: Scope, run_id: UUID, wanted: RowFilter, after: UUID | None, limit: int
) -> Sequence[ReconciliationRow]:
    """People of one comparison, in the order of their ids."""
    query = in_order(_rows(scope, run_id, wanted), ReconciliationRow.id, after=after, limit=limit)
    return (await session.scalars(query)).all()


async def lock_rows(
    session: WriteSession, row_ids: Collection[UUID]
) -> Sequence[tuple[ReconciliationRow, Reconciliation]]:
    """Rows that nothing has settled, with their comparisons, held until the commit."""
    query = (
        select(ReconciliationRow, Reconciliation)
        .join(Reconciliation, Reconciliation.id == ReconciliationRow.run_id)
        .where(ReconciliationRow.id.in_(row_ids), ReconciliationRow.settled.is_(None))
        .order_by(ReconciliationRow.id)
        .with_for_update(of=ReconciliationRow)
    )
    return [(row, run) for row, run in await session.execute(query)]


@dataclass(frozen=True, slots=True)
class AreaCount:
    """How many people of an area have an outcome, and of those that differ in how many cases nothing settled it."""

    area_code: str
    outcome: Outcome
    people: int
    unsettled: int


async def count_outcomes(session: ReadSession, scope: Scope, run_id: UUID, digits: int) -> Sequence[AreaCount]:
    """Counted from the rows, by the first `digits` of the area: 6 county, 9 township, 12 village."""
    row = ReconciliationRow
    area = func.rpad(func.left(row.area_code, digits), CODE_LENGTH, "0").label("area")
    unsettled = func.count().filter(row.settled.is_(None), row.outcome != "same")
    query = (
        select(area, row.outcome, func.count(), unsettled)
        .where(row.run_id == run_id, within(row.area_code, scope))
        .group_by(area, row.outcome)
        .order_by(area, row.outcome)
    )
    return [AreaCount(*one) for one in await session.execute(query)]


async def count_fields(session: ReadSession, scope: Scope, run_id: UUID) -> dict[str, int]:
    """In how many cases each field differs."""
    row = ReconciliationRow
    differing = (
        select(func.unnest(row.fields).label("field"))
        .where(row.run_id == run_id, row.outcome == "differs", within(row.area_code, scope))
        .subquery()
    )
    query = select(differing.c.field, func.count()).group_by(differing.c.field)
    return {found[0]: found[1] for found in await session.execute(query)}


async def list_outworn(session: ReadSession, before: datetime, limit: int) -> Sequence[Reconciliation]:
    """Those received before that moment that nothing is done with any more, and that are still kept."""
    query = (
        select(Reconciliation)
        .where(
            Reconciliation.received_at < before,
            Reconciliation.state.not_in(WAITING),
            Reconciliation.deleted_at.is_(None),
        )
        .order_by(Reconciliation.id)
        .limit(limit)
    )
    return (await session.scalars(query)).all()


async def list_read(session: ReadSession, limit: int) -> Sequence[Reconciliation]:
    """Finished ones whose files are still in the store."""
    query = (
        select(Reconciliation)
        .where(Reconciliation.state.not_in(WAITING), Reconciliation.files_deleted_at.is_(None))
        .order_by(Reconciliation.id)
        .limit(limit)
    )
    return (await session.scalars(query)).all()
