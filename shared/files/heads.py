"""Heads of tables that were just sent, read beside the requests."""

from collections.abc import Callable, Sequence
from typing import BinaryIO
from uuid import UUID

from shared.files.shelf import Shelf
from shared.side_processes import preload
from shared.tables import Table
from shared.tables.in_turn import beside
from shared.tables.table import in_file

preload(__name__)


async def rows_of_each(
    open_one: Callable[[BinaryIO, str], Table], shelf: Shelf, set_id: UUID, names: Sequence[str]
) -> list[int | None]:
    """How many rows each file of a set may have; one without the headings is refused here, while somebody listens.

    Raises `TableInvalid`, `TookTooLong`.
    """
    rows = []
    for number, name in enumerate(names):
        with in_file(number):
            rows.append(await beside(rows_of, open_one, shelf, set_id, number, name))
    return rows


def rows_of(
    open_one: Callable[[BinaryIO, str], Table], shelf: Shelf, set_id: UUID, number: int, name: str
) -> int | None:
    """The same of one file, in whose process this is called. Raises `TableInvalid`."""
    with shelf.open(set_id, number) as file:
        return open_one(file, name).rows_estimate
