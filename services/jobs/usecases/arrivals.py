"""Somebody arrives at a post (到岗), or leaves it: the opening, the need, the ledger, and who hears of it."""

from datetime import timedelta

from services.jobs import events
from services.jobs.models import Placement
from services.jobs.queries import placements as find
from services.jobs.queries.enrolments import lock_held_of
from services.jobs.queries.placements import PlacementRow
from services.jobs.queries.posts import lock_posts
from services.jobs.queries.trips import leave_seat
from services.jobs.rules.placement_endings import MOVED_ON, UNDERAGE, is_jobless
from services.jobs.rules.placement_states import THERE, require_move
from services.jobs.rules.placement_stay import first_call
from services.jobs.rules.tasks import TaskKind
from services.jobs.usecases.needs import meet_needs
from services.jobs.usecases.openings import fill_opening, free_opening
from services.jobs.usecases.placement_checks import require_allowed
from services.jobs.usecases.placement_clocks import Clocks
from services.jobs.usecases.placement_history import Step, go
from services.jobs.usecases.placement_ledger import ask_for_row, write_arrival, write_leaving
from services.jobs.usecases.tasks import cancel_task_of
from shared.clock import local_date
from shared.db.engine import WriteSession
from shared.outbox import emit
from shared.security.principals import Principal
from shared.security.vault import Vault


async def arrive(
    session: WriteSession,
    vault: Vault,
    who: Principal,
    row: PlacementRow,
    industry: str | None,
    clocks: Clocks,
    step: Step,
) -> None:
    """The person of a locked placement is at work: the last post ends, the opening is filled, the need met, the ledger says
    so, the calls begin.

    Raises what `require_allowed` and `fill_opening` raise: nobody under 16, no blacklisted employer, no opening twice.
    """
    placement, person = row.placement, row.person
    before = await find.lock_others(session, placement, THERE)
    await lock_held_of(session, person.id, placement.post_id)  # before the posts, as whoever lets go of an opening
    posts = {one.post.id: one for one in await lock_posts(session, [placement.post_id, *(p.post_id for p in before)])}
    await require_allowed(session, person, posts[placement.post_id], None, step.on)
    for other in before:
        moved = Step("moved_on", max(step.on, other.state_since), step.by, step.at, MOVED_ON, placement.id)
        await _end(session, vault, PlacementRow(other, person), clocks, moved)
    await session.flush()  # the person is at one post at a time, says an index
    await fill_opening(session, placement.post_id, step.at, person_id=person.id)
    go(session, vault, placement, "arrived", clocks, step)
    await leave_seat(session, placement.id, step.on + timedelta(days=1), step.at)  # there before the coach left
    call = first_call(step.on, local_date(step.at))
    if call is not None:
        placement.call_mark, placement.call_on, placement.call_attempt = call.mark, call.on, call.attempt
    await session.flush()
    met = await meet_needs(session, person.id, step.at)
    need = next((one for one in met if one.source == "case"), next((one for one in met), None))
    await write_arrival(session, vault, who, placement, posts[placement.post_id], industry, clocks, step.at)
    await emit(session, events.placement_started(placement, person, need, step.at))


async def leave(
    session: WriteSession, vault: Vault, who: Principal, row: PlacementRow, clocks: Clocks, step: Step
) -> None:
    """The placement ends: by hand, by what a call found, or because the person is too young.

    Who has no work again is told; who never came has not lost any.
    """
    placement, person = row.placement, row.person
    was_there = placement.state == "arrived"
    await _end(session, vault, row, clocks, step)
    if was_there and step.reason == UNDERAGE:
        await ask_for_row(session, placement, clocks, step.at)
    elif was_there:
        await write_leaving(session, vault, who, placement, clocks, step.at)
    if was_there and is_jobless(step.reason):
        told = events.jobless_again(person, placement.id, step.on, step.at, found_in="placement", reason=step.reason)
        await emit(session, told)


async def _end(session: WriteSession, vault: Vault, row: PlacementRow, clocks: Clocks, step: Step) -> None:
    placement = row.placement
    require_move(placement.state, "ended", step.cause)
    if placement.state == "arrived":
        await free_opening(session, placement.post_id, step.at)
    go(session, vault, placement, "ended", clocks, step)
    await leave_seat(session, placement.id, local_date(step.at), step.at)
    await _drop_call(session, placement, step)
    await emit(session, events.placement_ended(placement, row.person, step.at))


async def _drop_call(session: WriteSession, placement: Placement, step: Step) -> None:
    """The call that waits has lost its sense."""
    waiting = await find.find_waiting(session, placement.id)
    if waiting is not None:
        waiting.state = "dropped"
        await cancel_task_of(session, TaskKind.STAY_CHECK, waiting.id, step.by, step.at)
