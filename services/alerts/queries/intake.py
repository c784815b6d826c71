"""Writing alerts, one or many, each with its outbox row. Straight to the driver: this is the hot path."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg

from services.alerts.models import NewAlert, OutboxRow
from shared.db.bulk import copy_rows
from shared.db.engine import EMITTED, WriteSession, raw
from shared.outbox.emit import COLUMNS as OUTBOX_COLUMNS

Connection: TypeAlias = "asyncpg.Connection[Any]"

_COLUMNS = ", ".join(NewAlert._fields)
_TYPES = (
    *("uuid", "text", "text", "bytea", "bytea", "text", "date", "text", "text", "text", "bytea", "uuid", "uuid"),
    *("timestamptz", "smallint"),
)
_OUTBOX_TYPES = ["uuid", "text", "text", "text", "timestamptz", "text", "text", "smallint"]


def _parameters(types: Sequence[str], first: int, suffix: str = "") -> str:
    return ", ".join(f"${number}::{name}{suffix}" for number, name in enumerate(types, first))


_INSERT_ONE = f"""
WITH fresh AS (
    INSERT INTO alert ({_COLUMNS}) VALUES ({_parameters(_TYPES, 1)})
    ON CONFLICT (feed, dedup) DO NOTHING RETURNING id
), told AS (
    INSERT INTO outbox ({", ".join(OUTBOX_COLUMNS)})
    SELECT {_parameters(_OUTBOX_TYPES, len(_TYPES) + 1)} FROM fresh
)
SELECT true FROM fresh
"""  # noqa: S608

_INSERT_MANY = f"""
INSERT INTO alert ({_COLUMNS}) SELECT * FROM unnest({_parameters(_TYPES, 1, "[]")})
ON CONFLICT (feed, dedup) DO NOTHING RETURNING id
"""  # noqa: S608

_REPEATED = """
SELECT id, feed, source_ref, row_hash, severity, occurred_on, area_code, state, reported_at, due_at, verdict
FROM alert WHERE feed = $1 AND dedup = $2
"""

_FIRST_HASHES = """
SELECT new.place, alert.row_hash FROM unnest($1::text[], $2::bytea[]) WITH ORDINALITY AS new (feed, dedup, place)
JOIN alert USING (feed, dedup)
"""


async def insert_alert(connection: Connection, alert: NewAlert, told: OutboxRow) -> bool:
    """Store an alert and its event in one statement; False, and nothing written, when its row is known."""
    return bool(await connection.fetchval(_INSERT_ONE, *alert, *told))


async def get_repeated(connection: Connection, feed: str, dedup: bytes) -> asyncpg.Record:
    """The first alert of a row that came again. A statement of its own: the first may have committed a moment ago."""
    first = await connection.fetchrow(_REPEATED, feed, dedup)
    assert first is not None, "alerts are never deleted"
    return first


async def insert_alerts(session: WriteSession, alerts: Sequence[NewAlert]) -> set[UUID]:
    """Store those of `alerts` whose rows are new; returns their ids.

    Mostly all are new: then a COPY does it at half the price. It stops at the first row that is known.
    """
    if not alerts:
        return set()
    connection = await raw(session)
    with suppress(asyncpg.UniqueViolationError):  # not to be shown to anybody: its detail quotes the row
        async with connection.transaction():
            await connection.copy_records_to_table("alert", records=alerts, columns=NewAlert._fields)
            return {alert.id for alert in alerts}
    fresh = await connection.fetch(_INSERT_MANY, *map(list, zip(*alerts, strict=True)))
    return {row["id"] for row in fresh}


async def list_first_hashes(session: WriteSession, alerts: Sequence[NewAlert]) -> list[bytes]:
    """For rows that are known: the row hash of the first alert of each, in the same order."""
    feeds, dedups = [alert.feed for alert in alerts], [alert.dedup for alert in alerts]
    found = {row["place"]: row["row_hash"] for row in await (await raw(session)).fetch(_FIRST_HASHES, feeds, dedups)}
    return [found[place] for place in range(1, len(alerts) + 1)]


async def copy_outbox(session: WriteSession, rows: Sequence[OutboxRow]) -> None:
    """Emit many events that are outbox rows already."""
    await copy_rows(session, "outbox", OUTBOX_COLUMNS, rows)
    session.info[EMITTED] = True
