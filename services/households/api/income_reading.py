"""Reading a file of income lines (CSV, XLSX, XLS). CPU work: call it in a thread."""

import io
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from services.households.codes import COLUMNS, LISTS
from services.households.rules.income_imports import ImportedLine, read_row
from shared.errors import Fault, ImportTooLong
from shared.tables import Column, Kind, open_table

_KINDS: dict[str, Kind] = {"id_number": "id_number", "amount": "number", "paid_on": "date"}
_REQUIRED = {"item", "amount"}
_COLUMNS = [
    Column(name, tuple(headers), _KINDS.get(name, "text"), name in _REQUIRED)
    for name, headers in COLUMNS["income"].items()
]
MOST_ROWS = 200_000


@dataclass(slots=True)
class IncomeTable:
    """What could be read, and the mistakes of the other rows."""

    lines: list[ImportedLine] = field(default_factory=list)
    faults: list[tuple[int, Fault]] = field(default_factory=list)


def read_income(body: bytes, today: date) -> IncomeTable:
    """All rows. Raises `TableInvalid` where the file as a whole is none, `ImportTooLong`."""
    table, items = IncomeTable(), LISTS["income_item"].accepted
    for frame in open_table(io.BytesIO(body), "", _COLUMNS, today=today).frames():
        faults = frame.faults.select("row", "field", "code").iter_rows()
        table.faults += [(row, Fault(name, code)) for row, name, code in faults]
        for cells in frame.good.iter_rows(named=True):
            _read(table, cells, items)
        if len(table.lines) + len(table.faults) > MOST_ROWS:
            raise ImportTooLong(max_rows=MOST_ROWS)
    return table


def _read(table: IncomeTable, cells: dict[str, Any], items: Any) -> None:
    read = read_row(cells, items)
    if isinstance(read, Fault):
        table.faults.append((cells["row"], read))
    else:
        table.lines.append(read)
