"""Screening rules: the versions there are, and the alerts of a span that one may be tried on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import func, literal, or_, select

from services.alerts.models import Alert, Feed, Rule
from services.alerts.queries.alerts import in_sight
from services.alerts.rules.alerts import Sight
from services.alerts.rules.screening_rules import RuleNotFound
from shared.db.engine import ReadSession, WriteSession
from shared.db.pages import in_order


async def list_rules(
    session: ReadSession,
    feeds: frozenset[str] | None,
    *,
    feed: str | None = None,
    area: str | None = None,
    on: date | None = None,
    after: UUID | None = None,
    limit: int | None = None,
) -> Sequence[Rule]:
    """Versions in the order of their making; `area`: those that reach it, `on`: those valid that day."""
    query = select(Rule)
    if feeds is not None:
        query = query.where(Rule.feed.in_(sorted(feeds)))
    if feed is not None:
        query = query.where(Rule.feed == feed)
    if area is not None:
        query = query.where(literal(area).startswith(Rule.area_prefix))
    if on is not None:
        query = query.where(Rule.valid_from <= on, or_(Rule.valid_to.is_(None), Rule.valid_to >= on))
    return (await session.scalars(in_order(query, Rule.id, after=after, limit=limit))).all()


async def get_rule(session: ReadSession, feeds: frozenset[str] | None, rule_id: UUID) -> Rule:
    """One version of a feed in sight; raises `RuleNotFound`."""
    rule = await session.get(Rule, rule_id)
    if rule is None or (feeds is not None and rule.feed not in feeds):
        raise RuleNotFound
    return rule


async def lock_rule(session: WriteSession, feeds: frozenset[str] | None, rule_id: UUID) -> Rule:
    """`get_rule`, and nobody else ends it before our commit."""
    rule = await session.get(Rule, rule_id, with_for_update=True)
    if rule is None or (feeds is not None and rule.feed not in feeds):
        raise RuleNotFound
    return rule


async def lock_feed(session: WriteSession, code: str) -> Feed | None:
    """Its schema stays as it is until our commit, and nobody else counts versions of its rules."""
    return await session.get(Feed, code, with_for_update=True)


async def last_version(session: ReadSession, feed: str, area_prefix: str) -> int:
    """0 when there is none yet."""
    query = select(func.max(Rule.version)).where(Rule.feed == feed, Rule.area_prefix == area_prefix)
    return await session.scalar(query) or 0


CLOCKS_APART = timedelta(days=1)
"""How far the time in an alert's id may be from `reported_at`; a batch waits a while before it is worked off."""


def first_id(moment: datetime) -> UUID:
    """An id that is not greater than any made since then."""
    milliseconds = int((moment - CLOCKS_APART).timestamp() * 1000)
    return UUID(int=max(milliseconds, 0) << 80)


@dataclass(frozen=True, slots=True)
class Span:
    """Alerts of a feed in an area, reported from one moment to another; of one batch or file only, where it is given."""

    feed: str
    area_prefix: str
    since: datetime
    until: datetime
    batch_id: UUID | None = None


async def list_span(session: ReadSession, sight: Sight, span: Span, after: UUID | None, limit: int) -> Sequence[Alert]:
    """Alerts of the span, in the order of their ids, those after `after`."""
    query = select(Alert).where(
        Alert.feed == span.feed,
        Alert.id >= first_id(span.since),
        Alert.id < first_id(span.until + 2 * CLOCKS_APART),
        Alert.reported_at >= span.since,
        Alert.reported_at < span.until,
        Alert.area_code.startswith(span.area_prefix, autoescape=True),
        *in_sight(Alert, sight),
    )
    if span.batch_id is not None:
        query = query.where(Alert.batch_id == span.batch_id)
    return (await session.scalars(in_order(query, Alert.id, after=after, limit=limit))).all()
