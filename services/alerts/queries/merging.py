"""What is known of a subject when a further report comes, and writing down what it was judged to be. Set-wise."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.alerts.models import NewAlert
from services.alerts.models.areas import named_by
from services.alerts.queries.receipts import insert_receipts
from services.alerts.rules.alerts import Severity
from services.alerts.rules.areas import Named
from services.alerts.rules.merging import Newest
from shared.db.engine import WriteSession, raw

Subject = tuple[str, str]
"""Subject key and risk family."""

_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(key, 0)) FROM unnest($1::text[]) AS key"

_KNOWN_ROWS = """
SELECT new.feed, new.dedup, first.alert_id, first.row_hash, alert.subject_key, alert.risk_family, first.area
FROM unnest($1::text[], $2::bytea[]) AS new (feed, dedup), LATERAL (
    SELECT id AS alert_id, row_hash, area FROM alert WHERE feed = new.feed AND dedup = new.dedup
    UNION ALL
    SELECT alert_id, row_hash, area FROM alert_evidence WHERE feed = new.feed AND dedup = new.dedup
    LIMIT 1) AS first JOIN alert ON alert.id = first.alert_id
"""

# Locked in the order of the ids, as everybody does who changes many alerts.
_NEWEST = """
SELECT id, subject_key, alert.risk_family, state, severity, verdict, answered_at, feed, sealed, reported_at,
    COALESCE(person_key, household_key, id::text) AS partition_key, first_withdrawn_at IS NULL AS first_stands,
    (SELECT reported_at FROM alert_evidence AS e WHERE e.alert_id = alert.id AND withdrawn_at IS NULL
        ORDER BY e.id DESC LIMIT 1) AS last_at
FROM alert JOIN unnest($1::text[], $2::text[]) AS wanted (key, risk_family)
    ON subject_key = wanted.key AND alert.risk_family = wanted.risk_family AND merging
ORDER BY id FOR UPDATE OF alert
"""

# What is answered, taken back or expired takes in nothing more: what comes later is another event.
_OF_AREAS = """
merging AND area IS NOT NULL AND state IN ('reported', 'checking') AND risk_family = ANY ($1) AND area->'codes' ?| $2::text[]
"""
_LOCK_AREAS = f"SELECT FROM alert WHERE {_OF_AREAS} ORDER BY id FOR UPDATE"
# Newest first; with the areas of each report that stands. What is evidence of an alert names none that it did not.
_AREA_ALERTS = f"""
SELECT subject_key, CASE WHEN first_withdrawn_at IS NULL THEN jsonb_build_array(area) ELSE '[]' END || COALESCE((
    SELECT jsonb_agg(e.area) FROM alert_evidence AS e WHERE e.alert_id = alert.id AND e.withdrawn_at IS NULL), '[]'
    ) AS areas
FROM alert WHERE {_OF_AREAS} ORDER BY id DESC
"""  # noqa: S608

# However much was merged into an alert, this reads the few that were news, by index.
_TOLD = """
SELECT alert_id, feed, sealed FROM alert_evidence
WHERE alert_id = ANY ($1::uuid[]) AND feed = ANY ($2::text[]) AND outcome = 'worsened' AND withdrawn_at IS NULL
UNION ALL
SELECT alert.id, first.feed, first.sealed FROM alert CROSS JOIN unnest($2::text[]) AS wanted (feed), LATERAL (
    SELECT e.feed, e.sealed FROM alert_evidence AS e
    WHERE e.alert_id = alert.id AND e.feed = wanted.feed AND e.withdrawn_at IS NULL ORDER BY e.id LIMIT 1) AS first
WHERE alert.id = ANY ($1::uuid[]) AND (alert.feed <> wanted.feed OR alert.first_withdrawn_at IS NOT NULL)
"""

_RETIRE = "UPDATE alert SET merging = false WHERE id = ANY ($1::uuid[])"

_RAISE = """
UPDATE alert SET first_severity = COALESCE(first_severity, alert.severity), severity = worse.severity
FROM unnest($1::uuid[], $2::text[]) AS worse (id, severity)
WHERE alert.id = worse.id AND alert.severity <> worse.severity
"""

_FIELDS = tuple(name for name in NewAlert._fields if name != "risk_family")  # that is the alert's


@dataclass(frozen=True, slots=True)
class KnownRow:
    """A row that came before: the alert it is or belongs to, the hash of its content, and whom that alert is about; where
    it is about areas, which it named.
    """

    alert_id: UUID
    row_hash: bytes
    subject: Subject
    named: Named | None = None


@dataclass(frozen=True, slots=True)
class SealedEvidence:
    """Evidence that was told of an alert, still sealed."""

    alert_id: UUID
    feed: str
    sealed: bytes


@dataclass(frozen=True, slots=True)
class Standing:
    """The newest alert of a subject and risk family, locked; with its partition key."""

    newest: Newest
    partition_key: str
    first: SealedEvidence | None  # None: it was taken back


async def lock_subjects(session: WriteSession, keys: Iterable[str]) -> None:
    """Whoever merges reports of a subject holds its lock until the commit. In one order, so that nobody deadlocks."""
    await (await raw(session)).execute(_LOCK, sorted(set(keys)))


async def find_known_rows(
    session: WriteSession, wanted: Collection[tuple[str, bytes]]
) -> dict[tuple[str, bytes], KnownRow]:
    """Those rows that came before, by feed and `dedup`."""
    rows = await (await raw(session)).fetch(_KNOWN_ROWS, *map(list, zip(*wanted, strict=True)))
    return {
        (row["feed"], row["dedup"]): KnownRow(
            row["alert_id"], row["row_hash"], (row["subject_key"], row["risk_family"]), named_by(row["area"])
        )
        for row in rows
    }


async def lock_newest(session: WriteSession, subjects: Collection[Subject]) -> dict[Subject, Standing]:
    """The newest alert of each subject and risk family; nobody answers, withdraws or expires one before our commit."""
    rows = await (await raw(session)).fetch(_NEWEST, *map(list, zip(*sorted(subjects), strict=True)))
    return {(row["subject_key"], row["risk_family"]): _standing(row) for row in rows}


def _standing(row: Mapping[str, Any]) -> Standing:
    last_at: datetime = max(row["reported_at"], row["last_at"] or row["reported_at"])
    newest = Newest(row["id"], row["state"], row["severity"], last_at, row["verdict"], row["answered_at"])
    first = SealedEvidence(row["id"], row["feed"], row["sealed"]) if row["first_stands"] else None
    return Standing(newest, row["partition_key"], first)


async def lock_area_alerts(session: WriteSession, risk_families: Collection[str], codes: Collection[str]) -> None:
    """Nobody answers open alerts of these risks that name one of these areas, or takes back what they stand on, before
    our commit.
    """
    await (await raw(session)).execute(_LOCK_AREAS, list(risk_families), list(codes))


async def list_area_alerts(
    session: WriteSession, risk_family: str, codes: Collection[str]
) -> list[tuple[str, list[Named]]]:
    """Open alerts that may take in a report about one of these areas: subject key, and what each names."""
    rows = await (await raw(session)).fetch(_AREA_ALERTS, [risk_family], list(codes))
    return [(row["subject_key"], [named for area in row["areas"] if (named := named_by(area))]) for row in rows]


async def find_told(session: WriteSession, alert_ids: Collection[UUID], feeds: Collection[str]) -> list[SealedEvidence]:
    """Further evidence of those alerts and feeds that was told, or is the first that stands of its feed."""
    rows = await (await raw(session)).fetch(_TOLD, list(alert_ids), list(feeds))
    return [SealedEvidence(**row) for row in rows]


async def retire(session: WriteSession, alert_ids: Collection[UUID]) -> None:
    """These take in nothing more: newer ones take their place."""
    if alert_ids:
        await (await raw(session)).execute(_RETIRE, list(alert_ids))


async def insert_openings(session: WriteSession, rows: Sequence[tuple[NewAlert, str, bool, UUID | None]]) -> None:
    """Store `(alert, subject key, merging, reopens)`; their subjects are locked, and what stood in the way is retired."""
    if rows:
        columns = [*NewAlert._fields, "subject_key", "merging", "reopens"]
        records = [(*alert, *rest) for alert, *rest in rows]
        await (await raw(session)).copy_records_to_table("alert", records=records, columns=columns)
        await insert_receipts(session, [alert for alert, *_ in rows])


async def insert_evidence(session: WriteSession, rows: Sequence[tuple[UUID, NewAlert, str, UUID]]) -> None:
    """Store `(alert, report, outcome, policy)` as further evidence of alerts."""
    if rows:
        columns = ["alert_id", "outcome", "policy_id", *_FIELDS]
        records = [
            (alert_id, outcome, policy_id, *(getattr(report, name) for name in _FIELDS))
            for alert_id, report, outcome, policy_id in rows
        ]
        await (await raw(session)).copy_records_to_table("alert_evidence", records=records, columns=columns)
        await insert_receipts(session, [report for _, report, *_ in rows])


async def raise_severities(session: WriteSession, severities: dict[UUID, Severity]) -> None:
    """Alerts got graver; the first evidence's own severity is kept beside."""
    if severities:
        rows: Any = zip(*severities.items(), strict=True)
        await (await raw(session)).execute(_RAISE, *map(list, rows))
