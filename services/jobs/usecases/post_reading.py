"""A file of posts, read as a whole (CSV, XLSX, XLS). CPU work: in a thread."""

import io
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from services.jobs.codes import LISTS
from services.jobs.rules.post_imports import ImportedPost, read_row
from shared.errors import Fault, ImportTooLong
from shared.tables import Column, Kind, open_table

MOST_ROWS = 50_000

_FILE: Mapping[str, Mapping[str, Sequence[str]]] = tomllib.loads(
    Path(__file__).parents[1].joinpath("post_columns.toml").read_text(encoding="utf-8")
)
_KINDS: Mapping[str, Kind] = {
    **dict.fromkeys(("openings", "age_low", "age_high"), "integer"),
    **dict.fromkeys(("pay_low", "pay_high"), "number"),
    **dict.fromkeys(("lodging", "hazardous"), "boolean"),
    "until_on": "date",
}
_REQUIRED = {"employer", "ref", "title", "trade", "place", "openings", "pay_low"}
_COLUMNS = [
    Column(name, tuple(words), _KINDS.get(name, "text"), required=name in _REQUIRED)
    for name, words in _FILE["columns"].items()
]


@dataclass(slots=True)
class PostTable:
    """What the rows say, and what is wrong with which; rows are counted as in the file."""

    rows: list[ImportedPost] = field(default_factory=list)
    faults: list[tuple[int, Fault]] = field(default_factory=list)


def read_posts(body: bytes, today: date) -> PostTable:
    """All rows. Raises `TableInvalid` where the file as a whole is none, `ImportTooLong`."""
    table = PostTable()
    for frame in open_table(io.BytesIO(body), "", _COLUMNS, today=today).frames():
        faults = frame.faults.select("row", "field", "code").iter_rows()
        table.faults += [(row, Fault(name, code)) for row, name, code in faults]
        for cells in frame.good.iter_rows(named=True):
            read = read_row(cells, LISTS, _FILE["words"])
            if isinstance(read, list):
                table.faults += [(cells["row"], fault) for fault in read]
            else:
                table.rows.append(read)
        if len(table.rows) + len(table.faults) > MOST_ROWS:
            raise ImportTooLong(max_rows=MOST_ROWS)
    return table
