"""Writing alerts, one or many, each with its outbox row. Straight to the driver: this is the hot path."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NamedTuple, TypeAlias

import asyncpg

from services.alerts.models import Finished, NewAlert, OutboxRow
from shared.db.bulk import LINES, as_lines
from shared.db.copying import RowFormat, copy_written, with_text
from shared.db.engine import EMITTED, WriteSession, raw
from shared.lanes import Lane
from shared.outbox.emit import COLUMNS as OUTBOX_COLUMNS

Connection: TypeAlias = "asyncpg.Connection[Any]"

_FIELDS = ", ".join(NewAlert._fields)
_TYPES = (
    *("uuid", "text", "text", "bytea", "bytea", "text", "date", "text", "text", "text", "bytea", "uuid", "uuid"),
    *("timestamptz", "smallint", "text", "uuid", "jsonb"),
)
_NUMBERS = {name: f"${number}" for number, name in enumerate(NewAlert._fields, 1)}
_OUTBOX_TYPES = ("uuid", "text", "text", "text", "timestamptz", "text", "text", "smallint")
_ROW, _OUTBOX_ROW = RowFormat(_TYPES), RowFormat(_OUTBOX_TYPES)

_HOUSEHOLD_OF_PERSON = "SELECT household_id FROM known_member WHERE person_key = {person} AND active"
_HOUSEHOLD_OF_CODE = "SELECT household_id FROM known_member WHERE household_key = {household} AND active LIMIT 1"


def _parameters(types: Sequence[str], first: int, suffix: str = "") -> str:
    return ", ".join(f"${number}::{name}{suffix}" for number, name in enumerate(types, first))


# The subject is looked up in the statement itself, so that a new alert costs one round trip. Whatever stands in the
# way (the row is known, or waits, or its subject has an alert that may take it in) makes it write nothing.
_INSERT_ONE = f"""
WITH fresh AS (
    INSERT INTO alert ({_FIELDS}, subject_key)
    SELECT {_parameters(_TYPES, 1)}, COALESCE(
        ({_HOUSEHOLD_OF_PERSON.format(person=_NUMBERS["person_key"])})::text,
        ({_HOUSEHOLD_OF_CODE.format(household=_NUMBERS["household_key"])})::text,
        {_NUMBERS["person_key"]}, {_NUMBERS["household_key"]}, {_NUMBERS["id"]}::text)
    WHERE NOT EXISTS (
        SELECT FROM alert_evidence WHERE feed = {_NUMBERS["feed"]} AND dedup = {_NUMBERS["dedup"]})
    AND NOT EXISTS (SELECT FROM unmatched_row WHERE feed = {_NUMBERS["feed"]} AND dedup = {_NUMBERS["dedup"]})
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

    False, and nothing written, when its row is known or waits, or its subject has an alert of this risk that may take it
    in.
    """
    return bool(await connection.fetchval(_INSERT_ONE, *alert, *told))


def finished(alerts: Sequence[NewAlert], told: Sequence[OutboxRow]) -> list[Finished]:
    """Alerts with what tells of each, as they are stored among many. All sums: for whoever has made them."""
    rows = zip(alerts, _ROW.write(alerts), _OUTBOX_ROW.write(told), strict=True)
    return [
        Finished(
            alert.id.bytes,
            alert.feed,
            alert.dedup,
            alert.row_hash,
            alert.risk_family,
            alert.person_key,
            alert.household_key,
            row,
            event,
        )
        for alert, row, event in rows
    ]


def alert_of(finished: Finished) -> NewAlert:
    """The alert in its columns again."""
    alert = NewAlert._make(_ROW.read(finished.row))
    return alert._replace(lane=Lane(alert.lane))


class Subject(NamedTuple):
    """Whom a report is about, as it is stored."""

    key: str
    registered: bool  # it is a household of the register; else the key is one that the report came with
    row_known: bool  # the row is further evidence already


async def find_subjects(session: WriteSession, reports: Sequence[Finished]) -> list[Subject]:
    """The subject of each."""
    rows = await (await raw(session)).fetch(
        _SUBJECTS,
        as_lines([one.person_key for one in reports]),
        as_lines([one.household_key for one in reports]),
        as_lines([one.feed for one in reports]),
        as_lines([one.dedup.hex() for one in reports]),
    )
    return [
        Subject(household or one.person_key or one.household_key or str(one.id), household is not None, known)
        for one, (household, known) in zip(reports, rows, strict=True)
    ]


async def insert_alerts(session: WriteSession, reports: Sequence[tuple[Finished, str]]) -> set[bytes]:
    """Store those of `(report, subject key)` that nothing stands in the way of; returns the `id_bytes` of these.

    Mostly that is all of them: then a COPY does it at half the price. It stops at the first row that is known, or
    whose subject has an alert already. In the order of the subjects: two batches that share some wait for each other
    instead of deadlocking.
    """
    if not reports:
        return set()
    connection = await raw(session)
    ordered = sorted(reports, key=lambda one: one[1])
    with suppress(asyncpg.UniqueViolationError):  # not to be shown to anybody: its detail quotes the row
        async with connection.transaction():
            rows = [with_text(one.row, subject_key) for one, subject_key in ordered]
            await copy_written(session, "alert", (*NewAlert._fields, "subject_key"), rows)
            return {one.id_bytes for one, _ in reports}
    records = [(*alert_of(one), subject_key) for one, subject_key in ordered]
    fresh = await connection.fetch(_INSERT_MANY, *map(list, zip(*records, strict=True)))
    return {row["id"].bytes for row in fresh}


async def copy_outbox(session: WriteSession, reports: Sequence[Finished]) -> None:
    """Tell of many."""
    await copy_written(session, "outbox", OUTBOX_COLUMNS, [one.told for one in reports])
    session.info[EMITTED] = True
