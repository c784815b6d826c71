"""One comparison of an export with the ledger, from its files to its rows. Whatever stops it, the next try begins anew:
rows of a comparison that is not done are shown to nobody, and forgotten first."""

from collections.abc import AsyncIterator, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from services.jobs.exports import EXPORTS
from services.jobs.models import Reconciliation
from services.jobs.queries import reconciliation_work as work
from services.jobs.rules.comparing import least_different
from services.jobs.rules.reconciliation import Outcome, is_expected
from services.jobs.usecases.export_parts import ExportParts, groups_of_letters
from services.jobs.usecases.export_reading import AREA, KEY, ExportReader, by_person, statement
from services.jobs.usecases.ledger_statements import ROW, ledger_statement
from services.jobs.usecases.reconciliation import files_of, forget_rows, get_comparison
from services.jobs.usecases.reconciliation_tasks import close_overtaken
from shared.areas import AreaCode, Scope, code_of
from shared.attempts import lock_row
from shared.clock import local_date, utc_now
from shared.contracts.jobs_reconcile_policies import ExportRule, LedgerComparison
from shared.db.engine import Database
from shared.db.listening import Listener
from shared.files import Shelf
from shared.ids import new_id
from shared.projections.areas import list_active
from shared.security.vault import Vault
from shared.tables.table import in_file
from shared.time_limit import in_time
from shared.villages import Villages

PART = 10_000
"""People compared in one transaction, more or less."""
_EVERYWHERE = Scope.everywhere()


@dataclass(frozen=True, slots=True)
class Judge:
    """What makes rows of a comparison out of both sides; pure but for sealing."""

    vault: Vault
    run: Reconciliation
    comparison: LedgerComparison
    now: datetime

    @property
    def rule(self) -> ExportRule:
        """What is particular to this export."""
        return self.comparison.sources[self.run.source]

    def of_ledger(self, ledger: Iterable[Any], there: Mapping[str, list[dict[str, Any]]]) -> list[tuple[Any, ...]]:
        """Rows of people whom the ledger has; who need not be in the export and is not, is left out."""
        found = []
        for row in ledger:
            lines = there.get(row["person_key"])
            if lines:
                found.append(self._compared(row, lines))
            elif is_expected(self.rule, row["status"], row["household_class"]):
                sealed = self._seal({"ours": ledger_statement(row, self.vault).said()})
                found.append(self._row("only_here", row["area_code"], row["person_id"], sealed=sealed))
        return found

    def only_there(self, lines: list[dict[str, Any]], known: tuple[UUID, str] | None, area: str) -> tuple[Any, ...]:
        """Of somebody whom the ledger has not; `known`: who it is and where, as far as the register says."""
        line = lines[0]
        said: dict[str, Any] = {"theirs": statement(line).said()}
        if known is None:
            said |= {"name": line["name"], "id_number": line["id_number"]}
        person_id, area_code = known or (None, area)
        key = None if known else line[KEY]
        return self._row("only_there", area_code, person_id, key, sealed=self._seal(said), line=line)

    def _compared(self, row: Any, lines: list[dict[str, Any]]) -> tuple[Any, ...]:
        ours = ledger_statement(row, self.vault)
        there = [statement(line) for line in lines]
        theirs, fields = least_different(ours, there, self.rule.fields, self.comparison.tolerances)
        if not fields:
            return self._row("same", row["area_code"], row["person_id"])
        sealed = self._seal({"ours": ours.said(), "theirs": theirs.said()})
        line = lines[there.index(theirs)]
        return self._row("differs", row["area_code"], row["person_id"], fields=fields, sealed=sealed, line=line)

    def _seal(self, said: dict[str, Any]) -> bytes:
        return self.vault.seal_json(said, ROW)

    def _row(
        self,
        outcome: Outcome,
        area_code: str,
        person_id: UUID | None,
        person_key: str | None = None,
        *,
        fields: Sequence[str] = (),
        sealed: bytes | None = None,
        line: dict[str, Any] | None = None,
    ) -> tuple[Any, ...]:
        place = (line["file"], line["sheet"], line["row"]) if line else (None, None, None)
        listed = "{" + ",".join(fields) + "}"
        return (new_id(), self.run.id, area_code, outcome, person_id, person_key, listed, sealed, *place, self.now)


@dataclass(slots=True)
class Comparison:
    """Reads, compares, lays down. `connection` is this comparison's own until it is done."""

    database: Database
    shelf: Shelf
    connection: Listener
    run: Reconciliation
    now: datetime
    judge: Judge = field(init=False)
    parts: ExportParts = field(init=False)

    async def work(self) -> None:
        """Compare the whole set. Raises `TableInvalid`, `FileNotFoundError`, `CannotOpen`, `PolicyMissing`."""
        await forget_rows(self.database, self.run.id)
        async with self.database.write(_EVERYWHERE) as session:
            comparison, policy_id = await get_comparison(session, self.run.area_code, self.now)
            areas = await list_active(session)
            people = await work.count_ledger(session, self.run.month, self.run.area_code)
            run = await lock_row(session, Reconciliation, self.run.id)
            run.state, run.policy_id, run.rows_read, run.people_compared = "reading", policy_id, 0, 0
            run.people_estimate = people
        self.judge = Judge(self.shelf.vault, self.run, comparison, self.now)
        self.parts = ExportParts(self.connection, self.shelf.vault)
        await self.parts.begin()
        reader = await self._read(Villages(areas, Scope.of(AreaCode(self.run.area_code)), {}), comparison)
        await self._note(state="comparing", rows_read=reader.read, notes=dict(reader.notes()))
        async with self.database.read(_EVERYWHERE) as session:
            ledger = work.stream_ledger(session, self.run.month, self.run.area_code)
            async for letters, rows in _grouped(ledger, groups_of_letters(max(people, reader.read), PART)):
                await self._compare(letters, rows)
        await self.parts.end()
        await self._finish()

    async def _read(self, villages: Villages, comparison: LedgerComparison) -> ExportReader:
        rule = comparison.sources[self.run.source]
        own, today = code_of(self.run.area_code[:6]), local_date(self.now)
        reader = ExportReader(EXPORTS[self.run.source], rule.headings, villages, own, self.shelf.vault, today)
        for number, file in enumerate(files_of(self.run, self.shelf.vault)):
            pieces = self._sealed(reader, number, file["name"])
            with in_file(number):
                while (piece := await in_time(next, pieces, None)) is not None:
                    await self.parts.add(piece)
                    await self._note(rows_read=reader.read)
        return reader

    def _sealed(self, reader: ExportReader, number: int, name: str) -> Generator[list[tuple[str, bytes]]]:
        """One file, frame by frame, as it is laid down."""
        with self.shelf.open(self.run.id, number) as file:
            for frame in reader.frames(number, reader.open(file, name)):
                yield self.parts.sealed(frame)

    async def _compare(self, letters: str, ledger: Sequence[Any]) -> None:
        """The people whose keys begin so: those of the ledger, then whom the export has besides."""
        there = await in_time(self._by_person, await self.parts.read(letters))
        found = await in_time(self.judge.of_ledger, ledger, there)
        for row in ledger:
            there.pop(row["person_key"], None)
        found += await self._only_there(there)
        async with self.database.write(_EVERYWHERE) as session:
            await work.lay_rows(session, found)
            run = await lock_row(session, Reconciliation, self.run.id)
            run.people_compared += len(ledger)

    def _by_person(self, parts: Sequence[bytes]) -> dict[str, list[dict[str, Any]]]:
        rows = self.parts.opened(parts)
        return dict(by_person(rows)) if rows is not None else {}

    async def _only_there(self, strangers: Mapping[str, list[dict[str, Any]]]) -> list[tuple[Any, ...]]:
        """Who is left. People registered elsewhere are nobody's business here: to this area they are unknown."""
        scope = Scope.of(AreaCode(self.run.area_code))
        async with self.database.read(_EVERYWHERE) as session:
            known = await work.find_registered(session, strangers)
        here = {key: person for key, person in known.items() if scope.covers(person[1])}
        return await in_time(self._judge_strangers, strangers, here)

    def _judge_strangers(
        self, strangers: Mapping[str, list[dict[str, Any]]], here: Mapping[str, tuple[UUID, str]]
    ) -> list[tuple[Any, ...]]:
        return [
            self.judge.only_there(lines, here.get(key), lines[0][AREA] or self.run.area_code)
            for key, lines in strangers.items()
        ]

    async def _finish(self) -> None:
        """It is done; what earlier comparisons with this source found is overtaken, in the same moment."""
        async with self.database.write(_EVERYWHERE) as session:
            run = await lock_row(session, Reconciliation, self.run.id)
            run.state, run.failure, run.finished_at = "done", None, utc_now()
            await close_overtaken(session, run, self.now)

    async def _note(self, **values: Any) -> None:
        async with self.database.write(_EVERYWHERE) as session:
            run = await lock_row(session, Reconciliation, self.run.id)
            for name, value in values.items():
                setattr(run, name, value)


async def _grouped(pages: AsyncIterator[Sequence[Any]], groups: Sequence[str]) -> AsyncIterator[tuple[str, list[Any]]]:
    """Rows of the ledger, which come in the order of letters, by the group that the first letter of the key is in; each
    group once, also where the ledger has nobody."""
    waiting, held = iter(groups), list[Any]()
    letters = next(waiting)
    async for page in pages:
        for row in page:
            while row["person_key"][0] not in letters:
                yield letters, held
                letters, held = next(waiting), []
            held.append(row)
    yield letters, held
    for letters in waiting:
        yield letters, []
