"""Many alerts moved on by one statement each: a check begins, a verdict arrives."""

from collections.abc import Sequence
from typing import Any

from services.alerts.queries.area_verdicts import said_to
from shared.db.engine import WriteSession, raw

# In the order of the ids, as everybody does who changes many alerts: nobody deadlocks.
_LOCK = "SELECT FROM alert WHERE id = ANY ($1::uuid[]) ORDER BY id FOR UPDATE"

# A task's id tells when it was made: of two tasks the later one stands, though the lanes may bring it first. Of one task
# the deadline only comes nearer, whatever the order in which that is heard.
_COUNTS = "answered_at IS NULL AND (alert.task_id IS NULL OR alert.task_id <= new.task_id)"
_BEGIN_CHECK = f"""
UPDATE alert SET
    case_id = CASE WHEN {_COUNTS} THEN new.case_id ELSE alert.case_id END,
    task_id = CASE WHEN {_COUNTS} THEN new.task_id ELSE alert.task_id END,
    due_at = CASE
        WHEN alert.task_id = new.task_id THEN LEAST(alert.due_at, new.due_at)
        WHEN {_COUNTS} THEN new.due_at
        ELSE COALESCE(alert.due_at, new.due_at) END,
    state = CASE WHEN state IN ('reported', 'dropped') THEN 'checking' ELSE state END
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::timestamptz[]) AS new (id, case_id, task_id, due_at)
WHERE alert.id = new.id
"""  # noqa: S608

TELL = f"""
, report AS (
SELECT answered.* FROM answered JOIN alert USING (id) WHERE alert.first_withdrawn_at IS NULL
UNION ALL
SELECT answered.id, one.feed, one.source_ref, one.area_code, said.verdict, said.visited_on,
    answered.answered_at, answered.verdict_basis
FROM answered JOIN alert_evidence AS one ON one.alert_id = answered.id AND one.withdrawn_at IS NULL
CROSS JOIN LATERAL (
    SELECT answered.verdict, answered.visited_on WHERE one.area IS NULL UNION ALL ({said_to("one")})
) AS said
), told AS (
INSERT INTO verdict_notice (id, alert_id, feed, source_ref, area_code, verdict, visited_on, answered_at)
SELECT uuidv7(), id, feed, source_ref, area_code, verdict, visited_on, answered_at FROM report
)
INSERT INTO webhook_delivery (id, webhook_id, body, state, attempts, next_at, created_at)
SELECT uuidv7(), webhook.id, jsonb_build_object(
    'type', 'alert.answered', 'timestamp', report.answered_at, 'data', jsonb_build_object(
        'alert_id', report.id, 'feed', report.feed, 'source_ref', report.source_ref, 'area_code', report.area_code,
        'verdict', report.verdict, 'basis', report.verdict_basis, 'visited_on', report.visited_on,
        'answered_at', report.answered_at
    )), 'waiting', 0, now(), now()
FROM report JOIN webhook ON webhook.active
    AND (report.feed = ANY(webhook.feeds) OR '*' = ANY(webhook.feeds)) AND report.area_code LIKE ANY(webhook.areas)
"""  # noqa: S608
"""Ends a statement that has changed `answered`: each report behind the alert is told of, and every system that waits for
one gets a message, in the same transaction. Further evidence about areas hears what those say that it names."""

_GIVE_VERDICT = f"""
WITH answered AS (
UPDATE alert SET verdict = new.verdict, verdict_reason_sealed = new.reason_sealed, visited_on = new.visited_on,
    answered_at = new.given_at, verdict_basis = new.basis, case_id = new.case_id, task_id = new.task_id,
    state = CASE state WHEN 'withdrawn' THEN state ELSE 'answered' END
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::bytea[], $6::date[], $7::timestamptz[], $8::text[])
    AS new (id, case_id, task_id, verdict, reason_sealed, visited_on, given_at, basis)
WHERE alert.id = new.id AND (alert.answered_at IS NULL OR alert.answered_at < new.given_at)
RETURNING alert.id, feed, source_ref, area_code, alert.verdict, alert.visited_on, alert.answered_at,
    alert.verdict_basis
){TELL}
"""  # noqa: S608


async def begin_checks(session: WriteSession, rows: Sequence[tuple[Any, ...]]) -> None:
    """Rows of `(alert id, case, task, due_at)`, each alert once."""
    await _change(session, _BEGIN_CHECK, rows)


async def give_verdicts(session: WriteSession, rows: Sequence[tuple[Any, ...]]) -> None:
    """Rows of `(alert id, case, task, verdict, sealed reason, visited_on, given_at, basis)`, each alert once."""
    await _change(session, _GIVE_VERDICT, rows)


async def _change(session: WriteSession, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
    connection = await raw(session)
    await connection.execute(_LOCK, [row[0] for row in rows])
    await connection.execute(statement, *map(list, zip(*rows, strict=True)))
