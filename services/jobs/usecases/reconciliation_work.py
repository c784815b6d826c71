"""One comparison of an export with the ledger, from its files to its rows. Whatever stops it, the next try begins anew:
rows of a comparison that is not done are shown to nobody, and forgotten first."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
import polars as pl

from services.jobs.exports import EXPORTS
from services.jobs.models import Reconciliation
from services.jobs.queries import reconciliation as queries
from services.jobs.queries import reconciliation_work as work
from services.jobs.rules.comparing import least_different
from services.jobs.rules.reconciliation import Outcome, is_expected
from services.jobs.usecases.export_reading import AREA, AT, KEY, ExportReader, Listing, by_person, statement
from services.jobs.usecases.ledger_statements import ROW, ledger_statement
from services.jobs.usecases.reconciliation import Shelf, comparison_in_force, files_of, forget_rows
from services.jobs.usecases.reconciliation_tasks import close_overtaken
from shared.areas import AreaCode, Scope
from shared.clock import local_date, utc_now
from shared.contracts.jobs_reconcile_policies import ExportRule, LedgerComparison
from shared.db.engine import Database
from shared.ids import new_id
from shared.security.vault import Vault
from shared.villages import Villages

PART = 10_000
"""People compared in one transaction."""
_EVERYWHERE = Scope.everywhere()
_NOBODY = UUID(int=0)


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

    def of_ledger(self, ledger: Iterable[Any], there: dict[str, list[dict[str, Any]]]) -> list[tuple[Any, ...]]:
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
    """Reads, compares, lays down."""

    database: Database
    shelf: Shelf
    run: Reconciliation
    now: datetime
    judge: Judge = field(init=False)

    async def work(self) -> None:
        """Compare the whole set. Raises `TableInvalid`, `FileNotFoundError`, `CannotOpen`, `PolicyMissing`."""
        await forget_rows(self.database, self.run.id)
        async with self.database.write(_EVERYWHERE) as session:
            comparison, policy_id = await comparison_in_force(session, self.run.area_code, self.now)
            areas = await work.list_active_areas(session)
            run = await queries.lock_run(session, self.run.id)
            run.state, run.policy_id, run.rows_read, run.people_compared = "reading", policy_id, 0, 0
        self.judge = Judge(self.shelf.vault, self.run, comparison, self.now)
        listing = await self._read(Villages(areas, Scope.of(AreaCode(self.run.area_code)), {}), comparison)
        await self._note(state="comparing", rows_read=listing.rows.height, notes=dict(listing.notes))
        matched = await self._compare_ledger(listing.rows)
        await self._lay_only_there(listing.rows.filter(pl.Series(~matched)))
        await self._finish()

    async def _read(self, villages: Villages, comparison: LedgerComparison) -> Listing:
        rule = comparison.sources[self.run.source]
        own, today = self.run.area_code[:6].ljust(12, "0"), local_date(self.now)
        reader = ExportReader(EXPORTS[self.run.source], rule.headings, villages, own, self.shelf.vault, today)
        for number, file in enumerate(files_of(self.run, self.shelf.vault)):
            await asyncio.to_thread(_read_file, reader, self.shelf, self.run.id, number, file["name"])
            await self._note(rows_read=reader.read)
        return await asyncio.to_thread(reader.listing)

    async def _compare_ledger(self, rows: pl.DataFrame) -> "np.ndarray[Any, Any]":
        """Compare page by page; which of `rows` are about people whom the ledger has."""
        matched = np.zeros(rows.height, np.bool_)
        async with self.database.read(_EVERYWHERE) as session:
            people = await work.count_ledger(session, self.run.month, self.run.area_code)
        await self._note(people_estimate=people)
        after, compared = _NOBODY, 0
        while True:
            async with self.database.read(_EVERYWHERE) as session:
                page = await work.list_ledger(session, self.run.month, self.run.area_code, after, PART)
            if not page:
                return matched
            found = await asyncio.to_thread(self._judge_page, page, rows, matched)
            after, compared = page[-1]["person_id"], compared + len(page)
            async with self.database.write(_EVERYWHERE) as session:
                await work.lay_rows(session, found)
                run = await queries.lock_run(session, self.run.id)
                run.people_compared = compared

    def _judge_page(
        self, page: Sequence[Any], rows: pl.DataFrame, matched: "np.ndarray[Any, Any]"
    ) -> list[tuple[Any, ...]]:
        keys = pl.DataFrame({KEY: [row["person_key"] for row in page]}, schema={KEY: pl.String})
        listed = rows.join(keys, on=KEY, how="semi")
        matched[listed[AT].to_numpy()] = True
        return self.judge.of_ledger(page, dict(by_person(listed)))

    async def _lay_only_there(self, rows: pl.DataFrame) -> None:
        """Who is left. People registered elsewhere are nobody's business here: to this area they are unknown."""
        scope = Scope.of(AreaCode(self.run.area_code))
        keys = rows[KEY].unique(maintain_order=True)
        for start in range(0, len(keys), PART):
            some = keys.slice(start, PART)
            async with self.database.read(_EVERYWHERE) as session:
                known = await work.find_registered(session, some.to_list())
            laid = []
            for key, lines in by_person(rows.join(some.to_frame(), on=KEY, how="semi")):
                here = known.get(key)
                person = here if here is not None and scope.covers(here[1]) else None
                laid.append(self.judge.only_there(lines, person, lines[0][AREA] or self.run.area_code))
            async with self.database.write(_EVERYWHERE) as session:
                await work.lay_rows(session, laid)

    async def _finish(self) -> None:
        """It is done; what earlier comparisons with this source found is overtaken, in the same moment."""
        async with self.database.write(_EVERYWHERE) as session:
            run = await queries.lock_run(session, self.run.id)
            run.state, run.failure, run.finished_at = "done", None, utc_now()
            await close_overtaken(session, run, self.now)

    async def _note(self, **values: Any) -> None:
        async with self.database.write(_EVERYWHERE) as session:
            run = await queries.lock_run(session, self.run.id)
            for name, value in values.items():
                setattr(run, name, value)


def _read_file(reader: ExportReader, shelf: Shelf, run_id: UUID, number: int, name: str) -> None:
    with shelf.open(run_id, number) as file:
        reader.take(number, reader.open(file, name), lambda _: None)
