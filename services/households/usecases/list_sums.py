"""The sums of a comparison, in processes of their own, which take the parts of a list in turn.

What the register knows of a part is asked by whoever has the database, between `enter` and `compare`. What is found
comes back in the order of the list, as if one had compared it: the parts have no household in common, and whether
somebody of a part was taken in one before it is told to whoever compares it.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import cycle, islice
from typing import NamedTuple
from uuid import UUID

import polars as pl

from services.households.queries.imports import Named, named
from services.households.rules.imports import Known
from services.households.usecases.list_check import Comparison
from services.households.usecases.list_entries import EntryMaker, ListedEntry
from services.households.usecases.list_layout import Laid
from shared.side_processes import SideProcesses, side_processes

AT_ONCE = 2
"""Parts that are compared at the same time."""
_AHEAD = 2
"""Parts that each process may have entered before they are compared: it has to do while the register is asked."""


class Asked(NamedTuple):
    """What must be known of a part before it is compared."""

    rows: int
    named: Named
    heads: Sequence[str]  # keys of persons
    monitored: Sequence[str]  # codes of households of whose monitoring the list speaks
    counted: Sequence[str]  # likewise, of whose number of people it does


Answer = tuple[Known, Mapping[str, UUID | None], Mapping[UUID, str], Mapping[UUID, int]]
"""What is known of it: see `Comparison.compare`."""


@dataclass(slots=True)
class PartSums:
    """What a side process has of its own."""

    maker: EntryMaker
    comparison: Comparison
    _entered: deque[Sequence[ListedEntry]] = field(default_factory=deque)

    def enter(self, part: pl.DataFrame) -> Asked:
        """Make entries of the rows of a part; they wait here until they are compared."""
        entries = self.maker.entries(part)
        self._entered.append(entries)
        return Asked(
            part.height,
            named(entries),
            [one.head_key for one in entries if one.head_key],
            [one.code for one in entries if one.case.get("class") is not None],
            [one.code for one in entries if one.people is not None],
        )

    def compare(self, number: int, answer: Answer) -> Laid:
        """Judge and lay out the part that has waited longest; what it lays out is numbered from there."""
        return self.comparison.compare(self._entered.popleft(), *answer, number)

    def end(self) -> Comparison:
        """What was found of all its parts."""
        return self.comparison


@dataclass(slots=True)
class Comparing:
    """Compares the parts of one list.

    `persons`: keys of all who stand in it, those of refused households too. `comparison`: what was found, at the end.
    """

    comparison: Comparison
    persons: set[str] = field(default_factory=set)
    _rows: int = 0  # so far
    _left_out: set[str] = field(default_factory=set)  # of `persons`, who were not taken
    _going: deque[tuple[set[str], Future[Laid]]] = field(default_factory=deque)

    def leave_out(self, person_key: str) -> None:
        """Somebody stands in the list whose row cannot be read."""
        self.persons.add(person_key)
        self._left_out.add(person_key)

    async def laid(
        self, maker: EntryMaker, parts: Iterable[pl.DataFrame], ask: Callable[[Asked], Awaitable[Answer]]
    ) -> AsyncGenerator[Laid]:
        """What would be written, part by part, in their order."""
        own = PartSums(maker, self.comparison.blank())
        with ExitStack() as stack:
            sides = [stack.enter_context(side_processes(1, own)) for _ in range(AT_ONCE)]
            entering = ((one, one.begin(PartSums.enter, part)) for one, part in zip(cycle(sides), parts))  # endless
            ahead = deque(islice(entering, AT_ONCE * _AHEAD))
            while ahead:
                side, entered = ahead.popleft()
                asked = await asyncio.wrap_future(entered)
                again = self.persons.intersection(asked.named.persons)
                while len(self._going) >= (1 if again else AT_ONCE):
                    yield await self._next()
                await self._begin(side, asked, again, ask)
                ahead.extend(islice(entering, 1))
            while self._going:
                yield await self._next()
            for side in sides:
                self.comparison.add(await asyncio.wrap_future(side.begin(PartSums.end)))

    async def _begin(
        self,
        side: SideProcesses[PartSums],
        asked: Asked,
        again: set[str],
        ask: Callable[[Asked], Awaitable[Answer]],
    ) -> None:
        """Have a part compared. `again`: who stands in parts before it as well, all of which have been compared."""
        answer = await ask(asked)
        answer[0].seen_persons = again - self._left_out
        self._going.append((again, side.begin(PartSums.compare, 3 * self._rows, answer)))
        self._rows += asked.rows  # each may lay out a household, a person, and who is claimed
        self.persons.update(asked.named.persons)

    async def _next(self) -> Laid:
        again, comparing = self._going.popleft()
        laid = await asyncio.wrap_future(comparing)
        self._left_out = self._left_out - again | laid.left_out
        return laid
