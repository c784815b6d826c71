"""Needs for work that the ledger speaks of, many at once."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson

from shared.db.engine import WriteSession, raw

_OPEN = """
INSERT INTO work_need (id, person_id, area_code, source, source_ref, wants_change, wanted_trades, refused_areas,
    lodging_needed, night_ok, services, state, version, opened_at)
SELECT w.id, w.person_id, w.area_code, 'ledger', w.source_ref, w.wants_change, '{}', '{}',
    false, true, w.services, 'open', 1, $2
FROM jsonb_to_recordset($1::text::jsonb)
    AS w (id uuid, person_id uuid, area_code text, source_ref text, wants_change boolean, services text[])
WHERE NOT EXISTS (SELECT FROM work_need AS n WHERE n.person_id = w.person_id AND n.state = 'open')
ON CONFLICT (source, source_ref) DO UPDATE SET state = 'open', closed_at = NULL, version = work_need.version + 1,
    wants_change = excluded.wants_change, services = excluded.services WHERE work_need.state = 'withdrawn'
"""
_WITHDRAW = """
UPDATE work_need SET state = 'withdrawn', closed_at = $2, version = version + 1
WHERE person_id = ANY ($1) AND source = 'ledger' AND state = 'open'
"""


async def open_wanted(session: WriteSession, wanted: Sequence[dict[str, Any]], now: datetime) -> None:
    """Open a need for each who has none; one that was withdrawn in the same month is opened again."""
    await (await raw(session)).execute(_OPEN, orjson.dumps(wanted, default=str).decode(), now)


async def withdraw_unwanted(session: WriteSession, people: Collection[UUID], now: datetime) -> None:
    """What the ledger asked for them is wanted no more. A need from elsewhere stays."""
    await (await raw(session)).execute(_WITHDRAW, list(people), now)


def source_ref(person_id: UUID, month: date) -> str:
    """What a need of the ledger came from: a person's month."""
    return f"{person_id}.{month:%Y-%m}"
