"""What a comparison found, as a workbook that is written while it is sent."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import polars as pl

from services.jobs.api import reconciliation_views as views
from services.jobs.api.reader import Reader
from services.jobs.models import Reconciliation
from services.jobs.queries import reconciliation as queries
from services.jobs.queries.reconciliation import RowFilter
from services.jobs.rules.months import month_text
from services.jobs.rules.reconciliation import OUTCOMES, Outcome
from services.jobs.usecases.sealing import ID_NUMBER
from shared.areas import Scope
from shared.db.engine import Database
from shared.masking import mask_id_number, mask_name
from shared.projections.areas import find_names_above
from shared.workbook_stream import Sheet, Wait, stream_workbook, text_frame, waiter

PAGE = 2_000
_PERSON = ("area", "name", "id-number")
_COLUMNS: dict[Outcome, tuple[str, ...]] = {
    "differs": (*_PERSON, "field", "ours", "theirs", "file", "sheet", "row", "settled"),
    "only_here": (*_PERSON, "said", "settled"),
    "only_there": (*_PERSON, "said", "file", "sheet", "row", "settled"),
}


@dataclass(frozen=True, slots=True)
class ResultWorkbook:
    """One workbook for one reader: numbers by village first, then a sheet for each way of not being the same.

    ID numbers stand in it in clear for those who work with people, masked for others; who took it stands above.
    """

    database: Database
    run: Reconciliation
    reader: Reader
    scope: Scope

    def pieces(self, villages: Sequence[Any], taken_at: datetime) -> Iterator[bytes]:
        """The workbook. Made in the loop, read in a thread: pages are fetched back in the loop, each by itself."""
        wait = waiter()
        sheets: list[Sheet] = [self._summary(villages, taken_at)]
        for outcome in _COLUMNS:
            headings = [self.reader.say(f"reconciliation-column-{name}") for name in _COLUMNS[outcome]]
            page = partial(self._page, outcome)
            sheets.append((self._outcome(outcome), headings, self._frames(outcome, page, wait)))
        return stream_workbook(sheets)

    def _summary(self, villages: Sequence[Any], taken_at: datetime) -> Sheet:
        say = self.reader.say
        watermark = self.reader.watermark("reconciliation-watermark", taken_at, run=self.run.id)
        unsettled = say("reconciliation-column-unsettled")
        headings = [say("reconciliation-column-area"), *map(self._outcome, OUTCOMES), unsettled]
        rows = [
            ["/".join(one.area.names), *(str(getattr(one, name)) for name in OUTCOMES), str(one.unsettled)]
            for one in villages
        ]
        source = self.reader.code("export_source", self.run.source)
        title = say("reconciliation-title", source=source, month=month_text(self.run.month))
        blank: list[str | None] = [None] * (len(headings) - 1)
        framed = text_frame([[title, *blank], headings, *rows], len(headings))
        return say("reconciliation-summary"), [watermark, *[""] * (len(headings) - 1)], [framed]

    def _outcome(self, outcome: Outcome) -> str:
        return self.reader.code("reconciliation_outcome", outcome)

    def _frames(self, outcome: Outcome, page: Callable[[UUID | None], Any], wait: Wait) -> Iterator[pl.DataFrame]:
        after = None
        while True:
            rows, after = wait(page(after))
            if rows:
                yield text_frame(rows, len(_COLUMNS[outcome]))
            if after is None:
                return

    async def _page(self, outcome: Outcome, after: UUID | None) -> tuple[list[list[str | None]], UUID | None]:
        async with self.database.read(self.reader.who.scope) as session:
            found = await queries.list_rows(session, self.scope, self.run.id, RowFilter(outcome), after, PAGE)
            shown = await views.load_rows(session, found, self.reader)
            names = await find_names_above(session, [one.area_code for one in found])
        rows = await asyncio.to_thread(lambda: [line for one in shown for line in self._lines(one, names)])
        return rows, found[-1].id if found else None

    def _lines(self, shown: views.ShownRow, names: dict[str, str]) -> Iterator[list[str | None]]:
        """Of who differs a line for each field in which they do; else one that says what the one side says."""
        row = shown.row
        person: list[str | None] = ["/".join(self.reader.area(row.area_code, names).names), *self._who(shown)]
        place = [None if one is None else str(one) for one in _place(row.file, row.sheet, row.row_number)]
        settled = self.reader.say(f"reconciliation-settled-{row.settled}") if row.settled else None
        told = views.differences_of(shown, self.reader)
        if row.outcome == "differs":
            for one in told:
                if one.differs:
                    yield [*person, one.title, _text(one.ours), _text(one.theirs), *place, settled]
            return
        ours = row.outcome == "only_here"
        said = "; ".join(f"{one.title}: {_text(one.ours if ours else one.theirs)}" for one in told) or None
        yield [*person, said, *([] if ours else place), settled]

    def _who(self, shown: views.ShownRow) -> tuple[str | None, str | None]:
        reader, person = self.reader, shown.person
        if person is not None:
            number = reader.vault.open(person.id_number_sealed, ID_NUMBER).decode()
            return reader.name(person), number if reader.sees_people else mask_id_number(number)
        name, given = shown.said.get("name"), shown.said.get("id_number")
        if reader.sees_people or given is None:
            return name, given
        return mask_name(name) if name else None, mask_id_number(given)


def _place(file: int | None, sheet: int | None, row: int | None) -> tuple[int | None, ...]:
    return (None if file is None else file + 1, None if sheet is None else sheet + 1, row)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
