"""What an import found, as a workbook that is written while it is sent."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import polars as pl

from services.households.api import list_views as views
from services.households.api.reader import Reader
from services.households.models import RegisterImport
from services.households.rules.register_imports import Outcome
from services.households.schemas.register_imports import (
    ListCounts,
    ListFieldChange,
    ListFindingView,
    RegisterImportView,
)
from services.households.workbook_lists import NO, YES
from shared.db.engine import Database
from shared.http.fields import AreaView
from shared.workbook_stream import Sheet, stream_workbook, text_frame, waiter

PAGE = 2_000
_COUNTED = tuple(ListCounts.model_fields)
_OUTCOMES: tuple[Outcome, ...] = ("added", "changed", "conflicting", "warned", "vanished")
_COLUMNS = ("area", "national-code", "name", "file", "sheet", "row", "field", "before", "after", "why")


def result_pieces(database: Database, row: RegisterImport, view: RegisterImportView, reader: Reader) -> Iterator[bytes]:
    """The workbook. Made in the loop, read in a thread: pages are fetched back in the loop, each by itself."""
    wait = waiter()
    headings = [reader.say(f"list-result-{name}") for name in _COLUMNS]
    sheets: list[Sheet] = [_summary(view, reader)]
    for outcome in _OUTCOMES:
        page = partial(_page, database, row, outcome, reader)
        sheets.append((reader.say(f"list-outcome-{outcome}"), headings, _frames(page, wait)))
    return stream_workbook(sheets)


def _summary(view: RegisterImportView, reader: Reader) -> Sheet:
    parts = [
        ("household", [one.households for one in view.townships]),
        ("member", [one.members for one in view.townships]),
    ]
    headings = [reader.say("list-result-area")]
    headings += [
        f"{reader.say(f'list-part-{part}')}: {reader.say(f'list-outcome-{name}')}"
        for part, _ in parts
        for name in _COUNTED
    ]
    rows = [
        [
            _place(town.area),
            *(str(getattr(one, name)) for one in (town.households, town.members) for name in _COUNTED),
        ]
        for town in view.townships
    ]
    return reader.say("list-result-summary"), headings, [text_frame(rows, len(headings))]


def _frames(page: Callable[[int], Any], wait: Callable[[Any], list[ListFindingView]]) -> Iterator[pl.DataFrame]:
    after = 0
    while found := wait(page(after)):
        after = found[-1].number
        yield text_frame([row for one in found for row in _rows(one)], len(_COLUMNS))


async def _page(
    database: Database, row: RegisterImport, outcome: Outcome, reader: Reader, after: int
) -> list[ListFindingView]:
    async with database.read(reader.who.scope) as session:
        return await views.find_views(session, row, outcome, after, PAGE, reader)


def _rows(one: ListFindingView) -> Iterator[list[str | None]]:
    """A line for each field that changed, with what is worth a look about its row; one where there is none."""
    place = [_place(one.area), one.national_code, one.name, _text(one.file), _text(one.sheet), _text(one.row)]
    changes: Sequence[ListFieldChange | None] = one.changes or [None]
    for change in changes:
        if change is None:
            yield [*place, one.field, None, None, one.message]
        else:
            yield [*place, change.title, _text(change.before), _text(change.after), one.message]


def _place(area: AreaView | None) -> str:
    return "/".join(area.names) if area else ""


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return YES if value else NO
    if isinstance(value, list):
        return "、".join(map(str, value))
    return str(value) if value is not None else None
