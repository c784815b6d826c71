"""Whether every report that was taken is somewhere: counted here, and compared with what households knows."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, get_args
from uuid import UUID

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from services.alerts.models import AccountCheck, AccountFinding, Alert
from services.alerts.queries.alerts import in_sight
from services.alerts.queries.telling import tell
from services.alerts.rules.accounting import FindingKind
from services.alerts.rules.alerts import Sight
from shared.clock import end_of_day, start_of_day
from shared.db.engine import ReadSession, WriteSession, raw
from shared.db.pages import in_order

SHOWN = 100
"""Ids of a difference that are told."""
ASKED = 1000
"""Alerts in one question."""

FINDINGS = 200
"""Findings that are told at a time."""

OPEN = ("reported", "checking")

# Each row is one accepted report. Where it is follows from what is written beside the state as well: a report that
# only one of both knows of is in no place, and is the difference.
_COUNT = f"""
WITH report AS (
    SELECT feed, id, area_code, reported_at, CASE
        WHEN first_withdrawn_at IS NOT NULL OR state = 'withdrawn' AND withdrawn_at IS NOT NULL THEN 'withdrawn'
        WHEN state = 'answered' AND verdict IS NOT NULL AND answered_at IS NOT NULL THEN 'answered'
        WHEN state = 'expired' AND expired_at IS NOT NULL AND verdict IS NULL THEN 'expired'
        WHEN state = 'dropped' AND verdict IS NULL THEN 'dropped'
        WHEN state IN ('reported', 'checking') AND verdict IS NULL AND withdrawn_at IS NULL THEN 'open' END AS place
    FROM alert
    UNION ALL
    SELECT e.feed, e.id, e.area_code, e.reported_at, CASE
        WHEN e.withdrawn_at IS NOT NULL THEN 'withdrawn'
        WHEN alert.state <> 'withdrawn' AND (outcome <> 'snoozed' OR alert.verdict IS NOT NULL) THEN outcome END
    FROM alert_evidence AS e JOIN alert ON alert.id = e.alert_id
)
SELECT feed, count(*) AS accepted,
    count(*) FILTER (WHERE place = 'open') AS open,
    count(*) FILTER (WHERE place = 'merged') AS merged,
    count(*) FILTER (WHERE place = 'worsened') AS worsened,
    count(*) FILTER (WHERE place = 'snoozed') AS snoozed,
    count(*) FILTER (WHERE place = 'answered') AS answered,
    count(*) FILTER (WHERE place = 'withdrawn') AS withdrawn,
    count(*) FILTER (WHERE place = 'expired') AS expired,
    count(*) FILTER (WHERE place = 'dropped') AS dropped,
    (array_agg(id ORDER BY id) FILTER (WHERE place IS NULL))[1:{SHOWN}] AS difference_ids
FROM report
WHERE reported_at >= $1 AND reported_at < $2 AND ($3::text[] IS NULL OR feed = ANY ($3)) AND area_code LIKE ANY ($4)
GROUP BY feed ORDER BY feed
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Finding:
    """An open alert that households sees otherwise."""

    alert_id: UUID
    feed: str
    kind: FindingKind
    first_found_at: datetime
    last_found_at: datetime


async def count_reports(session: ReadSession, sight: Sight, first: date, last: date) -> Sequence[Mapping[str, Any]]:
    """For each feed in sight: the reports taken from the first to the last day (in China), and where they are."""
    begin, end = start_of_day(first), end_of_day(last)
    feeds = sorted(sight.feeds) if sight.feeds is not None else None
    connection = await raw(session)
    rows: Sequence[Mapping[str, Any]] = await connection.fetch(_COUNT, begin, end, feeds, sight.scope.like_patterns())
    return rows


async def list_findings(session: ReadSession, sight: Sight) -> Sequence[Finding]:
    """What the newest checks found of alerts in sight and is still so; the oldest `FINDINGS`."""
    query = (
        select(AccountFinding, Alert.feed)
        .join(Alert, Alert.id == AccountFinding.alert_id)
        .where(Alert.state.in_(OPEN), AccountFinding.kind.in_(get_args(FindingKind)))
        .where(or_(AccountFinding.kind != "missing", Alert.task_id.is_(None)))
        .where(*in_sight(Alert, sight))
        .order_by(AccountFinding.alert_id)
        .limit(FINDINGS)
    )
    return [
        Finding(found.alert_id, feed, found.kind, found.first_found_at, found.last_found_at)
        for found, feed in await session.execute(query)
    ]


async def list_open(session: ReadSession, before: datetime, after: UUID | None) -> Sequence[UUID]:
    """A page of the alerts reported before that moment that nobody has answered."""
    query = select(Alert.id).where(Alert.state.in_(OPEN), Alert.reported_at < before)
    return (await session.scalars(in_order(query, Alert.id, after=after, limit=ASKED))).all()


async def last_asked_at(session: ReadSession) -> datetime | None:
    """When households was asked last."""
    return await session.scalar(select(func.max(AccountCheck.asked_at)))


async def lock_check(session: WriteSession, check_id: UUID) -> AccountCheck | None:
    """A question that has no answer yet."""
    query = select(AccountCheck).where(AccountCheck.id == check_id, AccountCheck.given_at.is_(None))
    return await session.scalar(query.with_for_update())


async def lock_open(session: WriteSession, alert_ids: Collection[UUID]) -> dict[UUID, Alert]:
    """Those of the alerts that are still open, until our commit."""
    query = select(Alert).where(Alert.id.in_(alert_ids), Alert.state.in_(OPEN)).order_by(Alert.id)
    return {alert.id: alert for alert in await session.scalars(query.with_for_update())}


async def drop(session: WriteSession, alert_ids: Collection[UUID], now: datetime) -> None:
    """End open alerts, locked before: their checks were dropped."""
    await session.execute(update(Alert).where(Alert.id.in_(alert_ids)).values(state="dropped", dropped_at=now))
    await tell(session, alert_ids)


async def keep_findings(
    session: WriteSession, asked: Collection[UUID], found: Mapping[UUID, FindingKind], now: datetime
) -> None:
    """What was found of the alerts asked about takes the place of what was found before."""
    gone = delete(AccountFinding).where(AccountFinding.alert_id.in_(asked), AccountFinding.alert_id.not_in(found))
    await session.execute(gone)
    if found:
        rows = [
            {"alert_id": alert_id, "kind": kind, "first_found_at": now, "last_found_at": now}
            for alert_id, kind in found.items()
        ]
        new = insert(AccountFinding).values(rows)
        kept = {"kind": new.excluded.kind, "last_found_at": new.excluded.last_found_at}
        await session.execute(new.on_conflict_do_update(index_elements=["alert_id"], set_=kept))


async def forget_checks(session: WriteSession, before: datetime) -> None:
    """Forget questions asked before that moment."""
    await session.execute(delete(AccountCheck).where(AccountCheck.asked_at < before))
