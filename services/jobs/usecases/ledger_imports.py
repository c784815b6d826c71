"""A file of ledger rows is taken in, rehearsed, written, forgotten.

A rehearsal is the writing itself, rolled back: what it says of each row is what the writing will do, or the writing does
nothing and the file is rehearsed anew.
"""

import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from services.jobs.models import LedgerImport
from services.jobs.queries import ledger as rows_of
from services.jobs.queries.carrying import carry_some
from services.jobs.queries.ledger import entry_of
from services.jobs.queries.people import list_by_keys
from services.jobs.rules.ledger import Entry, quick
from services.jobs.rules.ledger_imports import (
    LedgerImportDigestDiffers,
    LedgerImportGone,
    LedgerImportNotChecked,
    LedgerImportNotFound,
    LedgerMovedOn,
)
from services.jobs.usecases.ledger import record_rows
from services.jobs.usecases.ledger_lines import EMPLOYER
from services.jobs.usecases.ledger_reading import FileRow, open_rows, read_rows
from services.jobs.usecases.recording import Draft
from shared import imports
from shared.areas import Scope
from shared.attempts import lock_row
from shared.clock import local_date, utc_now
from shared.db.engine import Database, WriteSession
from shared.errors import Fault
from shared.files import FileStore, Shelf, though_refused
from shared.lanes import Lane
from shared.security import audit
from shared.security.principals import Principal
from shared.security.vault import Vault
from shared.time_limit import in_time

CONTENT, NAME = "ledger-import-file", "ledger-import-name"
FOLDER = "ledger-imports/"
ORIGINAL, PROBLEMS, FILES = 0, 1, 2
"""Numbers of an import's files; how many there are."""
_PIECE = 1 << 16
_REFUSALS = imports.Refusals(LedgerImportNotFound, LedgerImportGone, LedgerImportNotChecked, LedgerImportDigestDiffers)
MOST_TOLD = 50_000
"""Mistakes and remarks told of one file, all held in memory; whoever has more than that reads no list."""


def ledger_files(store: FileStore, vault: Vault) -> Shelf:
    """Where the files lie, with what was found in each, by the import's id."""
    return Shelf(store, vault, FOLDER, CONTENT)


@dataclass(frozen=True, slots=True)
class Arrived:
    """A file that lies sealed in the store, whole, and whose headings were read."""

    id: UUID
    month: date
    dry_run: bool
    name: str
    size: int


class _Rehearsed(Exception):  # nothing went wrong: it takes back what was tried
    pass


async def accept_import(
    session: WriteSession, vault: Vault, who: Principal, arrived: Arrived, now: datetime
) -> LedgerImport:
    """Keep a file to be rehearsed."""
    row = LedgerImport(
        id=arrived.id,
        month=arrived.month,
        dry_run=arrived.dry_run,
        name_sealed=vault.seal(arrived.name.encode(), NAME),
        size=arrived.size,
    )
    await imports.send_import(session, row, who, now)
    told: dict[str, Any] = {"month": arrived.month.isoformat(), "dry_run": arrived.dry_run, "size": arrived.size}
    await audit.record(session, who, "ledger-import:send", arrived.id, **told)
    return row


async def apply_import(session: WriteSession, who: Principal, import_id: UUID, digest: str) -> LedgerImport:
    """Have a rehearsed file written, exactly as `digest` names it.

    Raises `LedgerImportNotFound`, `LedgerImportGone`, `LedgerImportNotChecked`, `LedgerImportDigestDiffers`.
    """
    row = await imports.apply_import(session, LedgerImport, who, import_id, digest, _REFUSALS)
    await audit.record(session, who, "ledger-import:apply", import_id)
    return row


@dataclass(slots=True)
class ImportRun:
    """One pass over a file, to rehearse it or to write it."""

    database: Database
    shelf: Shelf
    row: LedgerImport
    counts: Counter[str] = field(default_factory=Counter)
    problems: list[dict[str, Any]] = field(default_factory=list)
    untold: int = 0
    _digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)
    _seen: set[UUID] = field(default_factory=set)

    @property
    def digest(self) -> str:
        """Names what became of each row."""
        return self._digest.hexdigest()

    async def rehearse(self) -> None:
        """Each chunk in a transaction of its own, taken back: nobody waits long for a row that is only looked at."""
        who = self.row.sender
        async for rows in self._chunks():
            try:
                async with self.database.write(who.scope) as session:
                    await self._take(session, who, rows, utc_now())
                    raise _Rehearsed
            except _Rehearsed:
                continue

    async def write(self, session: WriteSession) -> None:
        """All of it in the session's transaction. Raises `LedgerMovedOn` when it is not what was rehearsed."""
        who, now = self.row.applier, utc_now()
        async for rows in self._chunks():
            await self._take(session, who, rows, now)
        if self.digest != self.row.digest:
            raise LedgerMovedOn

    async def keep_problems(self) -> None:
        """Lay down, sealed, what was found: a line for each mistake and each remark, the last for those not told."""
        if self.untold:
            more = {"field": "", "code": "ledger-result-more", "params": {"count": self.untold}}
            self.problems.append({"sheet": "", "row": "", "refused": True, **more})
        await self.shelf.write(self._lines(), self.row.id, PROBLEMS)

    async def _chunks(self) -> AsyncIterator[Sequence[FileRow]]:
        chunks = await in_time(self._open)
        while (rows := await in_time(next, chunks, None)) is not None:
            yield rows

    def _open(self) -> Iterator[Sequence[FileRow]]:
        return read_rows(open_rows(self.shelf.open(self.row.id, ORIGINAL), "", local_date(self.row.received_at)))

    async def _lines(self) -> AsyncIterator[bytes]:
        lines = bytearray()
        for problem in self.problems:
            lines += orjson.dumps(problem, default=str) + b"\n"
            if len(lines) > _PIECE:
                yield bytes(lines)
                lines.clear()
        yield bytes(lines)

    async def _take(self, session: WriteSession, who: Principal, rows: Sequence[FileRow], now: datetime) -> None:
        """One chunk. A row with a mistake is left out and told; so is the second row of a person."""
        drafts, placed = await self._drafts(session, who, rows, now)
        outcomes = await record_rows(session, self.shelf.vault, who, drafts, now, source="file", lane=Lane.BULK)
        for row, outcome in zip(placed, outcomes, strict=True):
            self._count(row, outcome.outcome, outcome.faults, outcome.warnings, outcome.version)

    async def _drafts(
        self, session: WriteSession, who: Principal, rows: Sequence[FileRow], now: datetime
    ) -> tuple[list[Draft], list[FileRow]]:
        vault, month = self.shelf.vault, self.row.month
        keys = {row.id_number: vault.person_key(row.id_number) for row in rows if row.id_number is not None}  # type: ignore[arg-type]
        people = await list_by_keys(session, who.scope, keys.values())
        ids = [one.id for one in people.values()]
        await carry_some(session, month, ids, now)
        known = await rows_of.lock_rows(session, month, ids)
        drafts, placed = list[Draft](), list[FileRow]()
        for row in rows:
            person = people.get(keys[row.id_number]) if row.id_number is not None else None
            fault = self._in_the_way(row, person.id if person else None)
            if person is None or fault:
                self._count(row, "refused", fault)
                continue
            self._seen.add(person.id)
            before = known.get(person.id)
            drafts.append(Draft(person.id, month, _said(vault, row, before)))
            placed.append(row)
        return drafts, placed

    def _in_the_way(self, row: FileRow, person_id: UUID | None) -> Sequence[Fault]:
        if row.faults:
            return row.faults
        if person_id is None:
            return [Fault("id_number", "person-not-found")]
        return [Fault("id_number", "ledger-person-twice")] if person_id in self._seen else []

    def _count(
        self,
        row: FileRow,
        outcome: str,
        faults: Sequence[Fault] = (),
        warnings: Sequence[Fault] = (),
        version: int = 0,
    ) -> None:
        self.counts[outcome] += 1
        codes = ",".join(sorted(f"{one.field}:{one.code}" for one in faults))
        self._digest.update(f"{row.sheet}.{row.row}:{outcome}:{version}:{codes}\n".encode())
        for refused, found in ((True, faults), (False, warnings)):
            room = MOST_TOLD - len(self.problems)
            self.untold += max(0, len(found) - room)
            for one in found[:room]:
                place = {"sheet": row.sheet, "row": row.row, "refused": refused}
                self.problems.append({**place, "field": one.field, "code": one.code, "params": dict(one.params)})


def _said(vault: Vault, row: FileRow, before: rows_of.Row | None) -> Entry:
    """What the row is with what the file tells of it; a blank cell leaves what was."""
    if before is None:
        return quick(Entry("out" if "work_area" in row.told else "not_out"), row.told)
    sealed = before["employer_name_sealed"]
    return quick(entry_of(before, vault.open(sealed, EMPLOYER).decode() if sealed else None), row.told)


async def forget_old_imports(database: Database, shelf: Shelf, kept: timedelta, now: datetime) -> int:
    """Delete the files of imports received that long ago; how many."""
    everywhere = Scope.everywhere()
    async with database.read(everywhere) as session:
        outworn = await imports.list_outworn(session, LedgerImport, now - kept, 100)
    gone = 0
    for row in outworn:
        with though_refused():
            await shelf.delete_set(row.id, FILES)
            async with database.write(everywhere) as session:
                (await lock_row(session, LedgerImport, row.id)).deleted_at = now
            gone += 1
    return gone
