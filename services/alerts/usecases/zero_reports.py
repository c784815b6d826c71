"""A bureau says that a period had nothing (零报告), takes it back, or is contradicted."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from services.alerts import events
from services.alerts.models import Feed, ZeroReport
from services.alerts.queries import calendar as find_heard
from services.alerts.queries import zero_reports as queries
from services.alerts.queries.reference import list_feeds
from services.alerts.rules.alerts import Sight
from services.alerts.rules.calendar import Period, period_named
from services.alerts.rules.silence import (
    Cell,
    ContradictionKind,
    ZeroReportNotFound,
    ZeroReportWithdrawn,
    require_zero_reportable,
)
from services.alerts.usecases.calendar import get_calendar
from shared.clock import local_date
from shared.db.engine import WriteSession
from shared.errors import Fault, InvalidInput
from shared.ids import new_id
from shared.outbox import emit
from shared.security import audit
from shared.security.principals import AreaNotPermitted, Principal
from shared.security.vault import Vault

NOTE = "zero-report-note"
REASON = "zero-report-withdrawal"
BATCH = 500
LOOK_BACK = timedelta(days=400)
"""Zero reports and verdicts older than this are not compared any more: their year is closed."""


async def report_zero(
    session: WriteSession, who: Principal, feed_code: str, name: str, note: str | None, vault: Vault, now: datetime
) -> tuple[ZeroReport, bool]:
    """Take a zero report for the sender's areas. Returns it, and whether it is new: the same again gets the first.

    Raises `FeedNotPermitted`, `InvalidInput`, `PeriodUnknown`, `PeriodInFuture`, `PeriodPushed`, `PolicyMissing`.
    """
    who.require_feed(feed_code)
    feed = next((feed for feed in await list_feeds(session, [feed_code]) if feed.active), None)
    if feed is None:
        raise InvalidInput([Fault("feed", "feed-unknown")])
    areas = sorted(who.scope.prefixes)
    if not areas:
        raise AreaNotPermitted
    today = local_date(now)
    period = await _period(session, feed, name, areas, today)
    if first := await queries.find_standing(session, feed.code, period.name, areas):
        return first, False
    heard = await find_heard.hear(session, [Cell(area, feed.code, period) for area in areas])
    require_zero_reportable(period, sum(one.pushed for one in heard), today)
    values = {
        "id": new_id(),
        "feed": feed.code,
        "period": period.name,
        "areas": areas,
        "first": period.first,
        "last": period.last,
        "due_on": period.due_on,
        "late": period.due_on is not None and today > period.due_on,
        "note_sealed": vault.seal(note.encode(), NOTE) if note else None,
        "reported_by": who.id,
        "reported_at": now,
    }
    made = await queries.insert_zero_report(session, values)
    if made is None:  # somebody with the same areas was quicker by a moment
        first = await queries.find_standing(session, feed.code, period.name, areas)
        assert first is not None
        return first, False
    await audit.record(session, who, "zero-report:make", made.id, feed=feed.code, period=period.name, late=made.late)
    return made, True


async def _period(session: WriteSession, feed: Feed, name: str, areas: Sequence[str], today: date) -> Period:
    calendar = await get_calendar(session, areas[0], today)
    return period_named(find_heard.schedule_of(feed), name, calendar)


async def withdraw_zero_report(
    session: WriteSession, who: Principal, sight: Sight, report_id: UUID, reason: str, vault: Vault, now: datetime
) -> ZeroReport:
    """Take a zero report back: the period is open again. What contradicted it stays on record.

    Raises `ZeroReportNotFound`, `ZeroReportWithdrawn`.
    """
    report = await queries.lock_zero_report(session, sight, report_id)
    own = tuple(who.scope.prefixes)
    if not all(area.startswith(own) for area in report.areas):
        raise ZeroReportNotFound
    if report.withdrawn_at is not None:
        raise ZeroReportWithdrawn
    report.withdrawn_at = now
    report.withdrawal_reason_sealed = vault.seal(reason.encode(), REASON)
    await audit.record(session, who, "zero-report:withdraw", report.id, feed=report.feed, period=report.period)
    return report


async def flag_contradictions(session: WriteSession, kind: ContradictionKind, now: datetime) -> int:
    """Flag up to `BATCH` contradictions of a kind and tell of them; how many. Safe with several processes at once."""
    pairs = await queries.find_candidates(session, kind, now - LOOK_BACK, BATCH)
    fresh = await queries.flag(session, kind, [(new_id(), *pair) for pair in pairs], now)
    found = await queries.list_flagged(session, fresh)
    await emit(session, *(events.contradiction_found(flagged, zero, feed) for flagged, zero, feed, *_ in found))
    return len(found)
