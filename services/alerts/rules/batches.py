"""How large a batch may be."""

from typing import Literal

from shared.errors import Invalid, NotFound, TooLarge
from shared.lanes import Lane

BatchFormat = Literal["json", "ndjson"]
BatchState = Literal["queued", "running", "done", "failed"]

MAX_ROWS = 50_000
"""Rows of one batch: the largest file seen in the field, a whole county's medical bills of a month."""


class BatchNotFound(NotFound):
    """No such batch of the asker's bureau."""

    code = "batch-not-found"


class BatchEmpty(Invalid):
    """Not a single row."""

    code = "batch-empty"


class BatchTooLong(TooLarge):
    """More rows than one batch takes."""

    code = "batch-too-long"


class BodyMalformed(Invalid):
    """Not the JSON that the route takes: one object, or an array of rows."""

    code = "json-invalid"
    status = 400


class BatchNotArray(BodyMalformed):
    """What begins there is no array of rows."""

    code = "batch-not-array"


class RowMalformed(Invalid):
    """The row is no JSON object."""

    code = "row-malformed"


class RowTooLong(TooLarge):
    """One row is longer than any alert can be."""

    code = "batch-row-too-long"


def lane_of_batch(rows_total: int, live_rows: int) -> Lane:
    """Live for a batch that somebody may be waiting for, bulk for a file that would hold up those who do."""
    return Lane.LIVE if rows_total <= live_rows else Lane.BULK
