"""The rows of a file are worked off, part by part.

A part is one transaction: alerts with their events, mistakes, what became of each row, and the mark behind them. So a
worker killed at any moment has lost or doubled nothing, and the next one goes on from the mark. Parts are small where
many rows trigger, so that no single report waits long for a subject that a file holds.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from math import ceil

import numpy as np
import polars as pl

from services.alerts.models import File
from services.alerts.queries import files
from services.alerts.queries.known import find_facts
from services.alerts.queries.unmatched import Key, Whom, delete_corrected, list_numbers, lock_rows
from services.alerts.rules.files import MAX_FAULTS, Counts, Outcome
from services.alerts.usecases.file_alerts import Prepared, prepare
from services.alerts.usecases.file_checks import Sender
from services.alerts.usecases.file_look import Looked, Sieve, look, look_again, under_numbers, wanted
from services.alerts.usecases.file_rows import PLACE
from services.alerts.usecases.file_storing import Became, store
from services.alerts.usecases.waiting import keep
from shared.ahead import ahead
from shared.areas import Scope
from shared.db.engine import Database
from shared.security.vault import Vault
from shared.tables import Frame
from shared.tables.table import refusal
from shared.time_limit import TookTooLong, in_time

PART_ALERTS = 4_500
"""Rows of a part that trigger, at most; as many others lie between them as a frame holds. Parts of half as many cost a
tenth more a row, so those of a frame are alike: none is a small rest."""
_EVERYWHERE = Scope.everywhere()


class MarkMoved(Exception):
    """Another worker went on with the file, or somebody stopped it: what we have of it is not wanted."""


@dataclass(frozen=True, slots=True)
class ReadyFile:
    """A file with all that its rows are held against."""

    file: File
    sender: Sender
    sieve: Sieve
    expires_at: datetime  # of rows that wait for the register


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of a frame from one place up to another, with those that trigger or wait."""

    begin: int
    end: int
    triggered: pl.DataFrame
    waiting: pl.DataFrame


class FileWork:
    """One file on its way through; `run` does it."""

    def __init__(self, database: Database, vault: Vault, ready: ReadyFile, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._vault = vault
        self._job = ready
        self._clock = clock
        self._mark = ready.file.rows_read
        self._faults = ready.file.faults
        self._waiting = set[str]()  # numbers of rows of this file that wait
        self._rules = [rule.id for rule in ready.sieve.rules.in_force]

    async def run(self, frames: Iterator[Frame]) -> None:
        """Work off all that is left. Raises `MarkMoved`, `TableInvalid`, and what the database does.

        Headings and nothing else may be an empty month or a filter left on: neither a push nor a zero report.
        """
        # While a part is stored the next one is sealed, the next frame is looked at, and the one after that is read.
        looked = ahead(self._look(ahead(frames)))
        parts = self._parts(looked)
        coming = asyncio.create_task(anext(parts, None))
        try:
            while (ready := await asyncio.shield(coming)) is not None:
                coming = asyncio.create_task(anext(parts, None))
                await self._store(*ready)
        finally:
            if await _ended(coming):
                await asyncio.shield(asyncio.to_thread(looked.close))
        if not self._mark:
            raise refusal("table-without-rows")
        async with self._database.write(_EVERYWHERE) as session:
            if not await files.finish(session, self._job.file.id, self._mark, self._clock()):
                raise MarkMoved

    def _look(self, frames: Generator[Frame]) -> Iterator[Looked]:
        """Look at the rows of each frame that is not done yet."""
        position = 0
        with closing(frames):
            for frame in frames:
                start, position = position, position + frame.data.height
                if position > self._mark:
                    yield look(frame, start, self._job.sieve, self._vault)

    async def _parts(self, frames: Iterator[Looked]) -> AsyncGenerator[tuple[Looked, Part, Prepared]]:
        """All that is left, part by part, ready to be stored."""
        while (looked := await in_time(next, frames, None)) is not None:
            if looked.keys:
                async with self._database.single() as connection:
                    facts = await find_facts(connection, *wanted(looked), self._job.sender.feed.risk_family)
                looked = await in_time(look_again, looked, facts, self._job.sieve.rules)
            looked = await self._under_waiting(looked)
            for part in cut(looked, max(0, self._mark - looked.start)):
                yield looked, part, await in_time(self._prepare, part, looked.start)

    async def _under_waiting(self, looked: Looked) -> Looked:
        """With the rows that came under the number of one that waits, from another file or from above in this one."""
        if looked.numbered is None:
            return looked
        self._waiting.update(looked.waiting["source_ref"].drop_nulls())
        async with self._database.single() as connection:
            numbers = self._waiting.union(await list_numbers(connection, self._job.file.feed))
        return await in_time(under_numbers, looked, numbers, self._vault)

    def _prepare(self, part: Part, start: int) -> Prepared:
        return prepare(part.triggered, part.waiting, self._job.sender, self._vault, start)

    async def _store(self, looked: Looked, part: Part, ready: Prepared) -> None:
        """One part, one transaction."""
        file, ledger, now = self._job.file, looked.ledger, self._clock()
        async with self._database.write(_EVERYWHERE) as session:
            kept = await lock_rows(session, numbers_of(looked, part, ready, file.feed))
            if not await files.lock_at(session, file.id, self._mark):
                raise MarkMoved
            waiting = await keep(session, file, kept, ready.waiting, now, self._job.expires_at)
            stored = await store(session, ready, self._vault)
            write_down(looked, ready, stored, waiting)
            await delete_corrected(session, ended(looked, part, ready, file.feed))
            counts = count(looked, part)
            if counts.faults and (room := MAX_FAULTS - self._faults) > 0:
                await files.insert_faults(session, file.id, ledger.faults(part.begin, part.end)[:room])
            done = files.PartDone(
                outcomes=ledger.outcomes[part.begin : part.end].tobytes(),
                reasons=ledger.reasons,
                alerts=ledger.alerts(part.begin, part.end),
                rules=self._rules,
                judged_on=self._job.sieve.rules.today,
            )
            await files.move_on(session, file.id, self._mark, counts, done, now)
        self._mark += counts.rows_read
        self._faults += counts.faults


def cut(looked: Looked, begin: int) -> list[Part]:
    """The rows of a frame from `begin` on, in parts."""
    height = len(looked.ledger.outcomes)
    if begin == 0 and looked.rows.height + looked.waiting.height <= PART_ALERTS:
        return [Part(0, height, looked.rows, looked.waiting)]
    places = pl.concat([looked.rows[PLACE], looked.waiting[PLACE]]).sort().to_list()
    places = [place for place in places if place >= begin]
    each = ceil(len(places) / ceil(len(places) / PART_ALERTS)) if places else 1
    ends = [*places[each::each], height]
    parts = []
    for end in ends:
        here = pl.col(PLACE).is_between(begin, end, closed="left")
        parts.append(Part(begin, end, looked.rows.filter(here), looked.waiting.filter(here)))
        begin = end
    return parts


def write_down(looked: Looked, ready: Prepared, stored: Sequence[Became], waiting: Sequence[Outcome | None]) -> None:
    """What became of the part's rows, None: their number belongs to somebody else; and whether their people are known."""
    ledger = looked.ledger
    for place, mistake in ready.refused:
        ledger.refuse(place, *mistake)
    looked.matched[ready.places] |= np.array([matched for _, matched, _ in stored], np.bool_)
    places = [*ready.places, *(one.place for one in ready.waiting)]
    ledger.settle(places, [*(outcome for outcome, _, _ in stored), *waiting])
    ledger.name_alerts(ready.places, [alert for _, _, alert in stored])


def numbers_of(looked: Looked, part: Part, ready: Prepared, feed: str) -> set[Key]:
    """By which rows wait that the part may concern."""
    again = [one.dedup for one in looked.again if part.begin <= one.place < part.end]
    return {(feed, dedup) for dedup in (*again, *(row.dedup for row in ready.waiting))}


def ended(looked: Looked, part: Part, ready: Prepared, feed: str) -> dict[Key, Whom]:
    """Of the part's rows under a number that waits, those that do not: alerts, and what does not trigger any more.

    Where the same number waits further down, that counts.
    """
    waits = {one.dedup: one.place for one in ready.waiting}
    return {
        (feed, one.dedup): one.whom
        for one in looked.again
        if part.begin <= one.place < part.end
        and looked.ledger.outcomes[one.place] < Outcome.REJECTED
        and one.place > waits.get(one.dedup, -1)
    }


def count(looked: Looked, part: Part) -> Counts:
    """The rows of a part by what became of them."""
    ledger, begin, end = looked.ledger, part.begin, part.end

    def rows(*outcomes: Outcome) -> int:
        return ledger.count(begin, end, *outcomes)

    return Counts(
        rows_read=end - begin,
        screened=end - begin - ledger.unread(begin, end),
        triggered=part.triggered.height,
        matched=int(np.count_nonzero(looked.matched[part.triggered[PLACE].to_numpy()])),
        stored=rows(Outcome.STORED, Outcome.REOPENED),
        repeated=rows(Outcome.REPEATED),
        merged=rows(Outcome.MERGED),
        worsened=rows(Outcome.WORSENED),
        snoozed=rows(Outcome.SNOOZED),
        rejected=rows(Outcome.REJECTED),
        unmatched=rows(Outcome.UNMATCHED),
        faults=len(ledger.faults(begin, end)),
    )


async def _ended(coming: "asyncio.Task[object]") -> bool:
    """A thread cannot be stopped, only waited for: it must not read on from what is closed after this. False: it does,
    and is not waited for any longer."""
    try:
        await asyncio.shield(coming)
    except TookTooLong:
        return False
    except Exception:
        return True
    return True
