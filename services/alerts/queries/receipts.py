"""What was taken, counted apart from the alerts themselves: only so a report that got lost can show.

Rows of batches and files are counted by those, in the transaction that stores them. A single report leaves a receipt in
the statement that stores it: a row of its own and no counter, for all who report would wait for one another at that.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from services.alerts.models import NewAlert
from services.alerts.rules.alerts import Sight
from shared.clock import end_of_day, start_of_day
from shared.db.bulk import copy_rows
from shared.db.engine import ReadSession, WriteSession, raw

SHOWN = 100
"""Ids of a difference that are told."""

_FIELDS = ("id", "feed", "area_code", "reported_at")

# What the counters say and what is there, in one statement: a chunk that is stored meanwhile is in both or in neither.
_COMPARE = f"""
WITH sent AS (
    SELECT 'batch' AS channel, id, accepted + merged + worsened + snoozed AS counted FROM batch
    WHERE received_at >= $1 AND received_at < $2 AND ($3::text[] IS NULL OR role = 'bureau' AND feeds <@ $3)
        AND NOT EXISTS (SELECT FROM unnest(areas) AS area WHERE NOT area LIKE ANY ($4))
    UNION ALL
    SELECT 'file', id, stored + merged + worsened + snoozed + rematched FROM file
    WHERE received_at >= $1 AND received_at < $2 AND ($3 IS NULL OR feed = ANY ($3))
        AND NOT EXISTS (SELECT FROM unnest(areas) AS area WHERE NOT area LIKE ANY ($4))
), there AS (
    SELECT batch_id, count(*) AS kept FROM (
        SELECT batch_id FROM alert WHERE reported_at >= $1
        UNION ALL
        SELECT batch_id FROM alert_evidence WHERE reported_at >= $1) AS report
    WHERE batch_id IN (SELECT id FROM sent) GROUP BY batch_id
), compared AS (
    SELECT channel, id, counted, coalesce(kept, 0) AS kept FROM sent LEFT JOIN there ON batch_id = id
    UNION ALL
    SELECT 'single', id, 1, (EXISTS (SELECT FROM alert WHERE alert.id = receipt.id)
        OR EXISTS (SELECT FROM alert_evidence AS e WHERE e.id = receipt.id))::int
    FROM receipt
    WHERE reported_at >= $1 AND reported_at < $2 AND ($3 IS NULL OR feed = ANY ($3)) AND area_code LIKE ANY ($4)
)
SELECT channel, sum(counted)::bigint AS counted, sum(kept)::bigint AS kept,
    (array_agg(id ORDER BY id) FILTER (WHERE counted <> kept))[1:{SHOWN}] AS difference_ids
FROM compared GROUP BY channel ORDER BY channel
"""  # noqa: S608


async def insert_receipts(session: WriteSession, reports: Sequence[NewAlert]) -> None:
    """Receipts for those reports that came in no batch or file."""
    singles = [[getattr(one, name) for name in _FIELDS] for one in reports if one.batch_id is None]
    if singles:
        await copy_rows(session, "receipt", _FIELDS, singles)


async def compare(session: ReadSession, sight: Sight, first: date, last: date) -> Sequence[Mapping[str, Any]]:
    """By channel: how many reports were counted when they were taken, from the first to the last day (in China), how
    many of them are there, and the ids of the reports, batches or files of which that is not the same.
    """
    begin, end = start_of_day(first), end_of_day(last)
    feeds = sorted(sight.feeds) if sight.feeds is not None else None
    connection = await raw(session)
    rows: Sequence[Mapping[str, Any]] = await connection.fetch(_COMPARE, begin, end, feeds, sight.scope.like_patterns())
    return rows
