"""Samples for telephone checks: who may be drawn, who was, and what came of it."""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select

from services.jobs.models import AnswerState, LedgerSample, SampledRow
from services.jobs.rules.sampling import SampledRowNotFound, SampleNotFound
from shared.areas import Scope, code_of, span
from shared.db.engine import ReadSession, WriteSession, raw
from shared.db.filters import equal
from shared.db.pages import in_order, newest_first
from shared.db.within import within
from shared.errors import existing

COUNTY, TOWNSHIP = 6, 9
"""Digits of a code that name a township: what a sample is stratified by."""
_IN_QUESTION = """
FROM labour_row r JOIN person p ON p.id = r.person_id AND p.active
WHERE r.month = $1 AND r.area_code BETWEEN $2 AND $3 AND r.status = ANY ($4)
"""
_COUNT = f"SELECT rpad(left(r.area_code, {TOWNSHIP}), 12, '0') AS township, count(*) {_IN_QUESTION} GROUP BY 1"
_PEOPLE = f"SELECT r.person_id, r.area_code {_IN_QUESTION} ORDER BY r.person_id"
_PAGE = 10_000


async def lock_month(session: WriteSession, month: date, area_code: str) -> None:
    """Two who draw for the same month and area take turns."""
    statement = "SELECT pg_advisory_xact_lock(hashtext('ledger-sample'), hashtext($1))"
    await (await raw(session)).execute(statement, f"{month}:{area_code}")


async def count_draws(session: ReadSession, month: date, area_code: str) -> int:
    """How often was drawn for a month and just that area."""
    query = select(func.count()).where(LedgerSample.month == month, LedgerSample.area_code == area_code)
    return int(await session.scalar(query.select_from(LedgerSample)) or 0)


async def count_population(
    session: ReadSession, month: date, area_code: str, statuses: Sequence[str]
) -> dict[str, int]:
    """How many people of the ledger are in question, by township."""
    found = await (await raw(session)).fetch(_COUNT, month, *span(area_code), list(statuses))
    return {row["township"]: row["count"] for row in found}


async def list_population(
    session: ReadSession, month: date, area_code: str, statuses: Sequence[str]
) -> AsyncIterator[Sequence[Any]]:
    """Who they are and in which village, by person, by the page."""
    cursor = await (await raw(session)).cursor(_PEOPLE, month, *span(area_code), list(statuses))
    while page := await cursor.fetch(_PAGE):
        yield page


async def list_samples(
    session: ReadSession, scope: Scope, month: date | None, before: UUID | None, limit: int
) -> Sequence[LedgerSample]:
    """Newest first, those older than `before`."""
    query = select(LedgerSample).where(_concerns(scope), *equal((LedgerSample.month, month)))
    return (await session.scalars(newest_first(query, LedgerSample.id, before=before, limit=limit))).all()


async def get_sample(session: ReadSession, scope: Scope, sample_id: UUID) -> LedgerSample:
    """One of the asker's areas, or of the county around them; raises `SampleNotFound`."""
    found = await session.scalar(select(LedgerSample).where(LedgerSample.id == sample_id, _concerns(scope)))
    return existing(found, SampleNotFound)


def _concerns(scope: Scope) -> ColumnElement[bool]:
    """A township reads its part of the county's sample."""
    counties = [code_of(prefix) for prefix in sorted(scope.above()) if len(prefix) == COUNTY]
    return within(LedgerSample.area_code, scope) | LedgerSample.area_code.in_(counties)


@dataclass(frozen=True, slots=True)
class StateCount:
    """How many people of a township's sample are in a state."""

    township: str
    state: AnswerState
    people: int


async def count_answers(session: ReadSession, scope: Scope, sample_id: UUID) -> Sequence[StateCount]:
    """Counted from the sampled people."""
    row = SampledRow
    query = (
        select(row.area_code, row.state, func.count())
        .where(row.sample_id == sample_id, within(row.area_code, scope))
        .group_by(row.area_code, row.state)
    )
    return [StateCount(*one) for one in await session.execute(query)]


async def count_wrong_fields(session: ReadSession, scope: Scope, sample_id: UUID) -> dict[str, int]:
    """In how many cases each field was wrong."""
    row = SampledRow
    wrong = (
        select(func.unnest(row.wrong_fields).label("field"))
        .where(row.sample_id == sample_id, row.state == "wrong", within(row.area_code, scope))
        .subquery()
    )
    query = select(wrong.c.field, func.count()).group_by(wrong.c.field)
    return {row[0]: row[1] for row in await session.execute(query)}


async def list_rows(
    session: ReadSession,
    scope: Scope,
    sample_id: UUID,
    states: Collection[AnswerState],
    after: UUID | None,
    limit: int,
) -> Sequence[SampledRow]:
    """People of a sample, in the order of their ids."""
    row = SampledRow
    query = select(row).where(row.sample_id == sample_id, within(row.area_code, scope))
    if states:
        query = query.where(row.state.in_(states))
    return (await session.scalars(in_order(query, row.id, after=after, limit=limit))).all()


async def get_row(session: ReadSession, scope: Scope, row_id: UUID) -> SampledRow:
    """One of them; raises `SampledRowNotFound`."""
    query = select(SampledRow).where(SampledRow.id == row_id, within(SampledRow.area_code, scope))
    return existing((await session.scalars(query)).one_or_none(), SampledRowNotFound)


async def lock_row(session: WriteSession, scope: Scope, row_id: UUID) -> SampledRow:
    """The same, held until the commit."""
    query = select(SampledRow).where(SampledRow.id == row_id, within(SampledRow.area_code, scope))
    return existing((await session.scalars(query.with_for_update())).one_or_none(), SampledRowNotFound)
