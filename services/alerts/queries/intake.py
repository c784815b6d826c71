"""Writing alerts, one or many, each with its outbox row. Straight to the driver: this is the hot path."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg

from services.alerts.models import NewAlert, OutboxRow
from shared.db.bulk import LINES, as_lines, copy_rows
from shared.db.engine import EMITTED, WriteSession, raw
from shared.outbox.emit import COLUMNS as OUTBOX_COLUMNS

Connection: TypeAlias = "asyncpg.Connection[Any]"

_FIELDS = ", ".join(NewAlert._fields)
_TYPES = (
    *("uuid", "text", "text", "bytea", "bytea", "text", "date", "text", "text", "text", "bytea", "uuid", "uuid"),
    *("timestamptz", "smallint", "text", "uuid", "jsonb"),
)
_NUMBERS = {name: f"${number}" for number, name in enumerate(NewAlert._fields, 1)}
_OUTBOX_TYPES = ["uuid", "text", "text", "text", "timestamptz", "text", "text", "smallint"]

_HOUSEHOLD_OF_PERSON = "SELECT household_id FROM known_member WHERE person_key = {person} AND active"
_HOUSEHOLD_OF_CODE = "SELECT household_id FROM known_member WHERE household_key = {household} AND active LIMIT 1"


def _parameters(types: Sequence[str], first: int, suffix: str = "") -> str:
    return ", ".join(f"${number}::{name}{suffix}" for number, name in enumerate(types, first))


# The subject is looked up in the statement itself, so that a new alert costs one round trip. Whatever stands in the
# way (the row is known, or its subject has an alert that may take it in) makes it write nothing.
_INSERT_ONE = f"""
WITH fresh AS (
    INSERT INTO alert ({_FIELDS}, subject_key)
    SELECT {_parameters(_TYPES, 1)}, COALESCE(
        ({_HOUSEHOLD_OF_PERSON.format(person=_NUMBERS["person_key"])})::text,
        ({_HOUSEHOLD_OF_CODE.format(household=_NUMBERS["household_key"])})::text,
        {_NUMBERS["person_key"]}, {_NUMBERS["household_key"]}, {_NUMBERS["id"]}::text)
    WHERE NOT EXISTS (
        SELECT FROM alert_evidence WHERE feed = {_NUMBERS["feed"]} AND dedup = {_NUMBERS["dedup"]})
    ON CONFLICT DO NOTHING RETURNING id, feed, area_code, reported_at
), noted AS (
    INSERT INTO receipt (id, feed, area_code, reported_at) SELECT * FROM fresh
), told AS (
    INSERT INTO outbox ({", ".join(OUTBOX_COLUMNS)})
    SELECT {_parameters(_OUTBOX_TYPES, len(_TYPES) + 1)} FROM fresh
)
SELECT true FROM fresh
"""  # noqa: S608

_INSERT_MANY = f"""
INSERT INTO alert ({_FIELDS}, subject_key) SELECT * FROM unnest({_parameters((*_TYPES, "text"), 1, "[]")})
ON CONFLICT DO NOTHING RETURNING id
"""  # noqa: S608

_SUBJECTS = f"""
SELECT COALESCE(({_HOUSEHOLD_OF_PERSON.format(person="new.person_key")})::text,
        ({_HOUSEHOLD_OF_CODE.format(household="new.household_key")})::text) AS household,
    EXISTS (SELECT FROM alert_evidence AS e WHERE e.feed = new.feed AND e.dedup = decode(new.dedup, 'hex')) AS known
FROM unnest({", ".join(LINES.format(f"${number}") for number in range(1, 5))}) WITH ORDINALITY
    AS new (person_key, household_key, feed, dedup, place)
ORDER BY place
"""  # noqa: S608


async def insert_alert(connection: Connection, alert: NewAlert, told: OutboxRow) -> bool:
    """Store an alert, its receipt and its event in one statement.

    False, and nothing written, when its row is known or its subject has an alert of this risk that may take it in.
    """
    return bool(await connection.fetchval(_INSERT_ONE, *alert, *told))


async def find_subjects(session: WriteSession, alerts: Sequence[NewAlert]) -> list[tuple[str, bool]]:
    """For each alert its subject's key, and whether its row is further evidence already."""
    rows = await (await raw(session)).fetch(
        _SUBJECTS,
        as_lines([alert.person_key for alert in alerts]),
        as_lines([alert.household_key for alert in alerts]),
        as_lines([alert.feed for alert in alerts]),
        as_lines([alert.dedup.hex() for alert in alerts]),
    )
    return [
        (household or alert.person_key or alert.household_key or str(alert.id), known)
        for alert, (household, known) in zip(alerts, rows, strict=True)
    ]


async def insert_alerts(session: WriteSession, alerts: Sequence[tuple[NewAlert, str]]) -> set[UUID]:
    """Store those of `(alert, subject key)` that nothing stands in the way of; returns their ids.

    Mostly that is all of them: then a COPY does it at half the price. It stops at the first row that is known, or
    whose subject has an alert already. In the order of the subjects: two batches that share some wait for each other
    instead of deadlocking.
    """
    if not alerts:
        return set()
    connection = await raw(session)
    rows = [(*alert, subject_key) for alert, subject_key in sorted(alerts, key=lambda one: one[1])]
    with suppress(asyncpg.UniqueViolationError):  # not to be shown to anybody: its detail quotes the row
        async with connection.transaction():
            await connection.copy_records_to_table("alert", records=rows, columns=[*NewAlert._fields, "subject_key"])
            return {alert.id for alert, _ in alerts}
    fresh = await connection.fetch(_INSERT_MANY, *map(list, zip(*rows, strict=True)))
    return {row["id"] for row in fresh}


async def copy_outbox(session: WriteSession, rows: Sequence[OutboxRow]) -> None:
    """Emit many events that are outbox rows already."""
    await copy_rows(session, "outbox", OUTBOX_COLUMNS, rows)
    session.info[EMITTED] = True
