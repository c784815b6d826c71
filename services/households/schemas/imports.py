"""The answer to an import."""

from pydantic import Field

from shared.http.fields import Answer
from shared.http.problems import RowProblem


class Counts(Answer):
    """How many rows were what."""

    added: int
    changed: int
    unchanged: int


class ImportReport(Answer):
    """What an import did, or with `dry_run` would do. A household with a mistake is left out whole, others are kept."""

    dry_run: bool
    households: Counts
    members: Counts
    failed: int = Field(description="Households with mistakes · 有误的户数")
    errors: list[RowProblem] = Field(description="The first 1,000 mistakes · 前 1000 处错误")
    error_count: int
