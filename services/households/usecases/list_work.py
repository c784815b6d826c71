"""One check of an import from its files to its digest. Whatever stops it, the next try begins anew: nothing it lays out
is the register's."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from services.households.models import RegisterImport
from services.households.queries import list_staging as staging
from services.households.queries import register_imports as queries
from services.households.queries.imports import find_known
from services.households.rules.imports import Known
from services.households.usecases.list_check import Comparison
from services.households.usecases.list_entries import EntryMaker
from services.households.usecases.list_files import FileSet, Gathering, Listing
from services.households.usecases.list_findings import Finding
from services.households.usecases.list_layout import HOUSEHOLD_COLUMNS, MEMBER_COLUMNS, Laid
from services.households.usecases.list_reading import AREA, BAD, CODE, MOST_FINDINGS, MOST_WARNINGS, RowFault
from services.households.usecases.list_sums import Answer, Asked, Comparing
from services.households.usecases.register_imports import files_of
from services.households.workbook_lists import LISTS, VILLAGES
from shared.areas import Scope
from shared.attempts import lock_row
from shared.clock import local_date
from shared.db.engine import Database, WriteSession
from shared.errors import Fault
from shared.files import Shelf
from shared.idnumber import IdNumber
from shared.projections.areas import list_active
from shared.side_processes import preload
from shared.telemetry import current_traceparent
from shared.time_limit import in_time
from shared.villages import Villages

preload(__name__)

PART = 2_000
"""Households compared in one transaction."""
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
    at_once: bool = False  # nobody looks at it before it is written
    scope: Scope = field(init=False)
    comparing: Comparing = field(init=False)
    _staged: int = 0
    _findings: int = 0
    _warnings: int = 0

    def __post_init__(self) -> None:
        self.scope = Scope.parse(self.row.areas)
        of = (self.row.id, self.shelf.vault, self.row.sent_by, self.now, self.at_once, current_traceparent())
        self.comparing = Comparing(Comparison(*of))

    async def run(self) -> None:
        """Compare the whole set. Raises as `read` does."""
        listing = await self.read()
        await self.compare(listing, self._stage)
        async with self.database.write(_EVERYWHERE) as session:
            await self.finish(session, listing)

    async def read(self) -> Listing:
        """Read the whole set. Raises `TableInvalid`, `FileNotFoundError`, `CannotOpen`."""
        async with self.database.write(_EVERYWHERE) as session:
            await queries.forget_staged(session, self.row.id)
            await queries.forget_findings(session, self.row.id)
            areas = await list_active(session)
        listing = await self._read_files(Villages(areas, self.scope, VILLAGES))
        await self._note_unread(listing)
        return listing

    async def compare(self, listing: Listing, lay: Callable[[Laid], Awaitable[None]]) -> None:
        """Compare it part by part; `lay` lays down what would be written."""
        await self._compare_all(listing, lay)
        await self._find_vanished()

    async def _read_files(self, villages: Villages) -> Listing:
        names = [str(file["name"]) for file in files_of(self.row, self.shelf.vault)]
        files = FileSet(self.shelf, self.row.id, names, self.row.kind, villages, local_date(self.now))
        gathering = Gathering(LISTS[self.row.kind], villages)
        async with aclosing(files.read()) as reading:
            async for file in reading:
                await in_time(gathering.add, file)
                async with self.database.write(_EVERYWHERE) as session:
                    row = await lock_row(session, RegisterImport, self.row.id)
                    row.rows_read = gathering.read
        return await in_time(gathering.listing)

    async def _note_unread(self, listing: Listing) -> None:
        """Mistakes of rows; their households are refused, and whoever stands in these rows has not vanished."""
        comparison, person = self.comparing.comparison, "member.id_number"
        bad = listing.rows.filter(BAD)
        people = bad[person] if person in bad.columns else [None] * bad.height
        for code, area, number in zip(bad[CODE], bad[AREA], people, strict=True):
            place = listing.areas[area] or self.row.own_area
            if code is not None and code not in comparison.refused:
                comparison.refuse(code, place, 0)
            if person in bad.columns:
                comparison.counts.add(place, "member", "conflicting")
            if number is not None:
                self.comparing.leave_out(self.shelf.vault.person_key(IdNumber(number)))
        findings = [self._finding_of(one) for one in listing.faults]
        async with self.database.write(_EVERYWHERE) as session:
            await self._store_findings(session, findings)

    def _finding_of(self, one: RowFault) -> Finding:
        return Finding("conflicting", self.row.own_area, one.national_code, (one.file, one.sheet, one.row), one.fault)

    async def _compare_all(self, listing: Listing, lay: Callable[[Laid], Awaitable[None]]) -> None:
        """Part by part. While one is compared, the one before is laid down and what is known of the next one is asked."""
        maker = EntryMaker(listing, LISTS[self.row.kind], self.shelf.vault)
        laying = asyncio.create_task(asyncio.sleep(0))
        async with aclosing(self.comparing.laid(maker, listing.parts(PART), self._ask)) as comparing:
            try:
                async for laid in comparing:
                    await laying
                    laying = asyncio.create_task(self._lay_down(laid, lay))
            finally:  # whatever stops it: nothing of it is written any more when the next try begins
                await asyncio.wait([laying])
        await laying

    async def _ask(self, asked: Asked) -> Answer:
        async with self.database.read(self.scope) as session:
            known = await find_known(session, self.scope, asked.named, locked=False)
            heads = await staging.find_homes(session, asked.heads)
            cases = await staging.find_cases(session, _registered(known, asked.monitored))
            return known, heads, cases, await staging.count_living(session, _registered(known, asked.counted))

    async def _lay_down(self, laid: Laid, lay: Callable[[Laid], Awaitable[None]]) -> None:
        self._staged += len(laid.households) + len(laid.members) + len(laid.new)
        warnings = [one for one in laid.findings if one.outcome == "warned"][: MOST_WARNINGS - self._warnings]
        self._warnings += len(warnings)
        if findings := [*(one for one in laid.findings if one.outcome != "warned"), *warnings]:
            async with self.database.write(self.scope) as session:
                await self._store_findings(session, findings)
        await lay(laid)

    async def _stage(self, laid: Laid) -> None:
        async with self.database.write(self.scope) as session:
            await stage_laid(session, laid)

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
        comparison, people = self.comparing.comparison, self.row.kind == "person-list"
        listed = comparison.listed | comparison.refused
        found: list[Finding] = []
        async with self.database.read(self.scope) as session:
            async for page in staging.list_registered(session, comparison.areas, comparison.classes, people=people):
                for one in page:
                    if one["national_code"] in comparison.refused or (
                        one["person_key"] in self.comparing.persons if people else one["national_code"] in listed
                    ):
                        continue
                    if len(found) < MOST_FINDINGS:
                        found.append(_vanished(one, whole=one["national_code"] not in listed))
                    comparison.counts.add(one["area_code"], "member" if people else "household", "vanished")
        async with self.database.write(self.scope) as session:
            await self._store_findings(session, found)

    async def finish(self, session: WriteSession, listing: Listing) -> RegisterImport:
        """Show what was found; the import, locked."""
        comparison = self.comparing.comparison
        row = await lock_row(session, RegisterImport, self.row.id)
        row.checks += 1
        row.counts, row.staged = comparison.counts.as_json(), self._staged
        row.notes = {
            "skipped": [list(note) for note in listing.notes],
            "passed_over": [name for name, coding in listing.codings.items() if coding.passed_over],
        }
        row.rows_read = row.rows_estimate = listing.rows.height
        row.checked_at = self.now
        told = orjson.dumps([row.checks, row.counts, row.staged, self._findings], option=orjson.OPT_SORT_KEYS)
        row.digest = self.shelf.vault.fingerprint(row.id.bytes + row.content + told, "register-import").hex()
        row.state, row.attempts = "checked", 0
        return row


async def stage_laid(session: WriteSession, laid: Laid) -> str | None:
    """Lay down what would be written; where its households were copied from, if there are any."""
    copied = None
    if laid.households:
        copied = await staging.stage_rows(session, "staged_household", HOUSEHOLD_COLUMNS, laid.households)
    if laid.members:
        await staging.stage_rows(session, "staged_member", MEMBER_COLUMNS, laid.members)
    return copied


def _registered(known: Known, codes: Sequence[str]) -> list[UUID]:
    return [one.id for code in codes if (one := known.households.get(code)) is not None]


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
