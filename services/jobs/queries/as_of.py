"""What counted on a day (时点口径), and what was known of it on another: every total is counted from these rows.

A day is counted by the row of its month: out to work is whoever had begun by then and had not ended
(`rules.ledger.counts_on` says the same). `as_known` goes back in what was written: rows are as they stood at the end of
that day, with everything that was changed later undone by the history.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, and_, bindparam, case, func, or_, select, text
from sqlalchemy.orm import aliased

from services.jobs.models import LabourRow
from services.jobs.rules.months import month_of
from shared.areas import Scope
from shared.clock import end_of_day
from shared.db.engine import ReadSession
from shared.db.within import within

Rows = type[LabourRow]
"""The table, or a picture of it in the past."""


@dataclass(frozen=True, slots=True)
class Counts:
    """People with a row of the day's month; `unconfirmed` are among the first three."""

    out: int
    planned: int
    not_out: int
    unconfirmed: int


# The first change after that moment tells what a field was before it. A row without a line "made" was carried.
_KNOWN = """
SELECT (jsonb_populate_record(r, coalesce(undone.fields, '{}'))).*
FROM labour_row AS r LEFT JOIN (
    SELECT person_id, jsonb_object_agg(field, was) AS fields FROM (
        SELECT DISTINCT ON (c.person_id, d.key) c.person_id, d.key AS field, d.value -> 0 AS was
        FROM labour_change AS c, jsonb_each(c.detail) AS d
        WHERE c.month = :month AND c.at >= :until ORDER BY c.person_id, d.key, c.id
    ) AS first GROUP BY person_id
) AS undone USING (person_id)
WHERE r.month = :month AND NOT EXISTS (
    SELECT FROM labour_change AS c
    WHERE c.month = :month AND c.person_id = r.person_id AND c.at >= :until AND c.what = 'made'
) AND (
    r.changed_at < :until OR EXISTS (
        SELECT FROM labour_change AS c
        WHERE c.month = :month AND c.person_id = r.person_id AND c.at < :until
    ) OR (r.version > 1 AND EXISTS (SELECT FROM ledger_month AS m WHERE m.month = :month AND m.carried_at < :until))
)
"""


def as_known(month: date, known_on: date | None) -> Rows:
    """The rows of a month as they stood at the end of `known_on`; None: as they stand."""
    if known_on is None:
        return LabourRow
    bound = text(_KNOWN).bindparams(bindparam("month", month), bindparam("until", end_of_day(known_on)))
    return aliased(LabourRow, bound.columns(*LabourRow.__table__.columns).subquery("known_row"))


def out_on(day: date | ColumnElement[date], rows: Rows = LabourRow) -> ColumnElement[bool]:
    """Among the rows of the day's month: out to work on the day. Who came home later in the month was still out."""
    not_ended = or_(rows.ended_on.is_(None), rows.ended_on >= day)
    began = or_(rows.started_on.is_(None), rows.started_on <= day)
    came_later = and_(rows.status != "out", rows.ended_on.is_not(None), rows.ended_on >= day)
    return or_(and_(rows.status == "out", began, not_ended), came_later)


def out_today(alias: str, day: str = ":today") -> str:
    """`out_on` as SQL for statements in text: `alias` is the table's. Null where there is no row."""
    return (
        f"(({alias}.status = 'out' AND ({alias}.started_on IS NULL OR {alias}.started_on <= {day})"
        f" AND ({alias}.ended_on IS NULL OR {alias}.ended_on >= {day}))"
        f" OR ({alias}.status <> 'out' AND {alias}.ended_on >= {day}))"
    )


def status_text(alias: str, day: str) -> str:
    """`status_on` as SQL likewise."""
    return (
        f"CASE WHEN {out_today(alias, day)} THEN 'out'"
        f" WHEN {alias}.status = 'planned' THEN 'planned' WHEN {alias}.status IS NOT NULL THEN 'not_out' END"
    )


def status_on(day: date, rows: Rows = LabourRow) -> ColumnElement[str]:
    """out, planned or not_out on the day."""
    return case((out_on(day, rows), "out"), (rows.status == "planned", "planned"), else_="not_out")


async def count_people(session: ReadSession, scope: Scope, day: date, known_on: date | None = None) -> Counts:
    """People of `scope` as of a day, by what was known then."""
    rows = as_known(month_of(day), known_on)
    status = status_on(day, rows)
    unsaid = or_(rows.confirmed_on.is_(None), rows.confirmed_on > (known_on or date.max))
    query = select(
        func.count().filter(status == "out"),
        func.count().filter(status == "planned"),
        func.count().filter(status == "not_out"),
        func.count().filter(unsaid),
    ).where(rows.month == month_of(day), within(rows.area_code, scope))
    out, planned, not_out, unconfirmed = (await session.execute(query)).one()
    return Counts(out, planned, not_out, unconfirmed)
