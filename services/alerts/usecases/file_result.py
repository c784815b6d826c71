"""A file as it came, with what became of each row, by which rule, and why not: read from the sealed original while it is
sent.
"""

import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from pathlib import PurePath
from typing import Any
from uuid import UUID

import numpy as np
import polars as pl

from services.alerts.models import Feed, File, FileFault, FilePart
from services.alerts.queries import files
from services.alerts.queries.reference import list_areas
from services.alerts.rules.area_names import area_names
from services.alerts.rules.file_columns import heading_of, headings_of
from services.alerts.rules.files import FRAME_ROWS, MAX_FAULTS, Outcome
from services.alerts.usecases.file_judging import TOLD, Judge, Judges, judged_by, judges_of
from services.alerts.usecases.file_originals import open_kept
from services.alerts.usecases.file_rows import ALERT, alerts_of, parts_in
from services.alerts.usecases.files import name_of, skipped_of
from shared.areas import Scope
from shared.db.engine import WriteSession
from shared.files import Shelf
from shared.messages import Catalogue, Language
from shared.security import audit
from shared.security.principals import Principal
from shared.tables import Frame, Table
from shared.workbook_stream import Sheet, stream_workbook

Say = Callable[..., str]
"""The text of a code with its parameters, in the asker's language."""

_RULE, _BECAME, _WHY, _WHY_NOT, _ALL = "_rule", "_became", "_why", "_why_not", "_all"
_HEADINGS = {
    ALERT: "file-result-alert",
    _RULE: "file-result-rule",
    _BECAME: "file-result-became",
    _WHY: "file-result-why",
}


@dataclass(frozen=True, slots=True)
class Result:
    """What is needed to write the workbook when the session is gone."""

    file: File
    name: str  # as its sender called it, without its ending
    feed: Feed
    parts: Sequence[FilePart]
    faults: Sequence[FileFault]  # the first of them
    table: Table
    judges: Judges

    def pieces(self, texts: Catalogue, language: Language) -> Iterator[bytes]:
        """The workbook; blocks while it reads."""

        def say(code: str, **params: Any) -> str:
            return texts.text(code, language, **params)

        judges = {key: Judge(sieve, self.feed, texts, language) for key, sieve in self.judges.items()}
        return stream_workbook(self._sheets(say, judges))

    def _sheets(self, say: Say, judges: Mapping[Any, Judge]) -> Iterator[Sheet]:
        """One for each sheet that was read, in their order."""
        frames = self._told(say, judges)
        for number, group in groupby(frames, key=lambda one: one[0]):
            sheet = self.table.sheets[number]
            told = (frame for _, frame in group)
            first = next(told)
            width = len(first.columns) - len(_HEADINGS)
            headings = [*sheet.headers[:width], *[""] * (width - len(sheet.headers))]
            yield sheet.name, [*headings, *map(say, _HEADINGS.values())], chain([first], told)
        if skipped := skipped_of(self.table):
            headings = [say(f"file-result-{one}") for one in ("sheet", "name", "why")]
            rows = pl.DataFrame(
                [(str(number), name, say(code)) for number, name, code in skipped],
                dict.fromkeys("nsw", pl.String),
                orient="row",
            )
            yield say("file-result-skipped"), headings, [rows]

    def _told(self, say: Say, judges: Mapping[Any, Judge]) -> Iterator[tuple[int, pl.DataFrame]]:
        """By sheet: the cells of rows, with what became of them."""
        usual = headings_of(self.feed.columns)
        texts = [Texts(say, usual | dict(sheet.headings)) for sheet in self.table.sheets]
        start = 0
        mistakes = _mistakes(self.faults, texts, say("explanation-between"))
        for frame in self.table.frames(FRAME_ROWS):
            end = start + frame.data.height
            of_sheet = texts[frame.data["sheet"][0]] if end > start else texts[0]
            became = [pl.DataFrame(schema=_TEXTS)]
            for part, own in parts_in(self.parts, start, end):
                rows = frame.data[part.first_row + own.start - start : part.first_row + own.stop - start]
                became.append(of_sheet.of(part, own, rows, judges.get(judged_by(part))))
            for told in _one_sheet_each(frame, pl.concat(became), mistakes, say("explanation-between")):
                yield int(told["sheet"][0]), told.drop("row", "sheet")
            start = end
            if self.file.state == "failed" and start >= self.file.rows_read:
                return  # the rest cannot be read


_TEXTS = dict.fromkeys((*_HEADINGS, _WHY_NOT), pl.String)


def _mistakes(faults: Sequence[FileFault], texts: Sequence["Texts"], between: str) -> pl.DataFrame:
    """All that is wrong in a row, in one text: of those whose mistakes are kept."""
    told: dict[tuple[int, int], list[str]] = {}
    for one in faults:
        told.setdefault((one.row_number, one.sheet), []).append(texts[one.sheet].why(one.field, one.code, one.params))
    rows = [(row, sheet, between.join(texts)) for (row, sheet), texts in told.items()]
    return pl.DataFrame(rows, {"row": pl.UInt32, "sheet": pl.UInt8, _ALL: pl.String}, orient="row")


def _one_sheet_each(
    frame: Frame, outcomes: pl.DataFrame, mistakes: pl.DataFrame, between: str
) -> Iterator[pl.DataFrame]:
    if frame.data.is_empty():
        return
    missing = frame.data.height - outcomes.height  # of a file that was stopped
    blank = pl.DataFrame({name: [None] * missing for name in _TEXTS}, schema=_TEXTS)
    whole = frame.originals.hstack(pl.concat([outcomes, blank]))
    whole = whole.join(mistakes, on=["row", "sheet"], how="left", maintain_order="left")
    why = pl.concat_str(_WHY_NOT, pl.coalesce(_ALL, _WHY), separator=between, ignore_nulls=True)
    whole = whole.with_columns(pl.when(why != "").then(why).alias(_WHY)).drop(_ALL, _WHY_NOT)
    yield from whole.partition_by("sheet", maintain_order=True)


class Texts:
    """What became of rows, in words."""

    def __init__(self, say: Say, headings: Mapping[str, str]) -> None:
        self._say = say
        self._headings = headings
        plain = [one for one in Outcome if one < Outcome.REJECTED]
        self._became = {int(one): say(f"file-row-{one.name.lower().replace('_', '-')}") for one in plain}
        self._rejected = say("file-row-rejected")

    def of(self, part: FilePart, own: slice, rows: pl.DataFrame, judge: Judge | None) -> pl.DataFrame:
        """A row of texts for each of these rows, which are the part's `own`."""
        bytes_ = np.frombuffer(zlib.decompress(part.outcomes), np.uint8)[own]
        whys = {Outcome.REJECTED + n: self.why(*reason) for n, reason in enumerate(part.reasons)}
        outcome = pl.Series("outcome", bytes_)
        judged = judge.tell(rows) if judge is not None else pl.DataFrame(schema=TOLD).clear(len(bytes_))
        return judged.select(
            alerts_of(part)[own].alias(ALERT),
            pl.when(outcome < Outcome.REJECTED).then(_RULE).alias(_RULE),
            outcome.replace_strict(self._became, default=self._rejected, return_dtype=pl.String).alias(_BECAME),
            outcome.replace_strict(whys, default=None, return_dtype=pl.String).alias(_WHY),
            pl.when(outcome == Outcome.NOT_TRIGGERED).then(_WHY_NOT).alias(_WHY_NOT),
        )

    def why(self, field: str, code: str, params: Mapping[str, Any]) -> str:
        """What is wrong, behind the heading of the column it is wrong in."""
        text = self._say(code, **params)
        heading = heading_of(field, self._headings)
        return self._say("file-result-mistake", heading=heading, text=text) if heading else text


async def result_of(session: WriteSession, who: Principal, file_id: UUID, shelf: Shelf) -> Result:
    """The result of a file. Raises `FileNotFound`, `FileNotFinished`, `FileGone`. Who had it is audited."""
    file, feed, table = await open_kept(session, who, file_id, shelf, for_result=True)
    parts = await files.list_parts(session, file_id)
    await audit.record(session, who, "file:result", file_id, rows=file.rows_read)
    faults = await files.list_faults(session, file_id, None, MAX_FAULTS)
    names = area_names(await list_areas(session), Scope.parse(file.areas))
    judges = await judges_of(session, feed, file.areas, names, parts)
    return Result(file, PurePath(name_of(file, shelf.vault)).stem, feed, parts, faults, table, judges)
