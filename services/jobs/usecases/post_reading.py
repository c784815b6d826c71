"""What the rows of a file of posts say. CPU work: call it in a thread."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from services.jobs.codes import LISTS
from services.jobs.rules.post_imports import ImportedPost, read_row
from shared.errors import Fault
from shared.tables import Column, Kind
from shared.tables.whole import Whole

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
POST_COLUMNS = [
    Column(name, tuple(words), _KINDS.get(name, "text"), required=name in _REQUIRED)
    for name, words in _FILE["columns"].items()
]


@dataclass(slots=True)
class PostTable:
    """What the rows say, and what is wrong with which; rows are counted as in the file."""

    rows: list[ImportedPost] = field(default_factory=list)
    faults: list[tuple[int, Fault]] = field(default_factory=list)


def read_posts(table: Whole) -> PostTable:
    """What the rows say."""
    found = PostTable(faults=list(table.faults))
    for frame in table.good:
        for cells in frame.iter_rows(named=True):
            read = read_row(cells, LISTS, _FILE["words"])
            if isinstance(read, list):
                found.faults += [(cells["row"], fault) for fault in read]
            else:
                found.rows.append(read)
    return found
