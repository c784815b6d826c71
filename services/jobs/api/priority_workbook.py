"""A priority list as a workbook, read while it is sent."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import polars as pl

from services.jobs.api import indicator_views as views
from services.jobs.api.reader import Reader
from services.jobs.schemas.indicators import NamedView
from services.jobs.usecases.indicator_board import count_board
from services.jobs.usecases.indicator_names import Asked, list_names, record_reading, require_list
from services.jobs.usecases.indicator_rules import IndicatorRuleSets
from shared.db.engine import Database, WriteSession
from shared.http.pages import cut
from shared.workbook_stream import Wait, stream_workbook, text_frame, waiter

PAGE = 500
"""People read at a time: no transaction is open while somebody's slow line takes the rows before."""
HEADINGS = (
    *("village", "household", "name", "id-number", "sex", "age", "phone", "class", "relocated", "grade", "status"),
    *("able", "willing", "reason", "possible-on", "days-home"),
)


@dataclass(slots=True)
class ListExport:
    """One export for one asker."""

    database: Database
    reader: Reader
    asked: Asked
    today: date
    title: str = ""

    async def begin(self, session: WriteSession, export_id: UUID) -> None:
        """Put on record who takes how much with them, before the first row leaves. Raises `IndicatorUnknown`."""
        rules = await IndicatorRuleSets.load(session)
        one = require_list(rules, self.asked, self.today)
        self.title = getattr(one.title, self.reader.language)
        board = await count_board(session, rules, self.asked.area_prefix, None, self.today, {one.code})
        counted = board.total.get(one.code)
        permit = "priority-list:export"
        await record_reading(
            session, self.reader.who, permit, self.asked, counted.numerator if counted else 0, export_id
        )

    def pieces(self, export_id: UUID, now: datetime) -> Iterator[bytes]:
        """The workbook; call it in the loop, and read it in a thread. The watermark stands above the headings."""
        watermark = self.reader.watermark("priority-list-watermark", now, export=export_id)
        top = [watermark, *[""] * (len(HEADINGS) - 1)]
        return stream_workbook([(self.title, top, self._frames(waiter()))])

    def _frames(self, wait: Wait) -> Iterator[pl.DataFrame]:
        yield text_frame([[self.reader.say(f"priority-list-{name}") for name in HEADINGS]], len(HEADINGS))
        after: tuple[str, UUID] | None = None
        while True:
            people, after = wait(self._page(after))
            if people:
                yield text_frame([self._row(one) for one in people], len(HEADINGS))
            if after is None:
                return

    async def _page(self, after: tuple[str, UUID] | None) -> tuple[list[NamedView], tuple[str, UUID] | None]:
        async with self.database.read(self.reader.who.scope) as session:
            rules = await IndicatorRuleSets.load(session)
            page, last = cut(await list_names(session, rules, self.asked, self.today, after, PAGE + 1), PAGE)
            people = await views.people(session, page, self.reader, self.today)
        return people, (last.area_code, last.person_id) if last else None

    def _row(self, one: NamedView) -> list[str | None]:
        reader = self.reader
        texts = (
            "".join(one.area.names),
            str(one.household_id),
            one.name,
            one.id_number,
            one.sex,
            str(one.age),
            one.phone,
            one.household_class,
            self._yes(one.relocated),
            reader.code("grade", one.grade) if one.grade is not None else None,
            reader.code("ledger_status", one.status) if one.status else reader.say("priority-list-no-row"),
            self._yes(one.able),
            self._yes(one.willing),
            reader.code("home_reason", one.reason) if one.reason is not None else None,
            one.possible_on.isoformat() if one.possible_on is not None else None,
            str(one.days_home) if one.days_home is not None else None,
        )
        return list(texts)

    def _yes(self, value: bool | None) -> str | None:
        return None if value is None else self.reader.say("yes" if value else "no")
