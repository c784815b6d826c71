"""Screening rules: published in versions, ended. What was decided by one keeps its id."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.alerts.models import Rule
from services.alerts.queries import rules as queries
from services.alerts.rules.alerts import sight
from services.alerts.rules.screening_rules import check_last_day, check_span, choices_of, compile_levels, rule_fields
from shared.clock import local_date
from shared.db.engine import WriteSession
from shared.errors import Fault, InvalidInput
from shared.ids import new_id
from shared.security import audit
from shared.security.principals import AreaNotPermitted, Principal

PERMIT = "rule:write"


@dataclass(frozen=True, slots=True)
class RuleDraft:
    """A version to be published. `area_prefix` "" is everywhere; `note` says why, or where it is written."""

    feed: str
    area_prefix: str
    valid_from: date
    valid_to: date | None
    levels: Sequence[Mapping[str, Any]]
    parameters: Mapping[str, Any]
    note: str | None


async def publish_rule(session: WriteSession, who: Principal, draft: RuleDraft, now: datetime) -> Rule:
    """The next version for its feed and area; where it is valid, it counts before all older ones.

    Raises `InvalidInput` with the place of every mistake in the conditions, `RuleDatesReversed`, `AreaNotPermitted`.
    """
    require_publisher(who, draft.area_prefix)
    check_span(draft.valid_from, draft.valid_to)
    feed = await queries.lock_feed(session, draft.feed)
    if feed is None:
        raise InvalidInput([Fault("feed", "feed-unknown")])
    schema = feed.evidence_schema
    compile_levels(draft.levels, draft.parameters, rule_fields(schema), choices_of(schema))
    rule = Rule(
        id=new_id(),
        feed=draft.feed,
        area_prefix=draft.area_prefix,
        valid_from=draft.valid_from,
        valid_to=draft.valid_to,
        version=await queries.last_version(session, draft.feed, draft.area_prefix) + 1,
        levels=[dict(level) for level in draft.levels],
        parameters=dict(draft.parameters),
        note=draft.note,
        author=who.id,
        created_at=now,
    )
    session.add(rule)
    await session.flush()
    await audit.record(session, who, PERMIT, rule.id, feed=rule.feed, area=rule.area_prefix, version=rule.version)
    return rule


async def end_rule(session: WriteSession, who: Principal, rule_id: UUID, last_day: date, now: datetime) -> Rule:
    """Let a version end; what is next in line counts from the day after, and with none every row triggers."""
    rule = await queries.lock_rule(session, sight(who).feeds, rule_id)
    require_publisher(who, rule.area_prefix)
    check_last_day(rule.valid_to, last_day, local_date(now))
    rule.valid_to = last_day
    await audit.record(session, who, PERMIT, rule.id, last_day=last_day)
    return rule


def require_publisher(who: Principal, area_prefix: str) -> None:
    """Raise unless the whole area of the rule lies within the publisher's scope."""
    if not area_prefix.startswith(tuple(who.scope.prefixes)):
        raise AreaNotPermitted(field="area")
