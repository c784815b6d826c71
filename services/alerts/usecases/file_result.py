"""A file as it came, with what became of each row and why not: read from the sealed original while it is sent."""

import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from typing import Any
from uuid import UUID

import numpy as np
import polars as pl

from services.alerts.models import Feed, File, FileFault, FilePart
from services.alerts.queries import files
from services.alerts.rules.files import FRAME_ROWS, MAX_FAULTS, Outcome
from services.alerts.usecases.file_originals import open_kept
from services.alerts.usecases.files import skipped_of
from shared.db.engine import WriteSession
from shared.files import Shelf
from shared.security import audit
from shared.security.principals import Principal
from shared.tables import Frame, Table
from shared.workbook_stream import Sheet, stream_workbook

Say = Callable[..., str]
"""The text of a code with its parameters, in the asker's language."""

_BECAME, _WHY, _ALL = "_became", "_why", "_all"


@dataclass(frozen=True, slots=True)
class Result:
    """What is needed to write the workbook when the session is gone."""

    file: File
    feed: Feed
    parts: Sequence[FilePart]
    faults: Sequence[FileFault]  # the first of them
    table: Table

    def pieces(self, say: Say) -> Iterator[bytes]:
        """The workbook; blocks while it reads."""
        return stream_workbook(self._sheets(say))

    def _sheets(self, say: Say) -> Iterator[Sheet]:
        """One for each sheet that was read, in their order."""
        frames = self._told(say)
        for number, group in groupby(frames, key=lambda one: one[0]):
            sheet = self.table.sheets[number]
            told = (frame for _, frame in group)
            first = next(told)
            width = len(first.columns) - 2
            headings = [*sheet.headers[:width], *[""] * (width - len(sheet.headers))]
            yield sheet.name, [*headings, say("file-result-became"), say("file-result-why")], chain([first], told)
        if skipped := skipped_of(self.table):
            headings = [say(f"file-result-{one}") for one in ("sheet", "name", "why")]
            rows = pl.DataFrame(
                [(str(number), name, say(code)) for number, name, code in skipped],
                dict.fromkeys("nsw", pl.String),
                orient="row",
            )
            yield say("file-result-skipped"), headings, [rows]

    def _told(self, say: Say) -> Iterator[tuple[int, pl.DataFrame]]:
        """By sheet: the cells of rows, with what became of them."""
        usual = {one["field"]: one["headers"][0] for one in self.feed.columns}
        texts = [Texts(say, usual | dict(sheet.headings)) for sheet in self.table.sheets]
        parts, start = iter(self.parts), 0
        mistakes = _mistakes(self.faults, texts)
        for frame in self.table.frames(FRAME_ROWS):
            end = start + frame.data.height
            of_sheet = texts[frame.data["sheet"][0]] if end > start else texts[0]
            outcomes = pl.concat([pl.DataFrame(schema=_TEXTS), *(of_sheet.of(part) for part in _until(parts, end))])
            for rows in _one_sheet_each(frame, outcomes, mistakes):
                yield int(rows["sheet"][0]), rows.drop("row", "sheet")
            start = end
            if self.file.state == "failed" and start >= self.file.rows_read:
                return  # the rest cannot be read


_TEXTS = {_BECAME: pl.String, _WHY: pl.String}


def _until(parts: Iterator[FilePart], end: int) -> Iterator[FilePart]:
    """The parts of a frame: none reaches from one into the next."""
    for part in parts:
        yield part
        if part.first_row + part.rows >= end:
            return


def _mistakes(faults: Sequence[FileFault], texts: Sequence["Texts"]) -> pl.DataFrame:
    """All that is wrong in a row, in one text: of those whose mistakes are kept."""
    told: dict[tuple[int, int], list[str]] = {}
    for one in faults:
        told.setdefault((one.row_number, one.sheet), []).append(texts[one.sheet].why(one.field, one.code, one.params))
    rows = [(row, sheet, "; ".join(texts)) for (row, sheet), texts in told.items()]
    return pl.DataFrame(rows, {"row": pl.UInt32, "sheet": pl.UInt8, _ALL: pl.String}, orient="row")


def _one_sheet_each(frame: Frame, outcomes: pl.DataFrame, mistakes: pl.DataFrame) -> Iterator[pl.DataFrame]:
    if frame.data.is_empty():
        return
    missing = frame.data.height - outcomes.height  # of a file that was stopped
    blank = pl.DataFrame({name: [None] * missing for name in _TEXTS}, schema=_TEXTS)
    whole = frame.originals.hstack(pl.concat([outcomes, blank]))
    whole = whole.join(mistakes, on=["row", "sheet"], how="left", maintain_order="left")
    whole = whole.with_columns(pl.coalesce(_ALL, _WHY).alias(_WHY)).drop(_ALL)
    yield from whole.partition_by("sheet", maintain_order=True)


class Texts:
    """What became of rows, in words."""

    def __init__(self, say: Say, headings: Mapping[str, str]) -> None:
        self._say = say
        self._headings = headings
        plain = [one for one in Outcome if one < Outcome.REJECTED]
        self._became = {int(one): say(f"file-row-{one.name.lower().replace('_', '-')}") for one in plain}
        self._rejected = say("file-row-rejected")

    def of(self, part: FilePart) -> pl.DataFrame:
        """A row of texts for each row of the part."""
        bytes_ = np.frombuffer(zlib.decompress(part.outcomes), np.uint8)
        whys = {Outcome.REJECTED + n: self.why(*reason) for n, reason in enumerate(part.reasons)}
        outcomes = pl.Series("outcome", bytes_)
        became = outcomes.replace_strict(self._became, default=self._rejected, return_dtype=pl.String)
        return pl.DataFrame(
            {_BECAME: became, _WHY: outcomes.replace_strict(whys, default=None, return_dtype=pl.String)}
        )

    def why(self, field: str, code: str, params: Mapping[str, Any]) -> str:
        """What is wrong, behind the heading of the column it is wrong in."""
        text = self._say(code, **params)
        name = field.removeprefix("evidence.")
        heading = self._headings.get(name)
        if name == "area_code" and heading is None:  # it was looked up by its name
            heading = self._headings.get("area_name")
        return f"{heading}: {text}" if heading else text


async def result_of(session: WriteSession, who: Principal, file_id: UUID, shelf: Shelf) -> Result:
    """The result of a file. Raises `FileNotFound`, `FileNotFinished`, `FileGone`. Who had it is audited."""
    file, feed, table = await open_kept(session, who, file_id, shelf, whole=False)
    parts = await files.list_parts(session, file_id)
    await audit.record(session, who, "file:result", file_id, rows=file.rows_read)
    faults = await files.list_faults(session, file_id, None, MAX_FAULTS)
    return Result(file, feed, parts, faults, table)
