"""A child who had dropped out is back at school for good: nobody looks for work for them any more.

Whoever is under 16 and stands in the ledger as at work all the same is told to the alerts at once, however the case
ended: one who owes no school may still not work. A placement of theirs is ended by `underage`.
"""

from collections.abc import Sequence
from datetime import datetime

from services.jobs.models import NeedState
from services.jobs.queries import people
from services.jobs.queries.needs import list_open_of
from services.jobs.usecases.ledger_minors import tell_minors
from services.jobs.usecases.needs import close_need
from shared.areas import Scope
from shared.contracts.schooling import DropoutClosed
from shared.db.engine import WriteSession
from shared.security import audit
from shared.security.principals import SYSTEM


async def take_dropouts(session: WriteSession, closed: Sequence[DropoutClosed], now: datetime) -> None:
    """Withdraw the open needs of those who are back, and tell of those who work and are under 16.

    Whoever is exempt owes no school and may seek work.
    """
    for event in closed:
        person = await people.find_person_by_key(session, Scope.everywhere(), event.person_key)
        if person is None:
            continue
        await tell_minors(session, now, [person.id])
        if event.outcome != "stable":
            continue
        for need in await list_open_of(session, person.id):
            close_need(need, NeedState.WITHDRAWN, now)
            await audit.record(
                session, SYSTEM, "need:withdraw", need.id, area_code=need.area_code, dropout=str(event.case_id)
            )
    await session.flush()
