"""What the consumers must know before they open a check: who lives where, and which cases are open. Set-wise."""

from collections.abc import Collection, Iterable
from uuid import UUID

from services.households.rules.checks import OpenCase, Residence
from shared.areas import AreaCode
from shared.db.engine import ReadSession, WriteSession, raw

CaseKey = tuple[str, str]
"""Subject key and risk family."""

_PERSONS = (
    "SELECT person_key AS key, household_id, area_code FROM member WHERE person_key = ANY ($1) AND left_on IS NULL"
)
_HOUSEHOLDS = "SELECT household_key AS key, id AS household_id, area_code FROM household WHERE household_key = ANY ($1)"
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(key, 0)) FROM unnest($1::text[]) AS key"
_ALERTS = "SELECT alert_id FROM evidence WHERE alert_id = ANY ($1)"
_OPEN_CASES = """
SELECT c.id AS case_id, t.id AS task_id, c.subject_key, c.risk_family, c.area_code, t.due_at, c.last_evidence_at
FROM risk_case c JOIN task t ON t.case_id = c.id
WHERE c.subject_key = ANY ($1) AND c.state = 'open' AND t.state IN ('open', 'accepted')
ORDER BY c.last_evidence_at
"""


async def find_residences(
    session: ReadSession, person_keys: Collection[str], household_keys: Collection[str]
) -> dict[str, Residence]:
    """Where the persons and households behind the keys are registered; unknown keys are absent."""
    connection = await raw(session)
    rows = await connection.fetch(_PERSONS, list(person_keys)) if person_keys else []
    if household_keys:
        rows += await connection.fetch(_HOUSEHOLDS, list(household_keys))
    return {row["key"]: Residence(row["household_id"], AreaCode(row["area_code"])) for row in rows}


async def lock_subjects(session: WriteSession, subject_keys: Iterable[str]) -> None:
    """Whoever opens, feeds or closes a case of a subject holds its lock until commit.

    Always in one order, so that two batches that share subjects wait for each other instead of deadlocking. A lock
    on the key, not on a row: an unknown person has none.
    """
    await (await raw(session)).execute(_LOCK, sorted(set(subject_keys)))


async def find_known_alerts(session: ReadSession, alert_ids: Collection[UUID]) -> set[UUID]:
    """Those of the alerts that are evidence already."""
    rows = await (await raw(session)).fetch(_ALERTS, list(alert_ids))
    return {row["alert_id"] for row in rows}


async def find_open_cases(session: ReadSession, subject_keys: Collection[str]) -> dict[CaseKey, OpenCase]:
    """The open case of each subject and risk family; the newest, should one that went stale be open beside it."""
    rows = await (await raw(session)).fetch(_OPEN_CASES, list(subject_keys))
    return {
        (row["subject_key"], row["risk_family"]): OpenCase(
            row["case_id"], row["task_id"], row["subject_key"], row["area_code"], row["due_at"], row["last_evidence_at"]
        )
        for row in rows
    }
