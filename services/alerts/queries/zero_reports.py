"""Zero reports and what contradicts them, always within the asker's feeds and areas."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import ColumnElement, Date, DateTime, Row, Select, String, TextClause, select, text, true
from sqlalchemy.dialects.postgresql import insert

from services.alerts.models import Alert, Contradiction, Feed, ZeroReport
from services.alerts.rules.alerts import Sight
from services.alerts.rules.silence import ContradictionKind, ZeroReportNotFound
from shared.areas import Scope
from shared.db.engine import ReadSession, WriteSession, raw
from shared.db.filters import equal
from shared.db.pages import newest_first
from shared.errors import existing


@dataclass(frozen=True, slots=True)
class Filter:
    """Which of those in sight; None stands for all."""

    feed: str | None = None
    bureau: str | None = None
    period: str | None = None


Found: TypeAlias = "Row[Contradiction, ZeroReport, Feed, Alert, str | None, date | None, str | None, datetime | None]"
"""The last four: feed, day, area and end of the report in the alert that contradicts, see `contradicting`."""

_IN_ITS_AREAS = "EXISTS (SELECT FROM unnest(zero.areas) AS prefix WHERE starts_with(report.area_code, prefix))"

# Of the period is what happened in it, and what a file of the period reports, when it happened or not. A file's rows
# are found by when they were reported, which has an index in both tables.
_OF_PERIOD = "report.feed = zero.feed AND occurred_on BETWEEN zero.first AND zero.last"
_OF_FILE = """file.feed = zero.feed AND file.period = zero.period AND report.batch_id = file.id
        AND report.reported_at BETWEEN file.received_at AND coalesce(file.finished_at, 'infinity')"""
_FIRST = "withdrawn_at IS NULL AND first_withdrawn_at IS NULL"
_FURTHER = "withdrawn_at IS NULL"

_OWN_ALERTS = f"""
SELECT zero.id AS zero_report_id, first.alert_id FROM zero_report AS zero CROSS JOIN LATERAL (
    SELECT report.id AS alert_id, reported_at FROM alert AS report WHERE {_OF_PERIOD} AND {_FIRST} AND {_IN_ITS_AREAS}
    UNION ALL
    SELECT alert_id, reported_at FROM alert_evidence AS report WHERE {_OF_PERIOD} AND {_FURTHER} AND {_IN_ITS_AREAS}
    UNION ALL
    SELECT report.id, reported_at FROM file JOIN alert AS report ON {_OF_FILE} AND {_FIRST} AND {_IN_ITS_AREAS}
    UNION ALL
    SELECT alert_id, reported_at FROM file JOIN alert_evidence AS report ON {_OF_FILE} AND {_FURTHER} AND {_IN_ITS_AREAS}
    ORDER BY reported_at, alert_id LIMIT 1
) AS first
WHERE zero.withdrawn_at IS NULL AND zero.reported_at > $1 AND NOT EXISTS (
    SELECT FROM contradiction WHERE zero_report_id = zero.id AND kind = 'own_alert')
ORDER BY zero.id LIMIT $2
"""  # noqa: S608

# What people on the spot reported and a check confirmed is little, so this begins with it and its index.
_CONFIRMED_ELSEWHERE = f"""
WITH confirmed AS (
    SELECT * FROM alert WHERE verdict = 'risk_confirmed' AND answered_at > $1 AND withdrawn_at IS NULL
), report AS (
    SELECT id AS alert_id, feed, risk_family, occurred_on, area_code FROM confirmed WHERE first_withdrawn_at IS NULL
    UNION
    SELECT alert_id, further.feed, risk_family, further.occurred_on, further.area_code
    FROM alert_evidence AS further JOIN confirmed ON confirmed.id = alert_id WHERE further.withdrawn_at IS NULL
)
SELECT DISTINCT zero.id AS zero_report_id, report.alert_id
FROM report JOIN feed AS source ON source.code = report.feed
    AND source.reporters && ARRAY['village', 'township', 'county']
JOIN feed ON feed.risk_family = report.risk_family AND feed.code <> source.code
JOIN zero_report AS zero ON zero.feed = feed.code AND zero.withdrawn_at IS NULL
    AND report.occurred_on BETWEEN zero.first AND zero.last AND {_IN_ITS_AREAS}
WHERE NOT EXISTS (
    SELECT FROM contradiction WHERE zero_report_id = zero.id AND contradiction.alert_id = report.alert_id)
ORDER BY zero.id, report.alert_id LIMIT $2
"""  # noqa: S608


def contradicting(zero: str) -> str:
    """SQL of the report in a `contradiction`'s alert that says otherwise than the zero report `zero`; none if all are gone.

    The alert may have begun long before, as another bureau's. What stands comes before what was taken back.
    """
    return f"""
SELECT report.feed, report.occurred_on, report.area_code, report.taken_back_at FROM (
    SELECT feed, occurred_on, area_code, reported_at, batch_id, coalesce(first_withdrawn_at, withdrawn_at) AS taken_back_at
    FROM alert WHERE id = contradiction.alert_id
    UNION ALL
    SELECT feed, occurred_on, area_code, reported_at, batch_id, withdrawn_at
    FROM alert_evidence WHERE alert_id = contradiction.alert_id
) AS report JOIN feed AS source ON source.code = report.feed
WHERE CASE contradiction.kind
    WHEN 'own_alert' THEN report.feed = {zero}.feed AND (report.occurred_on BETWEEN {zero}.first AND {zero}.last
        OR EXISTS (SELECT FROM file WHERE file.id = report.batch_id AND file.period = {zero}.period))
    ELSE report.feed <> {zero}.feed AND report.occurred_on BETWEEN {zero}.first AND {zero}.last
        AND source.reporters && ARRAY['village', 'township', 'county'] END
ORDER BY report.taken_back_at NULLS FIRST, report.reported_at LIMIT 1
"""  # noqa: S608


_SAID = (
    text(contradicting("zero_report"))
    .columns(feed=String, occurred_on=Date, area_code=String, taken_back_at=DateTime(timezone=True))
    .lateral("said")
)

_FLAG = """
INSERT INTO contradiction (id, zero_report_id, kind, alert_id, found_at)
SELECT id, zero_report_id, $4, alert_id, $5 FROM unnest($1::uuid[], $2::uuid[], $3::uuid[])
    WITH ORDINALITY AS new (id, zero_report_id, alert_id, number) ORDER BY number
ON CONFLICT DO NOTHING RETURNING id
"""

CANDIDATES: dict[ContradictionKind, str] = {
    "own_alert": _OWN_ALERTS,
    "confirmed_elsewhere": _CONFIRMED_ELSEWHERE,
}


async def find_standing(session: ReadSession, feed: str, period: str, areas: Sequence[str]) -> ZeroReport | None:
    """The zero report that stands for a feed, a period and exactly these areas."""
    same = (ZeroReport.feed == feed, ZeroReport.period == period, ZeroReport.areas == list(areas))
    return await session.scalar(select(ZeroReport).where(*same, ZeroReport.withdrawn_at.is_(None)))


async def insert_zero_report(session: WriteSession, values: dict[str, Any]) -> ZeroReport | None:
    """Store one; None when somebody did at the same moment."""
    statement = insert(ZeroReport).values(**values).on_conflict_do_nothing().returning(ZeroReport)
    return await session.scalar(statement)


async def get_zero_report(session: ReadSession, sight: Sight, report_id: UUID) -> ZeroReport:
    """One in sight; raises `ZeroReportNotFound`."""
    return existing(
        await session.scalar(select(ZeroReport).where(ZeroReport.id == report_id, *_in_sight(sight))),
        ZeroReportNotFound,
    )


async def lock_zero_report(session: WriteSession, sight: Sight, report_id: UUID) -> ZeroReport:
    """`get_zero_report`, and nobody else changes it before our commit."""
    wanted = select(ZeroReport).where(ZeroReport.id == report_id, *_in_sight(sight)).with_for_update()
    return existing(await session.scalar(wanted), ZeroReportNotFound)


async def list_zero_reports(
    session: ReadSession, sight: Sight, wanted: Filter, before: UUID | None, limit: int
) -> Sequence[ZeroReport]:
    """Newest first, those older than `before`; withdrawn ones too."""
    query = select(ZeroReport).where(*_in_sight(sight), *_wanted(wanted))
    return (await session.scalars(newest_first(query, ZeroReport.id, before=before, limit=limit))).all()


async def list_contradictions(
    session: ReadSession, sight: Sight, wanted: Filter, before: UUID | None, limit: int
) -> Sequence[Found]:
    """Newest first, each with its zero report, its feed and the alert that contradicts."""
    query = _found().where(*_in_sight(sight), *_wanted(wanted))
    query = newest_first(query, Contradiction.id, before=before, limit=limit)
    found: Sequence[Found] = (await session.execute(query)).all()
    return found


async def find_candidates(
    session: WriteSession, kind: ContradictionKind, since: datetime, limit: int
) -> list[tuple[UUID, UUID]]:
    """Pairs of `(zero report, alert)` that contradict each other and are not flagged yet, of things since then."""
    rows = await (await raw(session)).fetch(CANDIDATES[kind], since, limit)
    return [(row["zero_report_id"], row["alert_id"]) for row in rows]


async def flag(
    session: WriteSession, kind: ContradictionKind, rows: Sequence[tuple[UUID, UUID, UUID]], now: datetime
) -> Collection[UUID]:
    """Store contradictions `(id, zero report, alert)`; the ids of those that nobody else has stored."""
    if not rows:
        return ()
    columns = map(list, zip(*rows, strict=True))
    return {row["id"] for row in await (await raw(session)).fetch(_FLAG, *columns, kind, now)}


async def list_flagged(session: ReadSession, ids: Collection[UUID]) -> Sequence[Found]:
    """The contradictions of those ids, in the order they were found."""
    query = _found().where(Contradiction.id.in_(ids))
    found: Sequence[Found] = (await session.execute(query.order_by(Contradiction.id))).all()
    return found


def _found() -> Select[Any]:
    return (
        select(Contradiction, ZeroReport, Feed, Alert, *_SAID.c)
        .join(ZeroReport, ZeroReport.id == Contradiction.zero_report_id)
        .join(Feed, Feed.code == ZeroReport.feed)
        .join(Alert, Alert.id == Contradiction.alert_id)
        .outerjoin(_SAID, true())
    )


def _in_sight(sight: Sight) -> list[ColumnElement[bool] | TextClause]:
    conditions: list[ColumnElement[bool] | TextClause] = []
    if sight.feeds is not None:
        conditions.append(ZeroReport.feed.in_(sorted(sight.feeds)))
    if "" not in sight.scope.prefixes:
        conditions.append(_overlaps(sight.scope))
    return conditions


def _overlaps(scope: Scope) -> TextClause:
    """Whether a zero report speaks of any area of the scope: one lies within the other."""
    return text(
        "EXISTS (SELECT FROM unnest(zero_report.areas) AS said, unnest(CAST(:seen AS text[])) AS seen"
        " WHERE starts_with(said, seen) OR starts_with(seen, said))"
    ).bindparams(seen=sorted(scope.prefixes))


def _wanted(wanted: Filter) -> Iterator[ColumnElement[bool]]:
    yield from equal((ZeroReport.feed, wanted.feed), (ZeroReport.period, wanted.period))
    if wanted.bureau is not None:
        yield ZeroReport.feed.in_(select(Feed.code).where(Feed.bureau == wanted.bureau))
