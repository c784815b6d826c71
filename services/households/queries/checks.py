"""What the consumers must know before they open a check: who lives where, and which cases are open. Set-wise."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

from services.households.rules.checks import OpenCase, Residence
from shared.areas import AreaCode
from shared.db.engine import ReadSession, WriteSession, raw

CaseKey = tuple[str, str]
"""Subject key and risk family."""

_PERSONS = (
    "SELECT person_key AS key, household_id, area_code FROM member WHERE person_key = ANY ($1) AND left_on IS NULL"
)
# A household that was merged is known by its code still, and lives where its people do.
_HOUSEHOLDS = """
SELECT known.household_key AS key, h.id AS household_id, h.area_code
FROM household known JOIN household h ON h.id = coalesce(known.merged_into, known.id)
WHERE known.household_key = ANY ($1)
"""
_MERGED = """
SELECT known.id, h.id AS household_id, h.area_code FROM household known JOIN household h ON h.id = known.merged_into
WHERE known.id = ANY ($1)
"""
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(key, 0)) FROM unnest($1::text[]) AS key"
_EVIDENCE = "SELECT evidence_id FROM evidence WHERE evidence_id = ANY ($1)"
_SUBJECTS_OF_ALERTS = """
SELECT DISTINCT c.subject_key FROM evidence e JOIN risk_case c ON c.id = e.case_id
WHERE e.alert_id = ANY ($1) AND c.state = 'open'
"""
_OPEN_CASES = """
SELECT c.id AS case_id, t.id AS task_id, c.subject_key, c.risk_family, c.area_code, t.due_at, c.last_evidence_at
FROM risk_case c JOIN task t ON t.case_id = c.id
WHERE c.subject_key = ANY ($1) AND c.state = 'open' AND t.state IN ('open', 'accepted')
ORDER BY c.last_evidence_at
"""
_OPEN_CASES_OF_ALERTS = """
SELECT e.alert_id, c.id AS case_id, t.id AS task_id, c.subject_key, c.area_code, t.due_at, c.last_evidence_at
FROM evidence e JOIN risk_case c ON c.id = e.case_id JOIN task t ON t.case_id = c.id
WHERE e.alert_id = ANY ($1) AND c.state = 'open' AND t.state IN ('open', 'accepted')
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


async def find_merged(session: ReadSession, household_ids: Collection[UUID]) -> dict[UUID, Residence]:
    """Where the people of those of the households live that were merged into another."""
    if not household_ids:
        return {}
    rows = await (await raw(session)).fetch(_MERGED, list(household_ids))
    return {row["id"]: Residence(row["household_id"], AreaCode(row["area_code"])) for row in rows}


async def lock_subjects(session: WriteSession, subject_keys: Iterable[str]) -> None:
    """Whoever opens, feeds or closes a case of a subject holds its lock until commit.

    Always in one order, so that two batches that share subjects wait for each other instead of deadlocking. A lock
    on the key, not on a row: an unknown person has none.
    """
    await (await raw(session)).execute(_LOCK, sorted(set(subject_keys)))


async def find_known_evidence(session: ReadSession, evidence_ids: Collection[UUID]) -> set[UUID]:
    """Those that are here already."""
    rows = await (await raw(session)).fetch(_EVIDENCE, list(evidence_ids))
    return {row["evidence_id"] for row in rows}


async def find_subjects_of_alerts(session: ReadSession, alert_ids: Collection[UUID]) -> set[str]:
    """The subjects of the open cases that the alerts stand in: somebody may have become known since."""
    if not alert_ids:
        return set()
    rows = await (await raw(session)).fetch(_SUBJECTS_OF_ALERTS, list(alert_ids))
    return {row["subject_key"] for row in rows}


async def find_open_cases_of_alerts(session: ReadSession, alert_ids: Collection[UUID]) -> dict[UUID, OpenCase]:
    """The open case that each alert stands in, if any."""
    if not alert_ids:
        return {}
    rows = await (await raw(session)).fetch(_OPEN_CASES_OF_ALERTS, list(alert_ids))
    return {row["alert_id"]: _open_case(row) for row in rows}


async def find_open_cases(session: ReadSession, subject_keys: Collection[str]) -> dict[CaseKey, OpenCase]:
    """The open case of each subject and risk family; the newest, should one that went stale be open beside it."""
    rows = await (await raw(session)).fetch(_OPEN_CASES, list(subject_keys))
    return {(row["subject_key"], row["risk_family"]): _open_case(row) for row in rows}


def _open_case(row: Mapping[str, Any]) -> OpenCase:
    return OpenCase(
        row["case_id"], row["task_id"], row["subject_key"], row["area_code"], row["due_at"], row["last_evidence_at"]
    )
