"""What cases were decided on: written with the decision, read ever after, never changed."""

from collections.abc import Sequence
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import select

from services.households.models import CaseMove, CaseSnapshot
from services.households.rules.case_snapshot import Snapshot
from shared.areas import Scope
from shared.db.engine import ReadSession, WriteSession
from shared.db.within import within

FACTS: TypeAdapter[Snapshot] = TypeAdapter(Snapshot)
"""A snapshot ⇄ JSON; amounts as decimal texts."""


async def keep_snapshot(session: WriteSession, line: CaseMove, snapshot: Snapshot) -> None:
    """Keep what the decision of that line of history was made on."""
    await session.flush()  # the line stands first
    session.add(
        CaseSnapshot(
            move_id=line.id,
            case_id=line.case_id,
            area_code=line.area_code,
            round=line.round,
            state=line.to_state,
            facts=FACTS.dump_python(snapshot, mode="json"),
        )
    )


async def list_snapshots(session: ReadSession, scope: Scope, case_id: UUID) -> Sequence[CaseSnapshot]:
    """Those of a case, oldest first."""
    query = select(CaseSnapshot).where(CaseSnapshot.case_id == case_id, within(CaseSnapshot.area_code, scope))
    return (await session.scalars(query.order_by(CaseSnapshot.move_id))).all()
