"""Training and move as one plan (培训+转岗): an opening is kept for somebody while they learn for it."""

from datetime import date, datetime
from uuid import UUID

from services.jobs.models import Enrolment, PlanState
from services.jobs.queries import enrolments
from services.jobs.queries.placement_posts import lock_posts
from services.jobs.queries.placements import count_promised, find_live
from services.jobs.queries.posts import lock_post
from services.jobs.rules.placement_states import BOUND
from services.jobs.rules.posts import release, reserve
from shared.areas import Scope
from shared.clock import local_date
from shared.db.engine import WriteSession

BATCH = 200


async def hold_opening(
    session: WriteSession, scope: Scope, enrolment: Enrolment, post_id: UUID, until: date, now: datetime
) -> None:
    """Keep an opening of the post until that day, both ends included. Raises `PostNotFound`, `PostClosed`, `PostFilled`."""
    post = (await lock_post(session, scope, post_id)).post
    own = await find_live(session, enrolment.person_id, post_id)
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
