"""Placements: somebody is referred to a post, and what follows, move by move, to the arrival and the end.

Whoever is locked: the person first, then placements, then the enrolment that keeps an opening, then
posts; so two who do so never wait for each other.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from services.jobs.models import Person, Placement, Post, WorkNeed
from services.jobs.queries import needs as find_needs
from services.jobs.queries import placements as find
from services.jobs.queries.enrolments import lock_held_of
from services.jobs.queries.people import lock_person
from services.jobs.queries.placements import PlacementRow
from services.jobs.queries.posts import PostRow, get_post, lock_posts
from services.jobs.queries.trips import leave_seat
from services.jobs.rules.ages import is_minor
from services.jobs.rules.placement_refusals import (
    NeedOfAnother,
    PersonBound,
    PersonInactive,
    PlacementLives,
    PostNotOpen,
    PostTaken,
    UnderSixteen,
)
from services.jobs.rules.placement_refusing import Lesson, Offered, require_follows, with_place
from services.jobs.rules.placement_states import (
    BEGUN,
    BOUND,
    PROPOSED,
    Wanted,
    require_brought,
    require_move,
    require_order,
)
from services.jobs.usecases.arrivals import arrive, leave
from services.jobs.usecases.placement_checks import require_allowed
from services.jobs.usecases.placement_clocks import Clocks, get_clocks
from services.jobs.usecases.placement_history import Step, go, write_move
from shared.areas import Scope
from shared.clock import local_date
from shared.db.engine import WriteSession
from shared.ids import new_id
from shared.security import audit
from shared.security.principals import Principal
from shared.security.vault import Vault

OTHER_POST: Final = "other_post"
"""Reason of a refusal: the person took another post."""


@dataclass(frozen=True, slots=True)
class Referral:
    """Somebody is proposed for a post. Without a need, the person's oldest open one is meant; `note` is sealed."""

    person_id: UUID
    post_id: UUID
    on: date
    need_id: UUID | None = None
    proposal_id: UUID | None = None
    note: str | None = None


async def refer(session: WriteSession, vault: Vault, who: Principal, told: Referral, now: datetime) -> PlacementRow:
    """Propose a person for a post; the law, the employer and the post are looked at before anything is written.

    Raises `PersonNotFound`, `PersonInactive`, `PostNotFound`, `UnderSixteen`, `PostBarred`, `EmployerBlacklisted`,
    `PostNotOpen`, `PostTaken`, `PlacementLives`, `NeedOfAnother`, `PlacementDayOutOfOrder`.
    """
    person = await lock_person(session, who.scope, told.person_id)
    if not person.active:
        raise PersonInactive(field="person_id")
    today = local_date(now)
    if is_minor(person.birth_on, today):  # before the need and the post: whatever they are, somebody must hear of it
        raise UnderSixteen(field="person_id")
    require_order(told.on, date.min, today)
    post = await get_post(session, who.scope, told.post_id)
    need = await _need_of(session, person, told.need_id)
    await require_allowed(session, person, post, need, today)
    await _require_free(session, post, person, today)
    if await find.find_live(session, person.id, told.post_id) is not None:
        raise PlacementLives(field="post_id")
    clocks = await get_clocks(session, person.area_code, today)
    placement = _new(who, person, post.post, need, told, now)
    clocks.start(placement)
    session.add(placement)
    await session.flush()
    step = Step("hand", told.on, who.id, now, note=told.note, policy_id=clocks.policy_id)
    write_move(session, vault, placement, None, step)
    await audit.record(session, who, "placement:refer", placement.id, area_code=person.area_code, post=told.post_id)
    await session.flush()
    return PlacementRow(placement, person)


async def move_placement(
    session: WriteSession, vault: Vault, who: Principal, row: PlacementRow, wanted: Wanted, now: datetime
) -> None:
    """One move by hand of a locked placement.

    Raises `PlacementMoveIllegal`, `PlacementDayOutOfOrder`, `InvalidInput`, and what `_accept` and `arrive` raise.
    """
    placement, today = row.placement, local_date(now)
    move = require_move(placement.state, wanted.to, "hand")
    require_brought(move, reason=wanted.reason, wage=wanted.wage)
    require_order(wanted.on, placement.state_since, today)
    clocks = await get_clocks(session, placement.area_code, today)
    step = Step("hand", wanted.on, who.id, now, wanted.reason, note=wanted.note, policy_id=clocks.policy_id)
    if wanted.wage is not None:
        placement.wage = wanted.wage
    if wanted.to == "accepted":
        await _accept(session, vault, row, clocks, step)
    elif wanted.to == "arrived":
        await arrive(session, vault, who, row, wanted.industry, clocks, step)
    elif wanted.to == "ended":
        await leave(session, vault, who, row, clocks, step)
    else:
        go(session, vault, placement, wanted.to, clocks, step)
    if wanted.to == "refused":
        await leave_seat(session, placement.id, today, now)
    if wanted.to == "refused" and wanted.lesson:
        await _learn(session, who, placement, wanted.lesson)
    await audit.record(
        session, who, "placement:move", placement.id, area_code=placement.area_code, to=wanted.to, reason=wanted.reason
    )
    await session.flush()


async def _accept(session: WriteSession, vault: Vault, row: PlacementRow, clocks: Clocks, step: Step) -> None:
    """An opening of the post is promised to the person, and no other post any more.

    Raises `PersonBound`, `PostTaken`, `PostNotOpen`, and what `require_allowed` raises.
    """
    placement, today = row.placement, local_date(step.at)
    if await find.lock_others(session, placement, BOUND):
        raise PersonBound(field="to")
    await lock_held_of(session, placement.person_id, placement.post_id)  # before the post, as whoever lets go of it
    [post] = await lock_posts(session, [placement.post_id])
    await require_allowed(session, row.person, post, None, today)
    await _require_free(session, post, row.person, today)
    go(session, vault, placement, "accepted", clocks, step)
    for other in await find.lock_others(session, placement, PROPOSED):
        on = max(step.on, other.state_since)
        require_move(other.state, "refused", OTHER_POST)
        reason = Step(OTHER_POST, on, step.by, step.at, OTHER_POST, placement.id, policy_id=clocks.policy_id)
        go(session, vault, other, "refused", clocks, reason)


async def _learn(session: WriteSession, who: Principal, placement: Placement, lesson: Lesson) -> None:
    """Put what was refused into the open need, if there is one; raises `LearnsNothing`."""
    post = (await get_post(session, Scope.everywhere(), placement.post_id)).post
    require_follows(lesson, Offered(post.place, post.pay_high, post.night, post.lodging))
    for need in await find_needs.list_open_of(session, placement.person_id):
        if lesson.place is not None:
            need.refused_areas = with_place(list(need.refused_areas), lesson.place)
        if lesson.wage_floor is not None:
            need.wage_floor = max(lesson.wage_floor, need.wage_floor or lesson.wage_floor)
        need.night_ok = need.night_ok and not lesson.no_nights
        need.lodging_needed = need.lodging_needed or lesson.lodging_needed
        need.version += 1
        await audit.record(session, who, "need:learn", need.id, area_code=need.area_code, placement=placement.id)


async def _need_of(session: WriteSession, person: Person, need_id: UUID | None) -> WorkNeed | None:
    open_ones = await find_needs.list_open_of(session, person.id)
    if need_id is None:
        return open_ones[0] if open_ones else None
    for need in open_ones:
        if need.id == need_id:
            return need
    raise NeedOfAnother(field="need_id")


async def _require_free(session: WriteSession, row: PostRow, person: Person, today: date) -> None:
    """An opening that is neither filled nor promised, or one kept for the person after a course.

    Of two who want the last one the second waits for the post's lock.
    """
    if await lock_held_of(session, person.id, row.post.id) is not None:
        return
    if not row.is_open(today):
        raise PostNotOpen(field="post_id")
    if await find.count_promised(session, row.post.id) >= row.post.free:
        raise PostTaken(field="post_id")


def _new(who: Principal, person: Person, post: Post, need: WorkNeed | None, told: Referral, now: datetime) -> Placement:
    return Placement(
        id=new_id(),
        person_id=person.id,
        area_code=person.area_code,
        post_id=post.id,
        employer_id=post.employer_id,
        need_id=need.id if need else None,
        proposal_id=told.proposal_id,
        trade=post.trade,
        work_area=post.place,
        state=BEGUN,
        state_since=told.on,
        referred_on=told.on,
        opened_by=who.id,
        opened_at=now,
        version=1,
        updated_at=now,
    )
