"""Screening rules: the versions there are, and the reports of a span that one may be tried on."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, func, literal, or_, select, text, union_all
from sqlalchemy.orm import InstrumentedAttribute

from services.alerts.models import Alert, AlertEvidence, Feed, Rule
from services.alerts.queries.alerts import in_sight
from services.alerts.rules.alerts import Sight
from services.alerts.rules.screening_rules import RuleNotFound
from shared.contracts.households import Verdict
from shared.db.engine import ReadSession, WriteSession, raw
from shared.db.pages import in_order

_VERDICTS = "SELECT id, verdict FROM alert WHERE id = ANY ($1::uuid[]) AND verdict IS NOT NULL"


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
    """Reports of a feed in an area, reported from one moment to another; of one batch or file only, where it is given."""

    feed: str
    area_prefix: str
    since: datetime
    until: datetime
    batch_id: UUID | None = None


class Reported(NamedTuple):
    """A report of a span: an alert's first one, or further evidence. `task`: its check; the alert's id while it has none."""

    id: UUID
    alert_id: UUID
    occurred_on: date
    area_code: str
    person_key: str | None
    household_key: str | None
    sealed: bytes
    reported_at: datetime
    task: UUID
    verdict: Verdict | None


async def list_span(
    session: ReadSession, sight: Sight, span: Span, after: UUID | None, limit: int
) -> Sequence[Reported]:
    """Reports of the span, in the order of their ids, those after `after`: what was merged did come in, too."""
    firsts = _reports(Alert, Alert.id, sight, span, after)
    others = _reports(AlertEvidence, AlertEvidence.alert_id, sight, span, after).join(
        Alert, Alert.id == AlertEvidence.alert_id
    )
    pages = [select(one.order_by(text("id")).limit(limit).subquery()) for one in (firsts, others)]
    rows = await session.execute(union_all(*pages).order_by("id").limit(limit))
    return [Reported(*row) for row in rows]


def _reports(
    report: type[Alert | AlertEvidence],
    alert_id: InstrumentedAttribute[UUID],
    sight: Sight,
    span: Span,
    after: UUID | None,
) -> Select[Any]:
    told = ("occurred_on", "area_code", "person_key", "household_key", "sealed", "reported_at")
    query = select(
        report.id.label("id"),
        alert_id.label("alert_id"),
        *(getattr(report, name).label(name) for name in told),
        func.coalesce(Alert.task_id, Alert.id).label("task"),
        Alert.verdict,
    ).where(
        report.feed == span.feed,
        report.id >= first_id(span.since),
        report.id < first_id(span.until + 2 * CLOCKS_APART),
        report.reported_at >= span.since,
        report.reported_at < span.until,
        report.area_code.startswith(span.area_prefix, autoescape=True),
        *in_sight(report, sight),
    )
    if span.batch_id is not None:
        query = query.where(report.batch_id == span.batch_id)
    return query if after is None else query.where(report.id > after)


async def find_verdicts(session: ReadSession, alert_ids: Collection[UUID]) -> dict[UUID, Verdict]:
    """By alert, of those that have one."""
    return {row["id"]: row["verdict"] for row in await (await raw(session)).fetch(_VERDICTS, list(alert_ids))}
