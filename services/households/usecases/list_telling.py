"""Others hear of the people of a list that is written, in as few events as may be, in the bulk lane.

Of who is new together with their household all that is told lies ready before they are inserted: a side process seals
it meanwhile. What it cannot know is the moment, which must be after the insert (`telling`): until then it is `begun`.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from pydantic_core import to_json

from services.households.events import MOST_MEMBERS
from services.households.models import RegisterImport
from services.households.queries import list_writing as write
from services.households.queries.labour import LabourFacts
from services.households.usecases.labour_telling import TOLD_OF_PERSON, tell_labour
from services.households.usecases.telling import clock, told_of
from shared.ahead import begun_ahead, laid_aside, made_ahead
from shared.areas import Scope
from shared.db.engine import Database, WriteSession
from shared.lanes import Lane
from shared.outbox.emit import emit_rows
from shared.outbox.emit import row as outbox_row
from shared.security.vault import Vault
from shared.side_processes import SideProcesses, side_processes
from shared.telemetry import current_traceparent

IN_MEMORY = 64 << 20
"""Bytes of sealed events that wait in memory, some 90,000 people; of a county's 1.2 GB the others wait in a file."""
Page = Sequence[tuple[Any, ...]]
Sealed = tuple[int, list[tuple[Any, ...]]]
"""How many people, and the outbox rows that tell of them, as of `begun`."""


@dataclass(frozen=True, slots=True)
class Telling:
    """What is told of one import. `new`: see `list_writing.list_new`, on its way since before they were inserted.

    `before`: how many were told already.
    """

    row: RegisterImport
    vault: Vault
    begun: datetime
    tellers: SideProcesses[Vault]
    new: AsyncIterator[Sealed]
    before: int = 0

    async def tell(self, session: WriteSession, retold: Sequence[UUID], *, removed: bool) -> int:
        """Tell of everybody, as they live now that it is written; how many who came, left or live otherwise."""
        told, now = self.before, await clock(session)
        others = write.list_told(session, self.row.id, retold, MOST_MEMBERS, removed=removed)
        for sealed in (self.new, _sealed(self.tellers, others, self.begun)):
            async for people, rows in made_ahead(partial(as_of, now, self.begun), sealed):
                await emit_rows(session, rows)
                told += people
        async for keys in write.list_changed(session, self.row.id, TOLD_OF_PERSON, MOST_MEMBERS):
            await tell_labour(session, self.vault, keys, Lane.BULK)
        return told


@asynccontextmanager
async def telling(
    database: Database, vault: Vault, row: RegisterImport, scope: Scope, now: datetime, before: int = 0
) -> AsyncIterator[Telling]:
    """Begin to seal what will be told of who is new. What was laid out is read beside the transaction that writes it."""
    with side_processes(1, vault) as tellers:  # one keeps up with the database
        async with laid_aside(_sealed(tellers, _list_new(database, row.id, scope), now), IN_MEMORY) as new:
            yield Telling(row, vault, now, tellers, new, before)


async def _list_new(database: Database, import_id: UUID, scope: Scope) -> AsyncIterator[Page]:
    async with database.read(scope) as session:
        async for page in write.list_new(session, import_id, MOST_MEMBERS):
            yield page


def _sealed(tellers: SideProcesses[Vault], pages: AsyncIterator[Page], begun: datetime) -> AsyncGenerator[Sealed]:
    """While some pages are sealed, the next one is read."""
    trace = current_traceparent()
    return begun_ahead(lambda page: tellers.begin(seal, page, begun, trace), pages)


def seal(vault: Vault, page: Page, begun: datetime, trace: str | None) -> Sealed:
    """What is told of those people, values of `LabourFacts`. Sums."""
    events = told_of(vault, list(map(LabourFacts._make, page)), begun)
    return len(page), [outbox_row(event, trace, Lane.BULK) for event in events]


def as_of(now: datetime, begun: datetime, sealed: Sealed) -> Sealed:
    """The same with records that are true since `now`. Within a text of JSON no quote stands alone."""
    people, rows = sealed
    was, then = _since(begun), _since(now)
    return people, [tuple(one.replace(was, then) if isinstance(one, str) else one for one in row) for row in rows]


def _since(moment: datetime) -> str:
    return f'"changed_at":{to_json(moment).decode()}'
