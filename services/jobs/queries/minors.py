"""Rows of the ledger that have somebody under 16 at work, though no rule let them in: the facts behind them changed."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text

from services.jobs.queries.ledger import Row
from services.jobs.rules.ages import WORKING_AGE
from shared.db.engine import WriteSession

MINOR = "minor"
"""What the line of history says by which a finding is told once."""

# What `rules.ledger.is_minor_working` says of one row. The few people of that age are looked up in one partition by
# its key; whoever has a line in the months of this year was told, as the finding is one of a person and year.
_FIND = text(f"""
SELECT r.*, EXISTS (
    SELECT FROM labour_task AS t WHERE t.person_id = r.person_id AND t.kind = 'complete_row' AND t.state = 'open'
) AS asked
FROM person AS p JOIN labour_row AS r ON r.person_id = p.id AND r.month = :month
WHERE p.active AND p.birth_on > :month - interval '{WORKING_AGE} years'
    AND r.status = 'out'
    AND p.birth_on > greatest(coalesce(r.started_on, r.month), r.month) - interval '{WORKING_AGE} years'
    AND (CAST(:people AS uuid[]) IS NULL OR p.id = ANY (:people))
    AND NOT EXISTS (
        SELECT FROM labour_change AS c
        WHERE c.person_id = r.person_id AND c.month BETWEEN :january AND :month AND c.what = '{MINOR}'
    )
ORDER BY r.person_id LIMIT :limit FOR UPDATE OF r SKIP LOCKED
""")  # noqa: S608


class Found(NamedTuple):
    """A locked row, and whether its village has an open task on the person's row already."""

    row: Row
    asked: bool


async def lock_minors(
    session: WriteSession, month: date, limit: int, people: Collection[UUID] | None = None
) -> Sequence[Found]:
    """Rows of `month` of people under 16 on their first day of work in it, of which nobody was told this year."""
    values = {"month": month, "january": month.replace(month=1), "limit": limit}
    found = await session.execute(_FIND, {**values, "people": None if people is None else list(people)})
    return [Found({str(name): value for name, value in row.items()}, row["asked"]) for row in found.mappings()]
