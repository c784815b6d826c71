"""A day of birth was corrected, and somebody who is being placed is under 16: the placement ends, and it is told."""

from datetime import datetime

from services.jobs.queries import placements as find
from services.jobs.queries.placements import PlacementRow
from services.jobs.queries.posts import lock_posts
from services.jobs.queries.trips import leave_seat
from services.jobs.rules.ages import WORKING_AGE, born_after
from services.jobs.rules.placement_endings import UNDERAGE
from services.jobs.rules.placement_states import BOUND, PROPOSED, require_move
from services.jobs.usecases.arrivals import leave
from services.jobs.usecases.placement_checks import tell_minor
from services.jobs.usecases.placement_clocks import get_clocks
from services.jobs.usecases.placement_history import Step, go
from shared.clock import local_date
from shared.db.engine import WriteSession
from shared.security.principals import SYSTEM
from shared.security.vault import Vault

BATCH = 100


async def end_underage(session: WriteSession, vault: Vault, now: datetime) -> int:
    """End the placements of people under 16, one batch; how many."""
    rows = await find.lock_underage(session, born_after(local_date(now), WORKING_AGE), BATCH)
    await lock_posts(session, [row.placement.post_id for row in rows])  # in one order, before openings are given back
    for row in rows:
        await _end(session, vault, row, now)
        await tell_minor(session, SYSTEM, row.person.id, now)
    return len(rows)


async def _end(session: WriteSession, vault: Vault, row: PlacementRow, now: datetime) -> None:
    placement, today = row.placement, local_date(now)
    clocks = await get_clocks(session, placement.area_code, today)
    step = Step("underage", today, SYSTEM.id, now, UNDERAGE, policy_id=clocks.policy_id)
    if placement.state in PROPOSED or placement.state == BOUND[0]:
        require_move(placement.state, "refused", "underage")
        go(session, vault, placement, "refused", clocks, step)
        await session.flush()
        await leave_seat(session, placement.id, today, now)
    else:
        await leave(session, vault, SYSTEM, row, clocks, step)
