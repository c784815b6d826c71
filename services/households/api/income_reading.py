"""What the rows of a file of income lines say. CPU work: call it in a thread."""

from dataclasses import dataclass, field

from services.households.codes import COLUMNS, LISTS
from services.households.rules.income_imports import ImportedLine, read_row
from shared.errors import Fault
from shared.tables import Column, Kind
from shared.tables.whole import Whole

_KINDS: dict[str, Kind] = {"id_number": "id_number", "amount": "number", "paid_on": "date"}
_REQUIRED = {"item", "amount"}
INCOME_COLUMNS = [
    Column(name, tuple(headers), _KINDS.get(name, "text"), name in _REQUIRED)
    for name, headers in COLUMNS["income"].items()
]
MOST_ROWS = 200_000


@dataclass(slots=True)
class IncomeTable:
    """What could be read, and the mistakes of the other rows."""

    lines: list[ImportedLine] = field(default_factory=list)
    faults: list[tuple[int, Fault]] = field(default_factory=list)


def read_lines(table: Whole) -> IncomeTable:
    """What the rows say."""
    found, items = IncomeTable(faults=list(table.faults)), LISTS["income_item"].accepted
    for frame in table.good:
        for cells in frame.iter_rows(named=True):
            read = read_row(cells, items)
            if isinstance(read, Fault):
                found.faults.append((cells["row"], read))
            else:
                found.lines.append(read)
    return found
