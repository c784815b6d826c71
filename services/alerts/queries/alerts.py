"""Reading alerts, always within the asker's feeds and areas, and locking one to change it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Text, any_, literal, or_, select

from services.alerts.models import Alert
from services.alerts.rules import AlertNotFound, Severity, Sight, State
from shared.db.engine import ReadSession, WriteSession


@dataclass(frozen=True, slots=True)
class Filter:
    """Which alerts of those in sight; None stands for all."""

    feed: str | None = None
    state: State | None = None
    severity: Severity | None = None
    occurred_from: date | None = None
    occurred_to: date | None = None
    area: str | None = None  # prefix


async def list_alerts(
    session: ReadSession, sight: Sight, wanted: Filter, before: UUID | None, limit: int
) -> Sequence[Alert]:
    """Newest first, those older than `before`."""
    conditions = [*in_sight(sight), *_wanted(wanted)]
    if before is not None:
        conditions.append(Alert.id < before)
    return (await session.scalars(select(Alert).where(*conditions).order_by(Alert.id.desc()).limit(limit))).all()


async def get_alert(session: ReadSession, sight: Sight, alert_id: UUID) -> Alert:
    """One alert in sight; raises `AlertNotFound`."""
    return _found(await session.scalar(select(Alert).where(Alert.id == alert_id, *in_sight(sight))))


async def list_by_ids(session: ReadSession, sight: Sight, alert_ids: Collection[UUID]) -> Sequence[Alert]:
    """Those of these that are in sight."""
    return (await session.scalars(select(Alert).where(Alert.id.in_(alert_ids), *in_sight(sight)))).all()


async def lock_alert(session: WriteSession, sight: Sight, alert_id: UUID) -> Alert:
    """`get_alert`, and nobody else changes it before our commit."""
    return _found(await session.scalar(select(Alert).where(Alert.id == alert_id, *in_sight(sight)).with_for_update()))


async def lock_told_since(
    session: WriteSession, since: datetime, feed: str | None, after: UUID | None, limit: int
) -> Sequence[Alert]:
    """Everybody's alerts reported or withdrawn since then, oldest first; nobody withdraws one before our commit."""
    query = select(Alert).where(or_(Alert.reported_at >= since, Alert.withdrawn_at >= since))
    if feed is not None:
        query = query.where(Alert.feed == feed)
    if after is not None:
        query = query.where(Alert.id > after)
    return (await session.scalars(query.order_by(Alert.id).limit(limit).with_for_update(read=True))).all()


def _found(alert: Alert | None) -> Alert:
    if alert is None:
        raise AlertNotFound
    return alert


def in_sight(sight: Sight) -> list[ColumnElement[bool]]:
    """Conditions on `Alert`: what the asker sees."""
    conditions: list[ColumnElement[bool]] = []
    if sight.feeds is not None:
        conditions.append(Alert.feed.in_(sorted(sight.feeds)))
    patterns = sight.scope.like_patterns()
    if patterns != ["%"]:
        conditions.append(Alert.area_code.like(any_(literal(patterns, ARRAY(Text)))))
    return conditions


def _wanted(wanted: Filter) -> list[ColumnElement[bool]]:
    equal = ((Alert.feed, wanted.feed), (Alert.state, wanted.state), (Alert.severity, wanted.severity))
    conditions: list[ColumnElement[bool]] = [column == value for column, value in equal if value is not None]
    if wanted.occurred_from is not None:
        conditions.append(Alert.occurred_on >= wanted.occurred_from)
    if wanted.occurred_to is not None:
        conditions.append(Alert.occurred_on <= wanted.occurred_to)
    if wanted.area is not None:
        conditions.append(Alert.area_code.startswith(wanted.area, autoescape=True))
    return conditions
