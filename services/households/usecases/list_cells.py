"""Cells of a list as values of the register's fields: each distinct cell is read once, by the field the API has."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any

import polars as pl
from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from services.households import workbook_lists
from services.households.codes import LISTS
from services.households.schemas.register import HouseholdDraft, MemberDraft
from services.households.workbook_lists import ListColumn
from shared.errors import Fault
from shared.faults import faults_of


class Nothing(Enum):
    """A value that is the same in every process."""

    NOTHING = 0


NOTHING = Nothing.NOTHING
"""The list says that there is nothing, as against a blank cell, which says nothing."""

DIRECT = frozenset(
    {
        *("household.national_code", "household.address", "household.phone"),
        *("member.name", "member.id_number", "member.phone", "member.national_member_code"),
        *("check.head_name", "check.head_id_number"),
    }
)
"""Columns in which nearly every cell is another: not worth a dictionary."""
PLAIN: Mapping[str, str] = {
    "household.national_code": r"^[0-9A-Za-z\-]{4,40}$",
    "household.address": r"^[\p{Han}0-9A-Za-z]{1,200}$",
    "household.phone": r"^(1[0-9]{10}|0[0-9]{9,11})$",
    "member.name": r"^[\p{Han}A-Za-z·]{1,60}$",
    "member.phone": r"^(1[0-9]{10}|0[0-9]{9,11})$",
    "member.national_member_code": r"^[0-9A-Za-z\-]{1,40}$",
}
"""What of those columns their fields take as it stands, so that it is not read cell by cell. A test holds it to that."""
_SEPARATORS = re.compile(r"[、,，;；/\s]+")
_MANY = frozenset({"member.health", "case.risks"})
_FREE = frozenset({"check.people", "check.head_id_number", "case.identified_on", "case.eliminated_on"})
Read = Callable[[Any], Any]


class CellInvalid(Exception):
    """A cell cannot be read. Carries the fault, and nothing of the cell."""

    def __init__(self, code: str, params: Mapping[str, Any] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.params = dict(params or {})

    def at(self, field: str) -> Fault:
        """As a mistake in `field`."""
        return Fault(field, self.code, self.params)


def reader_of(column: ListColumn) -> Read:
    """What reads a cell of the column into a value of its field; raises `CellInvalid`."""
    said, nothing = workbook_lists.SAID.get(column.field), frozenset(workbook_lists.NOTHING.get(column.field, ()))
    if said is not None:
        return lambda cell: _said(said, cell)
    if column.field == "check.id_type":
        return _id_type
    if column.field == "household.unsafe_housing":
        return lambda cell: not cell
    if column.field in _FREE:
        return lambda cell: cell
    read = _words(column) if column.codes else _field(column)
    return (lambda cell: NOTHING if cell in nothing else read(cell)) if nothing else read


def _said(words: Mapping[str, bool], cell: Any) -> bool:
    try:
        return words[cell]
    except KeyError:
        pass  # raised below: the error would carry the cell
    raise CellInvalid("choice-invalid", {"expected": " / ".join(words)})


def _id_type(cell: Any) -> str:
    if cell not in workbook_lists.ID_TYPES:
        raise CellInvalid("id-type-unsupported")
    return str(cell)


def _words(column: ListColumn) -> Read:
    codes = LISTS[column.codes or ""]

    def one(cell: Any) -> str:
        code = codes.accepted.get(cell)
        if code is None:
            raise CellInvalid("choice-invalid", {"expected": codes.standard})
        return code

    if column.field not in _MANY:
        return one
    # 孙子、孙女 is one word of its list: the whole is tried before its parts.
    return lambda cell: (
        (codes.accepted[cell],)
        if cell in codes.accepted
        else tuple(dict.fromkeys(one(part) for part in _SEPARATORS.split(str(cell)) if part))
    )


def _field(column: ListColumn) -> Read:
    """By the field of that name, where the register has one: the same rule for a cell as for a request."""
    draft = HouseholdDraft if column.part == "household" else MemberDraft
    field = draft.model_fields.get(column.name)
    if field is None:
        return _number if column.kind == "number" else lambda cell: cell
    kind: Any = field.annotation
    adapter = TypeAdapter(Annotated[kind, *field.metadata] if field.metadata else kind)
    as_written = column.kind != "number"

    def read(cell: Any) -> Any:
        try:
            return adapter.validate_python(cell if as_written else _number(cell))
        except ValidationError as error:
            fault = faults_of(error.errors(include_url=False, include_input=False))[0]
        except PydanticCustomError as error:
            fault = Fault("", error.type)
        raise CellInvalid(fault.code, fault.params)

    return read


def _number(cell: float) -> Decimal:
    return Decimal(str(round(cell, 2)))


class Direct:
    """Reads a column of `DIRECT`: the few cells that are not plain by its field, each different one once."""

    def __init__(self, column: ListColumn) -> None:
        self.faults: dict[str, Fault] = {}  # by cell
        self._field, self._plain = column.field, PLAIN.get(column.field)
        self._read = reader_of(column)

    def read(self, cells: pl.Series) -> pl.Series:
        """The values; what cannot be read stays, and has its fault."""
        if self._plain is None or cells.dtype != pl.String:
            return cells
        odd = cells.filter(~cells.str.contains(self._plain)).unique()
        if odd.is_empty():
            return cells
        return cells.replace(odd, pl.Series([self._one(cell) for cell in odd], dtype=pl.String))

    def _one(self, cell: str) -> str:
        try:
            return str(self._read(cell))
        except CellInvalid as invalid:
            self.faults[cell] = invalid.at(self._field)
            return cell


class Coding:
    """The distinct cells of one column by number: 0 is a blank cell. Grows while frames are read, or files gathered."""

    def __init__(self, column: ListColumn) -> None:
        self.values: list[Any] = [None]
        self.faults: dict[int, Fault] = {}
        self.passed_over = False  # whether there were cells that say nothing to the register
        self._field, self._lenient = column.field, column.lenient
        self._read = reader_of(column)
        self._numbers: dict[Any, int] = {}

    @property
    def cells(self) -> Sequence[Any]:
        """The distinct cells, the first of which has the number 1."""
        return list(self._numbers)

    def encode(self, cells: pl.Series) -> pl.Series:
        """The numbers of the cells."""
        distinct = cells.drop_nulls().unique()
        if distinct.is_empty():
            return pl.zeros(len(cells), pl.UInt32, eager=True).alias(cells.name)
        return cells.replace_strict(distinct, self._numbered(distinct), default=0, return_dtype=pl.UInt32)

    def gather(self, numbers: pl.Series, cells: Sequence[Any]) -> pl.Series:
        """Numbers that another one gave to its `cells`, as the numbers they have here."""
        return (
            pl.concat([pl.zeros(1, pl.UInt32, eager=True), self._numbered(cells)]).gather(numbers).alias(numbers.name)
        )

    def _numbered(self, cells: Iterable[Any]) -> pl.Series:
        for cell in cells:
            if cell not in self._numbers:
                self._add(cell)
        return pl.Series([self._numbers[cell] for cell in cells], dtype=pl.UInt32)

    def _add(self, cell: Any) -> None:
        number = self._numbers[cell] = len(self.values)
        try:
            self.values.append(self._read(cell))
        except CellInvalid as invalid:
            self.values.append(None)
            if self._lenient:
                self.passed_over = True
            else:
                self.faults[number] = invalid.at(self._field)
