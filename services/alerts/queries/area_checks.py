"""The checks of alerts about areas: opened, answered, and settled when all have answered."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from services.alerts.models import AreaCheck
from services.alerts.queries.telling import tell
from services.alerts.rules.alerts import State
from services.alerts.rules.areas import Named, meet
from shared.areas import Scope
from shared.db.engine import ReadSession, WriteSession, raw

# Whoever writes checks of an alert holds its row: two areas that answer at once would each miss the other's verdict.
_LOCK = """
SELECT id FROM alert WHERE id = ANY ($1) AND area IS NOT NULL AND state <> ALL ($2) ORDER BY id FOR NO KEY UPDATE
"""
# A check may be opened once more, after the first was answered or dropped: the newest task counts. What was said of an
# older one stands until the newest has a verdict, and for good where it is dropped.
_RENEW = """
UPDATE area_check SET task_id = new.task_id, due_at = NULL, households = NULL, cancelled_at = NULL,
    verdict_task_id = CASE WHEN verdict IS NOT NULL THEN COALESCE(verdict_task_id, area_check.task_id) END
FROM unnest($1::uuid[], $2::text[], $3::uuid[]) AS new (alert_id, area_code, task_id)
WHERE area_check.alert_id = new.alert_id AND area_check.area_code = new.area_code AND area_check.task_id < new.task_id
"""
_OPEN = """
INSERT INTO area_check (alert_id, area_code, task_id, due_at, households)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::timestamptz[], $5::int[])
ON CONFLICT (alert_id, area_code)
DO UPDATE SET due_at = LEAST(area_check.due_at, excluded.due_at),
    households = GREATEST(area_check.households, excluded.households)
WHERE area_check.task_id = excluded.task_id
"""
_BEGIN = """
UPDATE alert SET due_at = new.due_at,
    state = CASE WHEN state = 'reported' OR state = 'dropped' AND new.goes_on THEN 'checking' ELSE state END
FROM (
    SELECT alert_id, min(due_at) AS due_at, bool_or(cancelled_at IS NULL) AS goes_on
    FROM area_check WHERE alert_id = ANY ($1) GROUP BY alert_id
) AS new
WHERE alert.id = new.alert_id
"""
_ANSWER = """
INSERT INTO area_check (alert_id, area_code, task_id, verdict, basis, reason_sealed, visited_on, answered_at,
    checked, at_risk)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::text[], $6::bytea[], $7::date[],
    $8::timestamptz[], $9::int[], $10::int[])
ON CONFLICT (alert_id, area_code) DO UPDATE SET
    verdict = excluded.verdict, basis = excluded.basis, reason_sealed = excluded.reason_sealed,
    visited_on = excluded.visited_on, answered_at = excluded.answered_at,
    checked = excluded.checked, at_risk = excluded.at_risk,
    verdict_task_id = NULLIF(excluded.task_id, area_check.task_id)
WHERE area_check.answered_at IS NULL
    OR (COALESCE(area_check.verdict_task_id, area_check.task_id), area_check.answered_at)
        < (excluded.task_id, excluded.answered_at)
"""
_CANCEL = """
INSERT INTO area_check (alert_id, area_code, task_id, cancelled_at)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::timestamptz[])
ON CONFLICT (alert_id, area_code) DO UPDATE SET cancelled_at = excluded.cancelled_at
WHERE area_check.task_id = excluded.task_id
"""
# Nobody is asked in areas that no report names which still stands. That a township spoke for its villages is told to their
# reports (`said_to`), but does not answer for them once its own is taken back: they are asked themselves.
_IS_ASKED = """
EXISTS (
    SELECT FROM (
        SELECT area FROM alert WHERE id = alert_id AND first_withdrawn_at IS NULL
        UNION ALL
        SELECT area FROM alert_evidence AS e WHERE e.alert_id = area_check.alert_id AND e.withdrawn_at IS NULL
    ) AS report, jsonb_array_elements_text(report.area->'codes') AS code
    WHERE area_code = code OR right(code, 3) = '000' AND left(area_code, 9) = left(code, 9))
"""
# An alert still 'reported' has not heard which areas are asked: it cannot know that all have answered. One that was
# withdrawn asks nobody any more.
_ANSWERED = f"""
SELECT alert_id, array_agg(verdict) FILTER (WHERE verdict IS NOT NULL) AS verdicts,
    max(visited_on) AS visited_on, max(answered_at) AS answered_at
FROM area_check
WHERE alert_id IN (SELECT id FROM alert WHERE id = ANY ($1) AND state NOT IN ('reported', 'withdrawn')) AND {_IS_ASKED}
GROUP BY alert_id HAVING bool_and(cancelled_at IS NOT NULL OR verdict IS NOT NULL AND verdict_task_id IS NULL)
    AND count(verdict) > 0
"""  # noqa: S608
_DROP = f"""
UPDATE alert SET state = 'dropped', dropped_at = said.at FROM (
    SELECT alert_id, max(cancelled_at) AS at FROM area_check WHERE alert_id = ANY ($1) AND {_IS_ASKED}
    GROUP BY alert_id HAVING bool_and(cancelled_at IS NOT NULL) AND count(verdict) = 0
) AS said WHERE id = said.alert_id AND state = 'checking' RETURNING id
"""  # noqa: S608
_SETTLE = """
UPDATE alert SET verdict = new.verdict, visited_on = new.visited_on, answered_at = new.answered_at,
    state = 'answered'
FROM unnest($1::uuid[], $2::text[], $3::date[], $4::timestamptz[]) AS new (id, verdict, visited_on, answered_at)
WHERE alert.id = new.id AND (alert.answered_at IS NULL OR alert.answered_at < new.answered_at)
RETURNING alert.id
"""


async def lock_area_alerts(session: WriteSession, alert_ids: Collection[UUID], but: Sequence[State] = ()) -> set[UUID]:
    """Those of the alerts that are about areas, `but` in these states, and that nobody else writes of before our commit."""
    return {row["id"] for row in await (await raw(session)).fetch(_LOCK, list(alert_ids), list(but))}


async def open_checks(session: WriteSession, rows: Sequence[tuple[Any, ...]]) -> None:
    """Rows of `(alert, area code, task, due_at, households)`, each area of an alert once; the alerts are locked.

    Of two tasks of an area the later one counts, in whichever order they are heard of.
    """
    await _write(session, _OPEN, rows)
    await (await raw(session)).execute(_BEGIN, list({row[0] for row in rows}))


async def answer_checks(session: WriteSession, rows: Sequence[tuple[Any, ...]]) -> None:
    """Rows of `(alert, area code, task, verdict, basis, sealed reason, visited_on, given_at, checked, at risk)`,
    likewise; the last two count households.
    """
    await _write(session, _ANSWER, rows)


async def cancel_checks(session: WriteSession, rows: Sequence[tuple[Any, ...]]) -> None:
    """Rows of `(alert, area code, task, closed_at)`, likewise."""
    await _write(session, _CANCEL, rows)


async def _write(session: WriteSession, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
    connection = await raw(session)
    columns = list(map(list, zip(*rows, strict=True)))
    await connection.execute(_RENEW, *columns[:3])
    await connection.execute(statement, *columns)


async def find_answered(session: ReadSession, alert_ids: Collection[UUID]) -> Sequence[Any]:
    """Of each alert whose areas have all answered, but for those nobody asks any more: `alert_id, verdicts, ...`."""
    found: Sequence[Any] = await (await raw(session)).fetch(_ANSWERED, list(alert_ids))
    return found


async def settle(session: WriteSession, rows: Sequence[tuple[UUID, str, Any, datetime]]) -> None:
    """Rows of `(alert, verdict, visited_on, answered_at)`: all areas of these have answered."""
    settled = await (await raw(session)).fetch(_SETTLE, *map(list, zip(*rows, strict=True)))
    await tell(session, [row["id"] for row in settled])


async def drop(session: WriteSession, alert_ids: Collection[UUID]) -> None:
    """End those of these that no area will answer: the checks of all were dropped, and none has said anything."""
    dropped = await (await raw(session)).fetch(_DROP, list(alert_ids))
    await tell(session, [row["id"] for row in dropped])


async def list_checks(
    session: ReadSession, scope: Scope, alert_id: UUID, named: Sequence[Named]
) -> Sequence[AreaCheck]:
    """What those areas of an alert that lie in `scope` and that these reports name have said, by area code."""
    query = select(AreaCheck).where(AreaCheck.alert_id == alert_id).order_by(AreaCheck.area_code)
    checks = [check for check in await session.scalars(query) if scope.covers(check.area_code)]
    return [check for check in checks if any(meet(Named([check.area_code]), one) for one in named)]
