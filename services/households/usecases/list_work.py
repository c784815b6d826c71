"""One check of an import from its files to its digest. Whatever stops it, the next try begins anew: nothing it lays out
is the register's."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, BinaryIO
from uuid import UUID

import orjson

from services.households.models import RegisterImport
from services.households.queries import list_staging as staging
from services.households.queries import register_imports as queries
from services.households.queries.imports import find_known
from services.households.rules.imports import Decision, Known
from services.households.usecases.list_check import (
    HOUSEHOLD_COLUMNS,
    MEMBER_COLUMNS,
    Comparison,
    Laid,
)
from services.households.usecases.list_entries import EntryMaker, ListedEntry
from services.households.usecases.list_findings import Finding
from services.households.usecases.list_reading import AREA, BAD, CODE, Listing, RowFault, SetReader
from services.households.usecases.register_imports import files_of
from services.households.workbook_lists import LISTS, VILLAGES
from shared.ahead import ahead
from shared.areas import Scope
from shared.clock import local_date
from shared.db.engine import Database, WriteSession
from shared.errors import Fault
from shared.files import Shelf
from shared.idnumber import IdNumber
from shared.security.principals import Principal, Role
from shared.tables import Table
from shared.villages import Villages

PART = 2_000
"""Households compared in one transaction."""
MOST_FINDINGS = 200_000
"""Of an import; all are counted."""
_EVERYWHERE = Scope.everywhere()
_FINDINGS = (
    *("import_id", "number", "outcome", "area_code", "national_code", "file", "sheet", "row_number", "field", "code"),
    *("params", "household_id", "member_id", "version"),
)


@dataclass(slots=True)
class ListCheck:
    """Reads, compares, lays out."""

    database: Database
    shelf: Shelf
    row: RegisterImport
    now: datetime
    scope: Scope = field(init=False)
    comparison: Comparison = field(init=False)
    _findings: int = 0

    def __post_init__(self) -> None:
        self.scope = Scope.parse(self.row.areas)
        self.comparison = Comparison(self.row.id, self.shelf.vault, self.row.sent_by, self.now)

    async def run(self) -> None:
        """Compare the whole set. Raises `TableInvalid`, `FileNotFoundError`, `CannotOpen`."""
        async with self.database.write(_EVERYWHERE) as session:
            await queries.forget_staged(session, self.row.id)
            await queries.forget_findings(session, self.row.id)
            areas = await staging.list_active_areas(session)
        listing = await self._read(Villages(areas, self.scope, VILLAGES))
        await self._note_unread(listing)
        await self._compare_all(listing)
        await self._find_vanished()
        await self._finish(listing)

    async def _read(self, villages: Villages) -> Listing:
        list_ = LISTS[self.row.kind]
        reader = SetReader(list_, villages, local_date(self.now))
        names = [str(file["name"]) for file in files_of(self.row, self.shelf.vault)]
        # The first look at the next file is taken while the one before is read.
        tables = ahead(_open_files(reader, self.shelf, self.row.id, names))
        try:
            for number in range(len(names)):
                await asyncio.to_thread(_take_file, reader, number, tables)
                async with self.database.write(_EVERYWHERE) as session:
                    row = await queries.lock_whole(session, self.row.id)
                    row.rows_read = reader.read
        finally:
            await asyncio.to_thread(tables.close)
        return await asyncio.to_thread(reader.listing)

    async def _note_unread(self, listing: Listing) -> None:
        """Mistakes of rows; their households are refused, and whoever stands in these rows has not vanished."""
        comparison, person = self.comparison, "member.id_number"
        bad = listing.rows.filter(BAD)
        people = bad[person] if person in bad.columns else [None] * bad.height
        for code, area, number in zip(bad[CODE], bad[AREA], people, strict=True):
            place = listing.areas[area] or self.row.own_area
            if code is not None and code not in comparison.refused:
                comparison.refuse(code, place, 0)
            if person in bad.columns:
                comparison.counts.add(place, "member", "conflicting")
            if number is not None:
                comparison.listed_persons.add(self.shelf.vault.person_key(IdNumber(number)))
        findings = [self._finding_of(one) for one in listing.faults]
        async with self.database.write(_EVERYWHERE) as session:
            await self._store_findings(session, findings)

    def _finding_of(self, one: RowFault) -> Finding:
        return Finding("conflicting", self.row.own_area, one.national_code, (one.file, one.sheet, one.row), one.fault)

    async def _compare_all(self, listing: Listing) -> None:
        """Part by part. While one is compared, the one before is laid down and the next one is made, in a thread."""
        maker = EntryMaker(listing, LISTS[self.row.kind], self.shelf.vault)
        parts = iter(listing.parts(PART))
        entries = await asyncio.to_thread(_next, parts, maker)
        laying = asyncio.create_task(asyncio.sleep(0))
        try:
            while entries is not None:
                coming = asyncio.create_task(asyncio.to_thread(_next, parts, maker))
                laid = await self._compare(entries)
                await laying
                laying = asyncio.create_task(self._lay_down(laid))
                entries = await coming
        finally:  # whatever stops it: nothing of it is written any more when the next try begins
            await asyncio.wait([laying])
        await laying

    async def _compare(self, entries: Sequence[ListedEntry]) -> Laid:
        comparison = self.comparison
        async with self.database.read(self.scope) as session:
            known = await find_known(session, self.scope, entries, locked=False)
            heads = await staging.find_homes(session, {one.head_key for one in entries if one.head_key})
            taken, refused = await asyncio.to_thread(comparison.judge, entries, known, heads)
            cases = await staging.find_cases(session, _with_cases(taken, known))
        laid = await asyncio.to_thread(comparison.lay_out, taken, known, cases)
        laid.findings[:0] = refused
        return laid

    async def _lay_down(self, laid: Laid) -> None:
        async with self.database.write(self.scope) as session:
            if laid.households:
                await staging.stage_rows(session, "staged_household", HOUSEHOLD_COLUMNS, laid.households)
            if laid.members:
                await staging.stage_rows(session, "staged_member", MEMBER_COLUMNS, laid.members)
            await self._store_findings(session, laid.findings)

    async def _store_findings(self, session: WriteSession, findings: Sequence[Finding]) -> None:
        kept = findings[: max(MOST_FINDINGS - self._findings, 0)]
        if kept:
            rows = [self._row_of(number, one) for number, one in enumerate(kept, self._findings + 1)]
            await staging.stage_rows(session, "import_finding", _FINDINGS, rows)
            self._findings += len(kept)

    def _row_of(self, number: int, one: Finding) -> tuple[Any, ...]:
        file, sheet, row = one.place or (None, None, None)
        params = orjson.dumps(dict(one.fault.params), default=str).decode()
        what = (one.outcome, one.area_code, one.national_code, file, sheet, row, one.fault.field, one.fault.code)
        return (self.row.id, number, *what, params, one.household_id, one.member_id, one.version)

    async def _find_vanished(self) -> None:
        """Who is registered where the list looks, and not in it. Of a household with mistakes nobody is missed."""
        comparison, people = self.comparison, self.row.kind == "person-list"
        listed = comparison.seen_households | comparison.refused
        found: list[Finding] = []
        async with self.database.read(self.scope) as session:
            async for page in staging.list_registered(session, comparison.areas, comparison.classes, people=people):
                for one in page:
                    if one["national_code"] in comparison.refused or (
                        one["person_key"] in comparison.listed_persons if people else one["national_code"] in listed
                    ):
                        continue
                    found.append(_vanished(one, whole=one["national_code"] not in listed))
                    comparison.counts.add(one["area_code"], "member" if people else "household", "vanished")
        async with self.database.write(self.scope) as session:
            await self._store_findings(session, found)

    async def _finish(self, listing: Listing) -> None:
        comparison = self.comparison
        async with self.database.write(_EVERYWHERE) as session:
            row = await queries.lock_whole(session, self.row.id)
            row.checks += 1
            row.counts, row.staged = comparison.counts.as_json(), comparison.number
            row.notes = {
                "skipped": [list(note) for note in listing.notes],
                "passed_over": [name for name, coding in listing.codings.items() if coding.passed_over],
            }
            row.rows_read = row.rows_estimate = listing.rows.height
            row.checked_at = self.now
            told = orjson.dumps([row.checks, row.counts, row.staged, self._findings], option=orjson.OPT_SORT_KEYS)
            row.digest = self.shelf.vault.fingerprint(row.id.bytes + row.content + told, "register-import").hex()
            row.state, row.attempts = "checked" if row.dry_run or row.checks > 1 else "applying", 0


def _open_files(
    reader: SetReader, shelf: Shelf, import_id: UUID, names: Sequence[str]
) -> Iterator[tuple[BinaryIO, Table]]:
    """Whoever takes a table closes its file."""
    for number, name in enumerate(names):
        file = shelf.open(import_id, number)
        yield file, reader.open(file, name)


def _take_file(reader: SetReader, number: int, tables: Iterator[tuple[BinaryIO, Table]]) -> None:
    file, table = next(tables)
    with file:
        reader.take(number, table, lambda _: None)


def _next(parts: Iterator[Any], maker: EntryMaker) -> list[ListedEntry] | None:
    part = next(parts, None)
    return maker.entries(part) if part is not None else None


def _with_cases(taken: Sequence[tuple[ListedEntry, Decision]], known: Known) -> list[UUID]:
    """Registered households of whose monitoring the list speaks."""
    told = [entry.code for entry, _ in taken if entry.case.get("class") is not None]
    return [registered.id for code in told if (registered := known.households.get(code)) is not None]


def _vanished(one: Any, *, whole: bool) -> Finding:
    fault = Fault("", "household-vanished" if whole else "person-vanished")
    return Finding(
        "vanished",
        one["area_code"],
        one["national_code"],
        None,
        fault,
        household_id=one["household_id"],
        member_id=one["id"],
        version=one["version"],
    )


def applier(row: RegisterImport) -> Principal:
    """Whoever had it written, within the areas of the import."""
    assert row.applied_by is not None
    assert row.applied_as is not None
    return Principal(row.applied_by, "account", Role(row.applied_as), Scope.parse(row.areas))
