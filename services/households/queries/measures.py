"""Measures, and the check before elimination."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from services.households.models import EliminationCheck, Measure
from services.households.rules.measures import MeasureNotFound
from shared.areas import Scope
from shared.db.engine import ReadSession, WriteSession
from shared.db.within import within
from shared.errors import existing


async def list_measures(session: ReadSession, scope: Scope, case_id: UUID) -> Sequence[Measure]:
    """The measures of a case in all its rounds, oldest first."""
    query = select(Measure).where(Measure.case_id == case_id, within(Measure.area_code, scope)).order_by(Measure.id)
    return (await session.scalars(query)).all()


async def get_measure(session: ReadSession, scope: Scope, measure_id: UUID) -> Measure:
    """One measure; raises `MeasureNotFound`."""
    found = await session.scalar(select(Measure).where(Measure.id == measure_id, within(Measure.area_code, scope)))
    return existing(found, MeasureNotFound)


async def lock_measure(session: WriteSession, scope: Scope, measure_id: UUID) -> Measure:
    """One measure that nobody else changes until commit; raises `MeasureNotFound`."""
    query = select(Measure).where(Measure.id == measure_id, within(Measure.area_code, scope)).with_for_update()
    return existing(await session.scalar(query, execution_options={"populate_existing": True}), MeasureNotFound)


async def list_elimination_checks(session: ReadSession, scope: Scope, case_id: UUID) -> Sequence[EliminationCheck]:
    """The checks before elimination of a case, oldest first."""
    query = select(EliminationCheck).where(
        EliminationCheck.case_id == case_id, within(EliminationCheck.area_code, scope)
    )
    return (await session.scalars(query.order_by(EliminationCheck.id))).all()
