"""Text into values, column by column, and a code for each cell that is none. Odd cells take the slow path, no others."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TypeAlias

import polars as pl

from shared.idnumber import Fault
from shared.tables.cleaning import Wrong, cleaned, mask_of, without
from shared.tables.dates import EPOCH_1900, dates, months
from shared.tables.headers import FoundColumn
from shared.tables.id_numbers import normalise_column
from shared.tables.numbers import integers, numbers
from shared.tables.rows import TextRows
from shared.tables.table import FAULTS, TYPES, Column, Frame, Kind
from shared.tables.words import YES_OR_NO, plain

_YES, _NO = ([word for word, meaning in YES_OR_NO.items() if meaning is wanted] for wanted in (True, False))
AS_NUMBER = "id-number-as-number"

_LOST = pl.col("t").str.contains(r"^[0-9](?:\.[0-9]+)?[eE]\+?[0-9]{2}$|^[0-9]{16,18}\.0+$")
"""What a spreadsheet makes of a long number: 5.39921E+17."""
_ZEROS = pl.col("t").str.ends_with("000") & (pl.col("t").str.len_bytes() == 18)

Values: TypeAlias = tuple[pl.Series, list[Wrong]]


@dataclass(slots=True)
class Conversion:
    """How the texts of one sheet become values. It remembers what it saw: one for each sheet, rows in order."""

    columns: tuple[Column, ...]
    found: tuple[FoundColumn, ...]
    sheet: int
    today: date
    epoch: date = EPOCH_1900
    merged: Mapping[int, pl.Series] = field(default_factory=dict)  # by place: rows that share one amount
    _lost_digits: set[str] = field(default_factory=set)

    def frame(self, rows: TextRows) -> Frame:
        """The rows as a frame."""
        sheet = pl.repeat(self.sheet, len(rows), eager=True, dtype=pl.UInt8).alias("sheet")
        data, wrong = [rows.numbers.alias("row"), sheet], []
        there = {one.column.name: one for one in self.found}
        for column in self.columns:
            if one := there.get(column.name):
                values, found = self._values(rows, one)
                wrong += [(column.name, *each) for each in found if len(each[0])]
            else:
                values = pl.repeat(None, len(rows), eager=True, dtype=TYPES[column.kind])
            data.append(values.alias(column.name))
        if rows.ragged is not None and rows.ragged.any():
            wrong.append(("", rows.ragged.arg_true(), "row-ragged"))
        return Frame(pl.DataFrame(data), self._faults(rows, wrong), lambda: rows.cells.fill_null(""))

    def _faults(self, rows: TextRows, wrong: list[tuple[str, pl.Series, str | pl.Series]]) -> pl.DataFrame:
        if not wrong:
            return pl.DataFrame(schema=FAULTS)
        parts = [
            pl.DataFrame({"row": rows.numbers.gather(at)}).with_columns(
                sheet=pl.lit(self.sheet, pl.UInt8), field=pl.lit(name), code=pl.lit(code)
            )
            for name, at, code in wrong
        ]
        return pl.concat(parts).sort("row", maintain_order=True)

    def _values(self, rows: TextRows, one: FoundColumn) -> Values:
        column = one.column
        texts, wrong = cleaned(rows.values[column.name], rows.signs, as_text=column.kind == "text")
        if (shared := self.merged.get(one.at)) is not None and (at := rows.numbers.is_in(shared.implode())).any():
            wrong.append((at.arg_true(), "cell-merged"))
            texts = without(texts, at)
        if column.required and texts.null_count():
            wrong.append(((texts.is_null() & ~mask_of(wrong, len(texts))).arg_true(), "field-missing"))
        values, more = self._typed(texts, one)
        return values, wrong + more

    def _typed(self, texts: pl.Series, one: FoundColumn) -> Values:
        match one.column.kind:
            case "text":
                return texts, []
            case "id_number":
                return self._id_numbers(texts, one.column.name)
            case "number":
                return _coded("number", *numbers(texts, one.times))
            case "integer":
                return _coded("integer", *integers(texts, one.times))
            case "date":
                return _coded("date", *dates(texts, self.epoch))
            case "boolean":
                return _coded("boolean", *_yes_or_no(texts, one.column.words))
            case "month":
                values, wrong = months(texts, self.epoch)
                return values, [] if wrong is None else [(wrong, "month-unclear")]

    def _id_numbers(self, texts: pl.Series, name: str) -> Values:
        """ID numbers, and those that a spreadsheet took for amounts: of 18 digits it keeps 15.

        Where the others became zeros, one number in eleven still has the right check character, and is somebody
        else's. Once a column is seen to have lost digits, no number of it that ends in three zeros is believed.
        """
        values, codes = normalise_column(texts, self.today)
        if codes.null_count() == len(codes) and name not in self._lost_digits:
            return values, []
        lost = texts.to_frame("t").select(_LOST | (_ZEROS & (codes == Fault.CHECKSUM.value))).to_series()
        zeros = texts.to_frame("t").select(_ZEROS).to_series()
        lost = lost.fill_null(False)
        if name in self._lost_digits:
            lost = lost | zeros.fill_null(False)
        elif lost.any():
            self._lost_digits.add(name)
            lost = lost | (zeros.fill_null(False) & (pl.int_range(len(lost), eager=True) > lost.arg_true()[0]))
        codes = without(codes, lost)
        faulty = codes.is_not_null().arg_true()
        return without(values, lost), [(lost.arg_true(), AS_NUMBER), (faulty, codes.gather(faulty))]


def _coded(kind: Kind, values: pl.Series, wrong: pl.Series | None) -> Values:
    return values, [] if wrong is None else [(wrong, f"{kind}-invalid")]


def _yes_or_no(texts: pl.Series, words: tuple[tuple[str, bool], ...]) -> tuple[pl.Series, pl.Series | None]:
    found = texts.to_frame("t").select(yes=pl.col("t").is_in(_YES), no=pl.col("t").is_in(_NO))
    values = found["yes"]
    if (values | found["no"]).all():
        return values, None
    values = found.select(pl.when("yes").then(True).when("no").then(False)).to_series()
    at = (values.is_null() & texts.is_not_null()).arg_true()
    known = YES_OR_NO | {plain(word): answer for word, answer in words}
    meant = {text: known.get(plain(text)) for text in texts.gather(at).unique()}
    odd = [meant[text] for text in texts.gather(at)]
    unclear = pl.Series([answer is None for answer in odd], dtype=pl.Boolean)
    return values.scatter(at, pl.Series(odd, dtype=pl.Boolean)), at.filter(unclear) if unclear.any() else None
