"""A child who had dropped out is back at school for good: nobody looks for work for them any more.

Whoever is under 16 and at work all the same is found by the ledger and by `underage`, and told to the alerts.
"""

from collections.abc import Sequence
from datetime import datetime

from services.jobs.models import NeedState
from services.jobs.queries import people
from services.jobs.queries.needs import list_open_of
from services.jobs.usecases.needs import close_need
from shared.areas import Scope
from shared.contracts.schooling import DropoutClosed
from shared.db.engine import WriteSession
from shared.security import audit
from shared.security.principals import SYSTEM


async def take_dropouts(session: WriteSession, closed: Sequence[DropoutClosed], now: datetime) -> None:
    """Withdraw the open needs of those who are back; whoever is exempt owes no school and may seek work."""
    for event in closed:
        if event.outcome != "stable":
            continue
        person = await people.find_person_by_key(session, Scope.everywhere(), event.person_key)
        if person is None:
            continue
        for need in await list_open_of(session, person.id):
            close_need(need, NeedState.WITHDRAWN, now)
            await audit.record(
                session, SYSTEM, "need:withdraw", need.id, area_code=need.area_code, dropout=str(event.case_id)
            )
    await session.flush()
