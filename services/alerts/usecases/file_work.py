"""The rows of a file are worked off, part by part.

A part is one transaction: alerts with their events, mistakes, what became of each row, and the mark behind them. So a
worker killed at any moment has lost or doubled nothing, and the next one goes on from the mark. Parts are small where
many rows trigger, so that no single report waits long for a subject that a file holds.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from services.alerts.models import File
from services.alerts.queries import files
from services.alerts.queries.known import Facts, find_facts
from services.alerts.rules.files import FRAME_ROWS, MAX_FAULTS, Counts, Outcome
from services.alerts.usecases.file_alerts import Prepared, Sender, prepare, tidied
from services.alerts.usecases.file_rows import PLACE, Ledger, areas_and_values, sieve
from services.alerts.usecases.file_screening import RuleSet, decide, may_trigger
from services.alerts.usecases.storing import store_alerts
from services.alerts.usecases.unmatched import keep_unmatched
from shared.areas import Scope
from shared.db.engine import Database, WriteSession
from shared.idnumber import IdNumber
from shared.security.vault import Vault
from shared.tables import Frame

PART_ALERTS = 2_000
"""Rows of a part that trigger; as many others lie between them as a frame holds."""
_EVERYWHERE = Scope.everywhere()


class MarkMoved(Exception):
    """Another worker went on with the file, or somebody stopped it: what we have of it is not wanted."""


@dataclass(frozen=True, slots=True)
class Job:
    """A file with all that its rows are held against."""

    file: File
    sender: Sender
    rules: RuleSet
    values: Mapping[str, Mapping[str, str]]  # by field: what a cell may say → the feed's code for it
    area_names: Mapping[str, str]
    expires_at: datetime  # of rows that wait for the register


@dataclass(frozen=True, slots=True)
class Sieved:
    """A frame after the first look: what is left may trigger."""

    start: int  # rows of the file before it
    ledger: Ledger
    screened: int
    candidates: pl.DataFrame
    keys: Sequence[str | None]  # of the person or household of each candidate; empty when nobody asks


@dataclass(frozen=True, slots=True)
class Decided:
    """A frame after the second look."""

    start: int
    ledger: Ledger
    triggered: pl.DataFrame
    waiting: pl.DataFrame


class FileWork:
    """One file on its way through; `run` does it."""

    def __init__(self, database: Database, vault: Vault, job: Job, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._vault = vault
        self._job = job
        self._clock = clock
        self._mark = job.file.rows_read
        self._room = MAX_FAULTS - job.file.faults
        self._position = 0

    async def run(self, frames: Iterator[Frame]) -> None:
        """Work off all that is left. Raises `MarkMoved`, `TableInvalid`, and what the database does."""
        coming = asyncio.create_task(asyncio.to_thread(self._next, frames))
        try:
            while (sieved := await coming) is not None:
                # The next frame is read while the database stores this one.
                coming = asyncio.create_task(asyncio.to_thread(self._next, frames))
                await self._work_frame(sieved)
        finally:
            with suppress(Exception):  # a thread cannot be stopped; the stream it reads from is closed after this
                await coming
        async with self._database.write(_EVERYWHERE) as session:
            await files.finish(session, self._job.file.id, self._mark, self._clock())

    def _next(self, frames: Iterator[Frame]) -> Sieved | None:
        """Read and sieve the next frame that is not done yet; None when there is none."""
        for frame in frames:
            start = self._position
            self._position += frame.data.height
            if self._position > self._mark:
                return self._sieve(frame, start)
        return None

    def _sieve(self, frame: Frame, start: int) -> Sieved:
        job = self._job
        ledger, good = sieve(frame)
        good = areas_and_values(good, job.area_names, job.values)
        candidates = tidied(may_trigger(job.rules, good))
        keys = self._keys(candidates) if self._asks(candidates) else ()
        return Sieved(start, ledger, good.height, candidates, keys)

    def _asks(self, candidates: pl.DataFrame) -> bool:
        """Whether the register has to be asked: for a rule's facts, or where somebody lives."""
        return self._job.rules.facts or candidates["area_code"].null_count() > 0

    def _keys(self, candidates: pl.DataFrame) -> list[str | None]:
        vault = self._vault
        blank = [None] * candidates.height
        names = ("person.id_number", "household.national_code")
        ids, codes = (candidates[name].to_list() if name in candidates.columns else blank for name in names)
        return [
            vault.person_key(IdNumber(one)) if one else vault.household_key(code) if code else None
            for one, code in zip(ids, codes, strict=True)
        ]

    async def _work_frame(self, sieved: Sieved) -> None:
        decided = await self._decide(sieved)
        first = True
        parts = list(cut(decided, len(decided.ledger.outcomes)))
        ready = await asyncio.to_thread(self._prepare, parts[0][2])
        for number, (begin, end, _, waiting) in enumerate(parts):
            # The next part is sealed while the database stores this one.
            following = parts[number + 1][2] if number + 1 < len(parts) else None
            coming = asyncio.create_task(asyncio.to_thread(self._prepare, following))
            try:
                if decided.start + end > self._mark:
                    await self._store(decided, begin, end, ready, waiting, first)
            finally:
                ready = await coming
            first = False

    async def _decide(self, sieved: Sieved) -> Decided:
        candidates = sieved.candidates
        if not sieved.keys:
            return Decided(sieved.start, sieved.ledger, candidates, candidates.clear())
        facts = await self._facts(sieved.keys, candidates)
        candidates = _at_home(candidates, sieved.keys, facts, self._job.sender.scope)
        if not self._job.rules.facts:
            return Decided(sieved.start, sieved.ledger, candidates, candidates.clear())
        triggered, waiting = await asyncio.to_thread(decide, self._job.rules, candidates, sieved.keys, facts)
        return Decided(sieved.start, sieved.ledger, triggered, waiting)
