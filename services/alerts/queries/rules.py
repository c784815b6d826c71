"""Screening rules: the versions there are, and what became of the alerts of one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, literal, or_, select, text

from services.alerts.models import Alert, Feed, Rule
from services.alerts.queries.alerts import in_sight
from services.alerts.rules import FeedNotFound, Sight
from services.alerts.rules.screening_rules import RuleNotFound
from shared.contracts.households import Verdict
from shared.db.engine import ReadSession, WriteSession
from shared.errors import existing


@dataclass(frozen=True, slots=True)
class Quality:
    """How the alerts of a rule fared. Medians are days; None where there is nothing to take one of."""

    alerts: int
    verdicts: dict[Verdict, int]
    days_to_push: float | None  # from the day it happened to the day of the report, in China
    days_to_verdict: float | None  # from the report to the verdict


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
    query = select(Rule).order_by(Rule.id).limit(limit)
    if feeds is not None:
        query = query.where(Rule.feed.in_(sorted(feeds)))
    if feed is not None:
        query = query.where(Rule.feed == feed)
    if area is not None:
        query = query.where(literal(area).startswith(Rule.area_prefix))
    if on is not None:
        query = query.where(Rule.valid_from <= on, or_(Rule.valid_to.is_(None), Rule.valid_to >= on))
    if after is not None:
        query = query.where(Rule.id > after)
    return (await session.scalars(query)).all()


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


async def get_feed(session: ReadSession, code: str) -> Feed:
    """Raises `FeedNotFound`."""
    return existing(await session.get(Feed, code), FeedNotFound)


async def lock_feed(session: WriteSession, code: str) -> Feed | None:
    """Its schema stays as it is until our commit, and nobody else counts versions of its rules."""
    return await session.get(Feed, code, with_for_update=True)


async def last_version(session: ReadSession, feed: str, area_prefix: str) -> int:
    """0 when there is none yet."""
    query = select(func.max(Rule.version)).where(Rule.feed == feed, Rule.area_prefix == area_prefix)
    return await session.scalar(query) or 0


_MEDIAN = "percentile_cont(0.5) WITHIN GROUP (ORDER BY"
_PUSH = text(f"{_MEDIAN} (reported_at AT TIME ZONE 'Asia/Shanghai')::date - occurred_on)")
_VERDICT = text(f"{_MEDIAN} extract(epoch FROM answered_at - reported_at) / 86400)")
CLOCKS_APART = timedelta(days=1)
"""How far the time in an alert's id may be from `reported_at`; a batch waits a while before it is worked off."""


async def get_quality(session: ReadSession, sight: Sight, rule: Rule) -> Quality:
    """Of the alerts in sight that the rule let through."""
    # The index of feeds and ids finds them; an index of its own would cost every alert that comes in.
    mine = [
        Alert.feed == rule.feed,
        Alert.id >= first_id(rule.created_at),
        Alert.rule_id == rule.id,
        *in_sight(Alert, sight),
    ]
    alerts, push, verdict = (await session.execute(select(func.count(), _PUSH, _VERDICT).where(*mine))).one()
    counted = select(Alert.verdict, func.count()).where(*mine, Alert.verdict.is_not(None)).group_by(Alert.verdict)
    verdicts: dict[Any, int] = {row[0]: row[1] for row in await session.execute(counted)}
    return Quality(alerts, verdicts, _number(push), _number(verdict))


def _number(value: Any) -> float | None:
    return None if value is None else round(float(value), 2)


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
    if after is not None:
        query = query.where(Alert.id > after)
    return (await session.scalars(query.order_by(Alert.id).limit(limit))).all()
