"""Posts: entered, proposed, changed, confirmed, closed and reopened."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from services.jobs.models.posts import Employer, Post, PostState
from services.jobs.queries import posts as find
from services.jobs.queries.employers import lock_employer
from services.jobs.queries.placements import count_born_after, count_promised
from services.jobs.queries.posts import PostRow
from services.jobs.rules.ages import born_after
from services.jobs.rules.post_bars import Bars, require_lawful
from services.jobs.rules.post_refusals import EmployerIsBlacklisted, PostRefKnown
from services.jobs.rules.posts import (
    Move,
    Terms,
    opens_posts,
    require_may_change,
    require_move,
    require_no_minors,
    require_room,
    require_still_offered,
    settle,
)
from services.jobs.usecases.post_rules import get_post_rules, require_keeper
from shared.clock import local_date
from shared.contracts.jobs_posts_policies import PostRules
from shared.db.engine import WriteSession
from shared.http.versions import expect_version
from shared.ids import new_id
from shared.security import audit
from shared.security.principals import Principal


async def add_post(
    session: WriteSession, who: Principal, employer_id: UUID, ref: str | None, terms: Terms, now: datetime
) -> PostRow:
    """Offer one: open at once for the bureau and the county, proposed by a township.

    Raises `InvalidInput` for a bar without ground in law, `EmployerIsBlacklisted`, `PostRefKnown`, `UntilPast`.
    """
    # Two with one number at once would not see each other.
    employer = await lock_employer(session, who.scope, employer_id, share=ref is None)
    rules, policy_id = await require_keeper(session, who, employer.county, now)
    require_offer(employer, terms, rules, now)
    if ref is not None and await find.find_by_ref(session, employer.id, ref) is not None:
        raise PostRefKnown(field="ref")
    post = make_post(employer, ref, terms, policy_id, who, now, source="hand")
    session.add(post)
    await session.flush()
    await audit.record(session, who, "post:write", post.id, area_code=employer.county, state=post.state)
    return PostRow(post, employer)


async def change_post(
    session: WriteSession, who: Principal, post_id: UUID, if_match: str | None, terms: Terms, now: datetime
) -> PostRow:
    """Other terms, all anew; more openings open a filled post.

    Raises as `add_post`, `OpeningsBelow`, `PostNotYours`, and `MinorsThere` for work that people there are too young for.
    """
    row = await _lock(session, who, post_id, now)
    expect_version(if_match, row.post.version)
    require_may_change(who, row.post.state, row.post.recorded_by)
    rules, policy_id = await get_post_rules(session, row.post.county, now)
    require_offer(row.employer, terms, rules, now)
    minors = await count_born_after(session, [post_id], born_after(local_date(now), rules.full_age))
    require_no_minors(terms, rules, minors.get(post_id, 0))
    promised = await count_promised(session, post_id)
    apply_terms(row.post, terms, policy_id, now, promised=promised)
    await session.flush()
    await audit.record(session, who, "post:write", post_id, area_code=row.post.county, state=row.post.state)
    return row


async def move_post(
    session: WriteSession,
    who: Principal,
    post_id: UUID,
    if_match: str | None,
    move: Move,
    reason: str | None,
    now: datetime,
) -> PostRow:
    """Confirm a proposal, close a post, or reopen it. Raises `PostMoveIllegal`, `EmployerIsBlacklisted`, `UntilPast`."""
    row = await _lock(session, who, post_id, now)
    post = row.post
    expect_version(if_match, post.version)
    require_may_change(who, post.state, post.recorded_by)
    require_move(move, post.state)
    if move == "close":
        post.state, post.closed_reason, post.closed_at = PostState.CLOSED, reason, now
    else:
        require_welcome(row.employer)
        require_still_offered(post.until_on, local_date(now))
        post.state, post.closed_reason, post.closed_at = PostState.OPEN, None, None
        post.confirmed_by = who.id
        settle(post)
    post.version += 1
    post.changed_at = now
    await session.flush()
    await audit.record(session, who, f"post:{move}", post_id, area_code=post.county, reason=reason)
    return row


def require_offer(employer: Employer, terms: Terms, rules: PostRules, now: datetime) -> None:
    """Raise unless that employer may offer that work so."""
    require_welcome(employer)
    require_lawful(bars_of(terms), rules)
    require_still_offered(terms.until_on, local_date(now))


def bars_of(terms: Terms) -> Bars:
    """What the law looks at."""
    return Bars(
        trade=terms.trade,
        title=terms.title,
        physical_demand=terms.physical_demand,
        hazardous=terms.hazardous,
        sex=terms.sex,
        sex_reason=terms.sex_reason,
        age_low=terms.age_low,
        age_high=terms.age_high,
        age_reason=terms.age_reason,
    )


def make_post(
    employer: Employer, ref: str | None, terms: Terms, policy_id: UUID, who: Principal, now: datetime, *, source: str
) -> Post:
    """A new post with these terms, which were looked at."""
    opened = opens_posts(who)
    return Post(
        id=new_id(),
        employer_id=employer.id,
        county=employer.county,
        ref=ref,
        filled=0,
        reserved=0,
        state=PostState.OPEN if opened else PostState.PROPOSED,
        policy_id=policy_id,
        source=source,
        version=1,
        recorded_by=who.id,
        recorded_at=now,
        confirmed_by=who.id if opened else None,
        changed_at=now,
        **columns_of(terms),
    )


def apply_terms(post: Post, terms: Terms, policy_id: UUID, now: datetime, *, promised: int) -> None:
    """Give a locked post other terms. `promised` as `count_promised` has it. Raises `OpeningsBelow`."""
    require_room(post, terms.openings, promised=promised)
    for name, value in columns_of(terms).items():
        setattr(post, name, value)
    settle(post)
    post.policy_id = policy_id
    post.version += 1
    post.changed_at = now


def columns_of(terms: Terms) -> Mapping[str, Any]:
    """Terms as the columns of a post."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(terms).items()}


def require_welcome(employer: Employer) -> None:
    """Raise for an employer on the blacklist."""
    if employer.blacklisted_reason is not None:
        raise EmployerIsBlacklisted


async def _lock(session: WriteSession, who: Principal, post_id: UUID, now: datetime) -> PostRow:
    """The employer first, as the blacklist does, then the post."""
    row = await find.get_post(session, who.scope, post_id)
    await require_keeper(session, who, row.post.county, now)
    await lock_employer(session, who.scope, row.employer.id, share=True)
    return await find.lock_post(session, who.scope, post_id)
