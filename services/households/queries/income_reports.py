"""Where reports of income belong, what was kept of them before, and what still waits."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.households.rules.income_reports import Latest, Owner, Report
from shared.db.engine import ReadSession, WriteSession, raw
from shared.ids import new_id
from shared.security.principals import SYSTEM

Ref = tuple[str, str]

_PERSONS = """
SELECT person_key, household_id, area_code, id FROM member WHERE person_key = ANY ($1) AND left_on IS NULL
"""
_HOUSEHOLDS = "SELECT household_key, id, area_code FROM household WHERE household_key = ANY ($1)"
_LATEST = """
SELECT DISTINCT ON (e.source_ref, e.source) e.source, e.source_ref, e.id, e.revision, e.ended_at IS NULL, e.household_id,
    e.amount
FROM income_entry e JOIN unnest($1::text[], $2::text[]) AS r (source, source_ref)
    ON r.source_ref = e.source_ref AND r.source = e.source
ORDER BY e.source_ref, e.source, e.revision DESC
"""
_END = """
UPDATE income_entry SET ended_as = $2, ended_by = $3, ended_at = $4, version = version + 1
WHERE id = ANY ($1) AND ended_at IS NULL
"""
_COLUMNS = (
    "id",
    "household_id",
    "area_code",
    "member_id",
    "item",
    "amount",
    "month_first",
    "month_last",
    "paid_on",
    "source",
    "origin",
    "source_ref",
    "revision",
    "place_area",
    "corrects_id",
    "recorded_by",
    "recorded_at",
    "ended_as",
    "ended_by",
    "ended_at",
)
_TYPES = (
    "uuid",
    "uuid",
    "text",
    "uuid",
    "text",
    "numeric",
    "integer",
    "integer",
    "date",
    "text",
    "text",
    "text",
    "integer",
    "text",
    "uuid",
    "uuid",
    "timestamptz",
    "text",
    "uuid",
    "timestamptz",
)
_INSERT = f"""
INSERT INTO income_entry ({", ".join(_COLUMNS)}, version)
SELECT *, 1 FROM unnest({", ".join(f"${n}::{type_}[]" for n, type_ in enumerate(_TYPES, 1))})
"""  # noqa: S608
_WAIT = """
INSERT INTO income_waiting (
    source, source_ref, revision, person_key, household_key, item, amount, month_first, month_last, paid_on, place_area,
    received_at
) SELECT *, $12 FROM unnest(
    $1::text[], $2::text[], $3::integer[], $4::text[], $5::text[], $6::text[], $7::numeric[], $8::integer[],
    $9::integer[], $10::date[], $11::text[]
)
ON CONFLICT (source, source_ref) DO UPDATE SET
    revision = excluded.revision, person_key = excluded.person_key, household_key = excluded.household_key,
    item = excluded.item, amount = excluded.amount, month_first = excluded.month_first,
    month_last = excluded.month_last, paid_on = excluded.paid_on, place_area = excluded.place_area,
    received_at = excluded.received_at
WHERE income_waiting.revision < excluded.revision
"""
_FORGET_REFS = """
DELETE FROM income_waiting w USING unnest($1::text[], $2::text[], $3::integer[]) AS r (source, source_ref, revision)
WHERE w.source = r.source AND w.source_ref = r.source_ref AND w.revision <= r.revision
"""
_KNOWN_NOW = """
SELECT source, source_ref, revision, person_key, household_key, item, amount, month_first, month_last, paid_on, place_area
FROM income_waiting w
WHERE EXISTS (SELECT FROM member m WHERE m.person_key = w.person_key AND m.left_on IS NULL)
    OR EXISTS (SELECT FROM household h WHERE h.household_key = w.household_key)
LIMIT $1
"""


async def find_owners(session: ReadSession, reports: Iterable[Report]) -> dict[str, Owner]:
    """By person key or household key, where those live who are known."""
    listed = list(reports)
    persons = {one.person_key for one in listed if one.person_key}
    return await find_by_key(session, persons, {one.household_key for one in listed if one.household_key})


async def find_by_key(session: ReadSession, persons: Collection[str], households: Collection[str]) -> dict[str, Owner]:
    """By key, where those people and households are that live within sight."""
    connection = await raw(session)
    found = {key: Owner(id_, area, member) for key, id_, area, member in await connection.fetch(_PERSONS, persons)}
    rows = await connection.fetch(_HOUSEHOLDS, households) if households else []
    return found | {key: Owner(id_, area, None) for key, id_, area in rows}


async def find_latest(session: ReadSession, refs: Collection[Ref]) -> dict[Ref, Latest]:
    """The highest revision that was kept of each."""
    rows = await (await raw(session)).fetch(_LATEST, [ref[0] for ref in refs], [ref[1] for ref in refs])
    return {(row[0], row[1]): Latest(*row[2:]) for row in rows}


async def end_entries(session: WriteSession, ids: Sequence[UUID], ended_as: str, by: UUID, now: datetime) -> None:
    """Lines that count no more, for something else was told."""
    if ids:
        await (await raw(session)).execute(_END, ids, ended_as, by, now)


async def insert_entries(session: WriteSession, rows: Sequence[Mapping[str, Any]]) -> None:
    """Many lines at once; what is left out is null. COPY cannot write under row-level security."""
    if rows:
        columns = ([row.get(name) for row in rows] for name in _COLUMNS)
        await (await raw(session)).execute(_INSERT, *columns)


def entry_of(report: Report, owner: Owner, before: Latest | None, now: datetime) -> dict[str, Any]:
    """The row of a report. One that was withdrawn is kept as ended, so that a late, lower revision finds it."""
    ended = {"ended_as": "withdrawn", "ended_by": SYSTEM.id, "ended_at": now} if report.withdrawn else {}
    return {
        "id": new_id(),
        "household_id": owner.household_id,
        "area_code": owner.area_code,
        "member_id": owner.member_id,
        "item": report.item_at(owner.area_code),
        "amount": report.amount,
        "month_first": report.first,
        "month_last": report.last,
        "paid_on": report.paid_on,
        "source": report.source,
        "source_ref": report.source_ref,
        "revision": report.revision,
        "place_area": report.place_area,
        "corrects_id": before.entry_id if before else None,
        "recorded_by": SYSTEM.id,
        "recorded_at": now,
        **ended,
    }


async def keep_waiting(session: WriteSession, reports: Sequence[Report], now: datetime) -> None:
    """Keep what belongs to nobody who is known."""
    if reports:
        rows = [
            (
                one.source,
                one.source_ref,
                one.revision,
                one.person_key,
                one.household_key,
                one.item,
                one.amount,
                one.first,
                one.last,
                one.paid_on,
                one.place_area,
            )
            for one in reports
        ]
        await (await raw(session)).execute(_WAIT, *map(list, zip(*rows, strict=True)), now)


async def forget_refs(session: WriteSession, reports: Sequence[Report]) -> None:
    """They wait no more."""
    if reports:
        columns = zip(*((one.source, one.source_ref, one.revision) for one in reports), strict=True)
        await (await raw(session)).execute(_FORGET_REFS, *map(list, columns))


async def list_known_now(session: ReadSession, limit: int) -> list[Report]:
    """What waits for people who are known by now."""
    rows = await (await raw(session)).fetch(_KNOWN_NOW, limit)
    return [Report(*row) for row in rows]


async def forget_before(session: WriteSession, month: int) -> None:
    """Drop what ended before that month and found nobody."""
    await (await raw(session)).execute("DELETE FROM income_waiting WHERE month_last < $1", month)
