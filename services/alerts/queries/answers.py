"""Many alerts moved on by one statement each: a check begins, a verdict arrives."""

from collections.abc import Sequence
from typing import Any

from services.alerts.queries.telling import tell
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
    state = CASE
        WHEN state = 'reported' OR state = 'dropped' AND (alert.task_id IS NULL OR alert.task_id < new.task_id)
        THEN 'checking' ELSE state END
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::timestamptz[]) AS new (id, case_id, task_id, due_at)
WHERE alert.id = new.id
"""  # noqa: S608

_GIVE_VERDICT = """
UPDATE alert SET verdict = new.verdict, verdict_reason_sealed = new.reason_sealed, visited_on = new.visited_on,
    answered_at = new.given_at, verdict_basis = new.basis, case_id = new.case_id, task_id = new.task_id,
    state = CASE state WHEN 'withdrawn' THEN state ELSE 'answered' END
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::bytea[], $6::date[], $7::timestamptz[], $8::text[])
    AS new (id, case_id, task_id, verdict, reason_sealed, visited_on, given_at, basis)
WHERE alert.id = new.id AND (alert.answered_at IS NULL OR alert.answered_at < new.given_at)
RETURNING alert.id
"""


async def begin_checks(session: WriteSession, rows: Sequence[tuple[Any, ...]]) -> None:
    """Rows of `(alert id, case, task, due_at)`, each alert once."""
    await _change(session, _BEGIN_CHECK, rows)


async def give_verdicts(session: WriteSession, rows: Sequence[tuple[Any, ...]]) -> None:
    """Rows of `(alert id, case, task, verdict, sealed reason, visited_on, given_at, basis)`, each alert once."""
    await tell(session, [row["id"] for row in await _change(session, _GIVE_VERDICT, rows)])


async def _change(session: WriteSession, statement: str, rows: Sequence[tuple[Any, ...]]) -> Sequence[Any]:
    connection = await raw(session)
    await connection.execute(_LOCK, [row[0] for row in rows])
    changed: Sequence[Any] = await connection.fetch(statement, *map(list, zip(*rows, strict=True)))
    return changed
