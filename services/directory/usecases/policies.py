"""Policies (政策参数): published in versions, ended, looked up by area and day."""

from datetime import date, datetime
from uuid import UUID

from services.directory import events
from services.directory.models import Policy
from services.directory.queries import policies as queries
from services.directory.rules.policies import (
    PolicyDraft,
    PolicyNotInForce,
    check_body,
    check_last_day,
    check_line,
    check_span,
    require_publisher,
)
from shared.areas import AreaCode
from shared.clock import local_date
from shared.db.engine import ReadSession, WriteSession
from shared.ids import new_id
from shared.outbox import emit
from shared.projections.policies import load
from shared.security import audit
from shared.security.principals import Principal
from shared.versions import pick


async def publish_policy(
    session: WriteSession, who: Principal, draft: PolicyDraft, author: str, now: datetime
) -> Policy:
    """The next version for its kind and area; where it is valid, it counts before all older ones."""
    require_publisher(who, draft.area_prefix)
    check_span(draft.valid_from, draft.valid_to)
    body = check_body(draft.kind, dict(draft.body))
    await queries.lock_policies(session)
    if draft.kind == "income-line":
        check_line(draft, body["per_head"], (await load(session, draft.kind)).versions, local_date(now))
    policy = Policy(
        id=new_id(),
        kind=draft.kind,
        area_prefix=draft.area_prefix,
        valid_from=draft.valid_from,
        valid_to=draft.valid_to,
        version=await queries.last_version(session, draft.kind, draft.area_prefix) + 1,
        author=author,
        note=draft.note,
        body=body,
        published_at=now,
    )
    session.add(policy)
    await emit(session, events.policy_published(policy))
    await audit.record(session, who, "policy:write", policy.id, kind=policy.kind, version=policy.version)
    return policy


async def end_policy(session: WriteSession, who: Principal, policy_id: UUID, last_day: date, now: datetime) -> Policy:
    """Let a version end; what is next in line counts from the day after."""
    await queries.lock_policies(session)
    policy = await queries.get_policy(session, policy_id)
    require_publisher(who, policy.area_prefix)
    check_last_day(policy.valid_to, last_day, local_date(now))
    policy.valid_to = last_day
    await emit(session, events.policy_published(policy))
    await audit.record(session, who, "policy:write", policy.id, last_day=last_day)
    return policy


async def get_policy_in_force(session: ReadSession, kind: str, area: AreaCode, on: date) -> Policy:
    """The version that decides for an area on a day, by the same rule as in the services; or `PolicyNotInForce`."""
    picked = pick((await load(session, kind)).versions, area, on)
    if picked is None:
        raise PolicyNotInForce(kind=kind)
    return await queries.get_policy(session, picked.id)
