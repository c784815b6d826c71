"""Training and move as one plan (培训+转岗): an opening is kept for somebody while they learn for it."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.jobs.models import Enrolment, Person, PlanState
from services.jobs.queries import enrolments
from services.jobs.queries.placement_posts import lock_posts
from services.jobs.queries.placements import count_promised, find_live
from services.jobs.queries.posts import lock_post
from services.jobs.rules.placement_states import BOUND
from services.jobs.rules.posts import release, reserve
from services.jobs.usecases.placement_checks import require_may_learn_for
from shared.areas import Scope
from shared.clock import local_date
from shared.db.engine import WriteSession

BATCH = 200


@dataclass(frozen=True, slots=True)
class Plan:
    """The post somebody learns for, when they have learnt it, and until when an opening is kept, that day included."""

    post_id: UUID
    ready_on: date
    until: date


async def hold_opening(
    session: WriteSession, scope: Scope, enrolment: Enrolment, person: Person, plan: Plan, now: datetime
) -> None:
    """Keep an opening for the enrolled person. Raises `PostNotFound`, `PostClosed`, `PostFilled`, and `PostBarred` for
    whom the law keeps from that work.
    """
    post_id, until = plan.post_id, plan.until
    post = (await lock_post(session, scope, post_id)).post
    await require_may_learn_for(session, person, post, plan.ready_on)
    own = await find_live(session, person.id, post_id)
    # Whoever has accepted the post already learns for their own opening, not for a second one.
    others = await count_promised(session, post_id) - (own is not None and own.state in BOUND)
    reserve(post, promised=others)
    post.version += 1
    post.changed_at = now
    enrolment.plan_post_id, enrolment.plan_state, enrolment.plan_until = post_id, PlanState.HELD, until


async def drop_plan(session: WriteSession, enrolment: Enrolment, now: datetime) -> None:
    """Keep nothing for them any more, if anything was."""
    if enrolment.plan_state != PlanState.HELD or enrolment.plan_post_id is None:
        return
    post = (await lock_post(session, Scope.everywhere(), enrolment.plan_post_id)).post
    release(post)
    post.version += 1
    post.changed_at = now
    enrolment.plan_state = PlanState.RELEASED


async def release_overdue(session: WriteSession, now: datetime) -> int:
    """Let go of openings whose last day is over, one batch; how many."""
    rows = await enrolments.lock_overdue_plans(session, local_date(now), BATCH)
    await lock_posts(session, [one.plan_post_id for one in rows if one.plan_post_id is not None])  # in one order
    for enrolment in rows:
        await drop_plan(session, enrolment, now)
        enrolment.version += 1
        enrolment.changed_at = now
    await session.flush()
    return len(rows)
