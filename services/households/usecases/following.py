"""What hangs on a household follows it: to another village by itself, to another household by these statements.

Whoever adds a table with a `household_id` says in `FOLLOWS` or `STAYS` what becomes of its rows when households merge;
a test asks for it.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from asyncpg import Record

from services.households.rules.objections import BACK_TO
from services.households.rules.rounds import half_of
from shared.db.engine import WriteSession, raw

FOLLOWS: tuple[str, ...] = ("visit", "pretence_finding", "income_entry")
"""Tables whose rows go over, beside cases with their tasks and visits: each has `household_id` and `area_code`.

Of visits these are the routine ones: those of a case have gone with it."""

STAYS = (
    *("register_change", "double_entry", "income_summary"),
    *("household_grade", "grade_override", "grade_change", "grade_due", "quality_finding"),
    *("import_finding", "staged_member"),
)
"""Tables whose rows stay, for they tell of the past, or of persons and not of the household."""

WITH_TASKS = ("task_household",)
"""Lines on the lists of area checks go over while the task is not done: at risk with one of two is at risk with both."""

WITH_CASES = ("risk_case", "task", "visit")
NATIONAL = ("monitoring_case",)
"""The case that is not over goes to the other household by `regrouped_cases.carry_over`; those that are over stay."""

WITH_PERSONS = ("member", "dropout_case")

_CASES_OF_ALL = "SELECT id FROM risk_case WHERE household_id = $1 AND area_alert_id IS NULL ORDER BY id"
# A case on these persons and on nobody else; what is closed belongs to the household it was about.
_CASES_OF_PERSONS = """
SELECT id FROM risk_case c
WHERE household_id = $1 AND state = 'open' AND area_alert_id IS NULL
    AND EXISTS (SELECT FROM evidence e WHERE e.case_id = c.id AND e.person_key = ANY ($2))
    AND NOT EXISTS (
        SELECT FROM evidence e WHERE e.case_id = c.id AND (e.person_key IS NULL OR e.person_key <> ALL ($2)))
ORDER BY id
"""
_MOVE_CASES = """
UPDATE risk_case SET household_id = $2, area_code = $3,
    subject_key = CASE WHEN state = 'open' THEN $2::uuid::text ELSE subject_key END
WHERE id = ANY ($1)
"""
_MOVE_VISITS = "UPDATE visit SET household_id = $2 WHERE case_id = ANY ($1)"
_MOVE_TASKS = "SELECT tasks_follow($1)"
_MOVE_ROWS = "UPDATE {table} SET household_id = $2, area_code = $3 WHERE household_id = $1"
_MOVE_LINES = """
WITH gone AS (
    DELETE FROM task_household l USING task t
    WHERE l.household_id = $1 AND t.id = l.task_id AND t.state IN ('open', 'accepted') RETURNING l.*)
INSERT INTO task_household AS here
    (task_id, household_id, area_code, affected, at_risk, note_sealed, remarked_by, remarked_at)
SELECT task_id, $2, area_code, affected, at_risk, note_sealed, remarked_by, remarked_at FROM gone
ON CONFLICT (task_id, household_id) DO UPDATE
SET affected = here.affected OR excluded.affected, at_risk = true, remarked_by = excluded.remarked_by,
    remarked_at = excluded.remarked_at, note_sealed = coalesce(here.note_sealed, excluded.note_sealed)
WHERE excluded.at_risk AND here.at_risk IS NOT TRUE
"""
_MOVE_CLAIMS = (
    "UPDATE double_entry SET claimed_household_id = $2, claimed_area_code = $3 WHERE claimed_household_id = $1"
)
_MOVE_HELD = """
UPDATE double_entry SET household_id = m.household_id, area_code = m.area_code
FROM member m WHERE m.id = double_entry.member_id AND m.id = ANY ($1)
"""

_MOVE_INCOME = """
UPDATE income_entry SET household_id = m.household_id, area_code = m.area_code
FROM member m WHERE m.id = income_entry.member_id AND m.id = ANY ($1) AND income_entry.household_id <> m.household_id
"""

# The check of a child who came back is about that child alone, and no alert stands behind it.
_STAY_CHECKS = """
SELECT r.id, d.household_id, d.area_code FROM stay_check s
JOIN dropout_case d ON d.id = s.case_id JOIN task t ON t.id = s.task_id
JOIN risk_case r ON r.id = t.case_id
WHERE d.member_id = ANY ($1) AND s.state = 'waiting' AND r.household_id <> d.household_id
ORDER BY r.id
"""
_MOVE_DROPOUTS = """
UPDATE dropout_case SET household_id = m.household_id, area_code = m.area_code
FROM member m WHERE m.id = dropout_case.member_id AND m.id = ANY ($1) AND dropout_case.household_id <> m.household_id
"""

# Tasks on a village's or township's desk move with the household; what somebody put on the county's desk stays.
_TO_DESKS = """
UPDATE task SET area_code = CASE task.level WHEN 'village' THEN h.area_code ELSE left(h.area_code, 9) || '000' END
FROM household h
WHERE h.id = task.household_id AND h.id = ANY ($1) AND task.state IN ('open', 'accepted')
    AND task.level <> 'county' AND task.area_code NOT IN (h.area_code, left(h.area_code, 9) || '000')
"""

_VOID_NOTICES = """
UPDATE notice_entry e SET void_at = $3
FROM public_notice n, monitoring_case c, household h, unnest($2::text[], $4::text[]) AS half (state, kind)
WHERE h.id = ANY ($1) AND c.household_id = h.id AND c.state = half.state AND e.case_id = c.id AND e.void_at IS NULL
    AND e.kind = half.kind AND n.id = e.notice_id AND n.area_code <> h.area_code
RETURNING c.id, n.area_code
"""


async def follow_households(session: WriteSession, household_ids: Collection[UUID]) -> None:
    """Move the open tasks of households to the desks of where they live now. Cases and visits follow by themselves."""
    if household_ids:
        await (await raw(session)).execute(_TO_DESKS, list(household_ids))


async def void_notices(session: WriteSession, household_ids: Collection[UUID], now: datetime) -> dict[UUID, str]:
    """A notice was for the neighbours to object: of households that live in another village now it counts no more, while
    the county has not decided by it. The cases whose notice that was, and where it hung."""
    if not household_ids:
        return {}
    kinds = [half_of(state) for state in BACK_TO]
    rows = await (await raw(session)).fetch(_VOID_NOTICES, list(household_ids), list(BACK_TO), now, kinds)
    return {row["id"]: row["area_code"] for row in rows}


async def follow_merge(session: WriteSession, source: UUID, target: UUID, area_code: str) -> None:
    """Move all that hangs on `source` to `target`, which lies in `area_code`."""
    connection = await raw(session)
    await _move_cases(session, await connection.fetch(_CASES_OF_ALL, source), target, area_code)
    for table in FOLLOWS:
        await connection.execute(_MOVE_ROWS.format(table=table), source, target, area_code)
    await connection.execute(_MOVE_CLAIMS, source, target, area_code)
    await connection.execute(_MOVE_LINES, source, target)


async def follow_persons(
    session: WriteSession, source: UUID, target: UUID, area_code: str, person_keys: Collection[str]
) -> None:
    """Move the open cases that are about nobody but these persons to their new household."""
    connection = await raw(session)
    cases = await connection.fetch(_CASES_OF_PERSONS, source, list(person_keys))
    await _move_cases(session, cases, target, area_code)


async def follow_members(session: WriteSession, member_ids: Collection[UUID]) -> None:
    """Let claims on people know where they live now; lines of their income and cases of pupils go with them."""
    connection = await raw(session)
    for statement in (_MOVE_HELD, _MOVE_INCOME, _MOVE_DROPOUTS):
        await connection.execute(statement, list(member_ids))
    for row in await connection.fetch(_STAY_CHECKS, list(member_ids)):
        await _move_cases(session, [row], row["household_id"], row["area_code"])


async def _move_cases(session: WriteSession, cases: Sequence[Record], target: UUID, area_code: str) -> None:
    if not cases:
        return
    connection = await raw(session)
    ids = [row["id"] for row in cases]
    await connection.execute(
        _MOVE_CASES, ids, target, area_code
    )  # evidence and visits follow to the area by themselves
    await connection.execute(_MOVE_VISITS, ids, target)
    await connection.execute(_MOVE_TASKS, ids)
    await follow_households(session, [target])
