"""Reading alerts, always within the asker's feeds and areas, and locking one to change it.

An alert is in sight when its first report is, or any further evidence of it.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select, true
from sqlalchemy.dialects.postgresql import distinct_on

from services.alerts.models import Alert, AlertEvidence, NewAlert, VerdictNotice
from services.alerts.models.areas import named_by
from services.alerts.queries.area_verdicts import SAID
from services.alerts.rules.alerts import AlertNotFound, Severity, Sight, State
from services.alerts.rules.areas import Named, overall
from shared.contracts.households import Verdict
from shared.db.engine import ReadSession, WriteSession
from shared.db.filters import equal
from shared.db.pages import in_order, newest_first
from shared.db.within import within
from shared.errors import existing

Report: TypeAlias = type[Alert] | type[AlertEvidence]
"""Where a report is kept: as an alert, or as further evidence of one. The columns have the same names."""


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
    """Newest first, those older than `before`. Feed, day and area may be those of further evidence."""
    page = select(Alert).where(*equal((Alert.state, wanted.state), (Alert.severity, wanted.severity)))
    page = newest_first(page, Alert.id, before=before, limit=limit)
    first, further = ([*in_sight(kind, sight), *_of_report(kind, wanted)] for kind in (Alert, AlertEvidence))
    if first:  # two short walks along an index each; all of it would have to be looked through for "one or the other"
        ids = page.with_only_columns(Alert.id)
        others = ids.join(AlertEvidence, AlertEvidence.alert_id == Alert.id).distinct().where(*further)
        either = select(ids.where(*first).subquery().c.id).union(select(others.subquery().c.id))
        page = page.where(Alert.id.in_(either))
    return (await session.scalars(page)).all()


async def get_alert(session: ReadSession, sight: Sight, alert_id: UUID) -> Alert:
    """One alert in sight; raises `AlertNotFound`."""
    return existing(await session.scalar(select(Alert).where(Alert.id == alert_id, _visible(sight))), AlertNotFound)


async def lock_alert(session: WriteSession, sight: Sight, alert_id: UUID) -> Alert:
    """`get_alert`, and nobody else changes it before our commit."""
    query = select(Alert).where(Alert.id == alert_id, _visible(sight)).with_for_update(of=Alert)
    return existing(await session.scalar(query), AlertNotFound)


async def get_seen(
    session: ReadSession, sight: Sight, alert_id: UUID, report: NewAlert
) -> tuple[Alert, AlertEvidence | None]:
    """The alert that a report became or belongs to, and the report as evidence where the alert itself is not in sight."""
    alert = existing(await session.get(Alert, alert_id), AlertNotFound)
    if sight.sees(alert.feed, alert.area_code):
        return alert, None
    row = select(AlertEvidence).where(AlertEvidence.feed == report.feed, AlertEvidence.dedup == report.dedup)
    own = await session.scalar(row)  # none where the row is known by another hash
    return alert, own or (await find_own(session, sight, [alert])).get(alert_id)


async def find_own(session: ReadSession, sight: Sight, alerts: Collection[Alert]) -> dict[UUID, AlertEvidence]:
    """The asker's first evidence of those alerts that are in sight only by that."""
    ids = [alert.id for alert in alerts if not sight.sees(alert.feed, alert.area_code)]
    if not ids:
        return {}
    query = select(AlertEvidence).where(AlertEvidence.alert_id.in_(ids), *in_sight(AlertEvidence, sight))
    first = query.ext(distinct_on(AlertEvidence.alert_id)).order_by(AlertEvidence.alert_id, AlertEvidence.id)
    return {one.alert_id: one for one in await session.scalars(first)}


async def find_said(session: ReadSession, sight: Sight, own: Collection[AlertEvidence]) -> dict[UUID, Verdict]:
    """By alert, the gravest verdict of the areas that the asker's further evidence names; `own` are first ones of it."""
    ids = [one.alert_id for one in own if one.area is not None]
    if not ids:
        return {}
    wanted = (AlertEvidence.alert_id.in_(ids), *in_sight(AlertEvidence, sight))
    report = select(AlertEvidence.alert_id, AlertEvidence.area).where(*wanted).cte("report")
    rows = await session.execute(select(report.c.alert_id, SAID).select_from(report))
    said: dict[UUID, list[Verdict]] = {}
    for alert_id, verdict in rows:
        if verdict is not None:
            said.setdefault(alert_id, []).append(verdict)
    return {alert_id: overall(verdicts) for alert_id, verdicts in said.items()}


async def list_named(session: ReadSession, sight: Sight, alert: Alert) -> list[Named]:
    """Whom those reports of an alert name that are in sight, taken back or not; none where it is not about areas."""
    if alert.area is None:
        return []
    further = select(AlertEvidence.area).where(AlertEvidence.alert_id == alert.id, *in_sight(AlertEvidence, sight))
    first = [alert.area] if sight.sees(alert.feed, alert.area_code) else []
    return [named for area in [*first, *await session.scalars(further)] if (named := named_by(area))]


async def count_evidence(session: ReadSession, sight: Sight, alert_id: UUID) -> int:
    """Further evidence of an alert, as far as it is in sight."""
    conditions = (AlertEvidence.alert_id == alert_id, *in_sight(AlertEvidence, sight))
    return await session.scalar(select(func.count()).select_from(AlertEvidence).where(*conditions)) or 0


async def list_evidence(
    session: ReadSession, sight: Sight, alert_id: UUID, before: UUID | None, limit: int
) -> Sequence[AlertEvidence]:
    """Further evidence of an alert, as far as it is in sight, newest first."""
    query = select(AlertEvidence).where(AlertEvidence.alert_id == alert_id, *in_sight(AlertEvidence, sight))
    return (await session.scalars(newest_first(query, AlertEvidence.id, before=before, limit=limit))).all()


async def list_all_evidence(session: ReadSession, alert_ids: Collection[UUID]) -> Sequence[AlertEvidence]:
    """All further evidence of alerts, everybody's, oldest first."""
    query = select(AlertEvidence).where(AlertEvidence.alert_id.in_(alert_ids)).order_by(AlertEvidence.id)
    return (await session.scalars(query)).all()


async def lock_told_since(
    session: WriteSession, since: datetime, feed: str | None, after: UUID | None, limit: int
) -> Sequence[Alert]:
    """Everybody's alerts of which anything was told since then, oldest first; nobody changes one before our commit."""
    worsened = select(AlertEvidence.alert_id).where(
        AlertEvidence.outcome == "worsened",
        or_(AlertEvidence.reported_at >= since, AlertEvidence.withdrawn_at >= since),
    )
    moments = (Alert.reported_at, Alert.withdrawn_at, Alert.first_withdrawn_at, Alert.expired_at)
    query = select(Alert).where(or_(*(moment >= since for moment in moments), Alert.id.in_(worsened)))
    if feed is not None:
        query = query.where(Alert.feed == feed)
    return (await session.scalars(in_order(query, Alert.id, after=after, limit=limit).with_for_update(read=True))).all()


def _visible(sight: Sight) -> ColumnElement[bool]:
    further = select(AlertEvidence.id).where(AlertEvidence.alert_id == Alert.id, *in_sight(AlertEvidence, sight))
    return or_(and_(true(), *in_sight(Alert, sight)), further.exists())


def in_sight(report: Report | type[VerdictNotice], sight: Sight) -> list[ColumnElement[bool]]:
    """Conditions under which a report is in sight; none where all are."""
    conditions: list[ColumnElement[bool]] = []
    if sight.feeds is not None:
        conditions.append(report.feed.in_(sorted(sight.feeds)))
    conditions.append(within(report.area_code, sight.scope))
    return conditions


def _of_report(report: Report, wanted: Filter) -> Iterator[ColumnElement[bool]]:
    yield from equal((report.feed, wanted.feed))
    if wanted.occurred_from is not None:
        yield report.occurred_on >= wanted.occurred_from
    if wanted.occurred_to is not None:
        yield report.occurred_on <= wanted.occurred_to
    if wanted.area is not None:
        yield report.area_code.startswith(wanted.area, autoescape=True)
