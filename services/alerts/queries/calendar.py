"""What was heard of the squares of the feed calendar. Straight to the driver: a month is some hundred of them."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from services.alerts.models import Feed
from services.alerts.queries.zero_reports import contradicting
from services.alerts.rules.calendar import Schedule
from services.alerts.rules.silence import Cell, Heard, Reminder
from shared.clock import local_date
from shared.db.engine import ReadSession, WriteSession, raw

_CELLS = (
    "unnest($1::text[], $2::text[], $3::text[], $4::date[], $5::date[]) WITH ORDINALITY"
    " AS cell (area, feed, period, first, last, number)"
)


# A subquery with an aggregate is not flattened, so each cell is one range of the index and nothing else is looked at.
def _pushed(table: str, standing: str) -> str:
    return f"""
SELECT cell.number, heard.alerts, 0 AS files, 0 AS new_rows, heard.first_at FROM {_CELLS} CROSS JOIN LATERAL (
    SELECT count(*) AS alerts, min(reported_at) AS first_at FROM {table} AS report
    WHERE report.feed = cell.feed AND occurred_on BETWEEN cell.first AND cell.last
        AND {standing} AND starts_with(area_code, cell.area)
) AS heard WHERE heard.alerts > 0
"""  # noqa: S608


# A file of which no row could be taken has told nothing; one of known rows alone says that they are still so.
_PUSHED_FILES = f"""
SELECT cell.number, 0 AS alerts, count(*) AS files, min(file.received_at) AS first_at,
    sum(stored + merged + worsened + snoozed + unmatched) AS new_rows
FROM {_CELLS} JOIN file ON file.feed = cell.feed AND file.period = cell.period
    AND file.state <> 'failed' AND file.state <> 'cancelled'
    AND (file.rejected < file.rows_read OR file.rows_read = 0)
    AND EXISTS (SELECT FROM unnest(file.areas) AS prefix WHERE prefix = '*' OR starts_with(cell.area, prefix))
GROUP BY cell.number
"""  # noqa: S608

PUSHES: tuple[str, ...] = (
    _pushed("alert", "withdrawn_at IS NULL AND first_withdrawn_at IS NULL"),
    _pushed("alert_evidence", "withdrawn_at IS NULL"),
    _PUSHED_FILES,
)
"""What counts as a push: each statement takes the cells and gives `(number, alerts, files, new_rows, first_at)` of some of
them."""

_ZERO_REPORTS = f"""
SELECT cell.number, min(zero.reported_at) AS first_at, (array_agg(zero.id ORDER BY zero.id))[1] AS id
FROM {_CELLS} JOIN zero_report AS zero
    ON zero.feed = cell.feed AND zero.period = cell.period AND zero.withdrawn_at IS NULL
    AND EXISTS (SELECT FROM unnest(zero.areas) AS prefix WHERE starts_with(cell.area, prefix))
GROUP BY cell.number
"""  # noqa: S608

_CONTRADICTIONS = f"""
SELECT cell.number, count(*) AS found
FROM {_CELLS} JOIN zero_report AS zero
    ON zero.feed = cell.feed AND zero.period = cell.period AND zero.withdrawn_at IS NULL
    AND EXISTS (SELECT FROM unnest(zero.areas) AS prefix
        WHERE starts_with(cell.area, prefix) OR starts_with(prefix, cell.area))
JOIN contradiction ON contradiction.zero_report_id = zero.id
JOIN alert ON alert.id = contradiction.alert_id AND alert.withdrawn_at IS NULL
LEFT JOIN LATERAL ({contradicting("zero")}) AS said ON true
WHERE said.taken_back_at IS NULL
GROUP BY cell.number
"""  # noqa: S608

_COUNTIES = """
SELECT DISTINCT left(code, 6) AS county FROM area WHERE active AND right(code, 8) <> '00000000' ORDER BY 1
"""

_CLAIM_REMINDERS = """
INSERT INTO report_reminder (feed, period, area, kind, days, due_on, policy_id, sent_at)
SELECT feed, period, area, kind, days, due_on, policy_id, $8
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::int[], $6::date[], $7::uuid[])
    WITH ORDINALITY AS new (feed, period, area, kind, days, due_on, policy_id, number)
ORDER BY number
ON CONFLICT DO NOTHING RETURNING feed, period, area
"""
_DELETE_REMINDERS = "DELETE FROM report_reminder WHERE sent_at < $1"


def schedule_of(feed: Feed) -> Schedule:
    """How often the feed reports."""
    return Schedule(feed.code, feed.cadence, feed.due_day, feed.grace_days, local_date(feed.created_at))


async def list_counties(session: ReadSession) -> list[str]:
    """Prefixes of the counties that there are areas of. Provinces and prefectures among the areas stand for none."""
    return [row["county"] for row in await (await raw(session)).fetch(_COUNTIES)]


async def list_owed(session: ReadSession, codes: Collection[str] | None, bureau: str | None) -> Sequence[Feed]:
    """The active feeds by bureau and code; all with None."""
    wanted = select(Feed).where(Feed.active).order_by(Feed.bureau, Feed.code)
    if codes is not None:
        wanted = wanted.where(Feed.code.in_(codes))
    if bureau is not None:
        wanted = wanted.where(Feed.bureau == bureau)
    return (await session.scalars(wanted)).all()


async def hear(session: ReadSession, cells: Sequence[Cell]) -> list[Heard]:
    """What was heard of each cell, in the order given."""
    found = [Heard()] * len(cells)
    if not cells:
        return found
    connection = await raw(session)
    columns = _columns(cells)
    for statement in PUSHES:
        for row in await connection.fetch(statement, *columns):
            at = row["number"] - 1
            known = found[at]
            first = min(filter(None, (known.first_push, row["first_at"])))
            found[at] = replace(
                known,
                pushed=known.pushed + row["alerts"],
                files=known.files + row["files"],
                new_rows=known.new_rows + row["new_rows"],
                first_push=first,
            )
    for row in await connection.fetch(_ZERO_REPORTS, *columns):
        at = row["number"] - 1
        found[at] = replace(found[at], zero_reported=row["first_at"], zero_report_id=row["id"])
    for row in await connection.fetch(_CONTRADICTIONS, *columns):
        found[row["number"] - 1] = replace(found[row["number"] - 1], contradictions=row["found"])
    return found


async def claim_reminders(
    session: WriteSession, due: Sequence[tuple[Cell, Reminder, UUID]], now: datetime
) -> set[tuple[str, str, str]]:
    """Note reminders `(cell, reminder, policy)` as sent; the `(feed, period, area)` of those that were not before."""
    if not due:
        return set()
    rows = [(c.feed, c.period.name, c.area, r.kind, r.days, c.period.due_on, policy) for c, r, policy in due]
    columns = map(list, zip(*rows, strict=True))
    fresh = await (await raw(session)).fetch(_CLAIM_REMINDERS, *columns, now)
    return {(row["feed"], row["period"], row["area"]) for row in fresh}


async def forget_reminders(session: WriteSession, before: datetime) -> None:
    """Forget the reminders that were sent before that moment."""
    await (await raw(session)).execute(_DELETE_REMINDERS, before)


def _columns(cells: Sequence[Cell]) -> list[list[Any]]:
    rows = [(cell.area, cell.feed, cell.period.name, cell.period.first, cell.period.last) for cell in cells]
    return [list(column) for column in zip(*rows, strict=True)]
