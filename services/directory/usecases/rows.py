"""Many rows in one request: all of them, or none and every mistake with its place."""

from collections.abc import Sequence

from services.directory.rules.areas import RowMistake
from shared.errors import DomainError


class RowsRejected(Exception):
    """Some rows have mistakes; nothing was written."""

    def __init__(self, mistakes: Sequence[RowMistake]) -> None:
        super().__init__(f"{len(mistakes)} mistakes in rows")
        self.mistakes = mistakes


def mistake(row: int, error: DomainError) -> RowMistake:
    """A rule's refusal as a mistake of one row."""
    return RowMistake(row, error.field or "", error.code, error.params)
