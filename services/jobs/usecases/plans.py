"""Training and move as one plan (培训+转岗): an opening is kept for somebody while they learn for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.jobs.models import Enrolment, Person, PlanState
from services.jobs.queries.enrolments import lock_overdue_plans
from services.jobs.queries.placements import count_promised, find_live
from services.jobs.queries.posts import lock_post, lock_posts
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
    await require_may_learn_for(session, person, post_id, plan.ready_on)
    own = await find_live(session, person.id, post_id)
    # Whoever has accepted the post already learns for their own opening, not for a second one.
    others = await count_promised(session, post_id) - (own is not None and own.state in BOUND)
    reserve(post, promised=others)
    post.version += 1
    post.changed_at = now
    enrolment.plan_post_id, enrolment.plan_state, enrolment.plan_until = post_id, PlanState.HELD, until


async def drop_plans(session: WriteSession, enrolments: Sequence[Enrolment], now: datetime) -> None:
    """Keep nothing for these locked enrolments any more, where anything was; their posts are locked in one order."""
    held = [(one, one.plan_post_id) for one in enrolments if one.plan_state == PlanState.HELD and one.plan_post_id]
    posts = {row.post.id: row.post for row in await lock_posts(session, [post_id for _, post_id in held])}
    for enrolment, post_id in held:
        post = posts[post_id]
        release(post)
        post.version += 1
        post.changed_at = now
        enrolment.plan_state = PlanState.RELEASED


async def release_overdue(session: WriteSession, now: datetime) -> int:
    """Let go of openings whose last day is over, one batch; how many."""
    overdue = await lock_overdue_plans(session, local_date(now), BATCH)
    await drop_plans(session, overdue, now)
    for enrolment in overdue:
        enrolment.version += 1
        enrolment.changed_at = now
    await session.flush()
    return len(overdue)
