"""Openings of posts: taken by placements, kept for people in training, given back; posts that close by date."""

from datetime import datetime
from uuid import UUID

from services.jobs.models.posts import Post, PostState
from services.jobs.queries import enrolments
from services.jobs.queries import posts as find
from services.jobs.rules.posts import PAST, give_back, take_opening
from shared.areas import Scope
from shared.clock import local_date
from shared.db.engine import WriteSession

BATCH = 500


async def fill_opening(session: WriteSession, post_id: UUID, now: datetime, *, person_id: UUID | None = None) -> Post:
    """One opening has somebody. The row is locked: however many come at once, never more than `openings` get in.

    `person_id`: an opening that was kept for them after a course is used first. Raises `PostNotFound`, `PostClosed`
    (for a blacklisted employer's too), `PostFilled`. A post past its last day still takes whoever was put forward before.
    """
    # The enrolment first, as whoever lets go of an opening does.
    kept = await enrolments.lock_held_of(session, person_id, post_id) if person_id is not None else None
    post = (await find.lock_post(session, Scope.everywhere(), post_id)).post
    take_opening(post, kept=kept is not None)
    if kept is not None:
        kept.plan_state = "used"
        kept.version += 1
        kept.changed_at = now
    await _changed(session, post, now)
    return post


async def free_opening(session: WriteSession, post_id: UUID, now: datetime) -> Post:
    """Somebody who had an opening is gone: a filled post opens again. Raises `PostNotFound`, `PostNobodyToFree`."""
    post = (await find.lock_post(session, Scope.everywhere(), post_id)).post
    give_back(post)
    await _changed(session, post, now)
    return post


async def close_past(session: WriteSession, now: datetime) -> int:
    """Close posts whose last day is over, one batch; how many."""
    past = await find.lock_past(session, local_date(now), BATCH)
    for post in past:
        post.state, post.closed_reason, post.closed_at = PostState.CLOSED, PAST, now
        post.version += 1
        post.changed_at = now
    await session.flush()
    return len(past)


async def _changed(session: WriteSession, post: Post, now: datetime) -> None:
    post.version += 1
    post.changed_at = now
    await session.flush()
