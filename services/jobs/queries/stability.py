"""How many of those who were placed are still there after 90 days (稳岗率), by employer."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import text

from services.jobs.rules.placement_stay import share
from shared.db.engine import ReadSession

MARK = timedelta(days=90)
SEEN = timedelta(days=2 * 365)
"""How far back an employer is judged by."""

_OF = text("SELECT * FROM employer_stability(:ids, :first, :last)")


@dataclass(frozen=True, slots=True)
class Stability:
    """People who arrived at least 90 days ago: how many, of how many it is known what became of them, and who stayed."""

    arrived: int
    answered: int
    still_there: int

    @property
    def share(self) -> float | None:
        """Of those of whom it is known; None where it is of nobody."""
        return share(self.still_there, self.answered)


async def stability_of(session: ReadSession, employer_ids: Collection[UUID], today: date) -> dict[UUID, Stability]:
    """Counted from everybody who was placed, whoever asks; employers where nobody arrived are absent."""
    values = {"ids": list(employer_ids), "first": today - SEEN - MARK, "last": today - MARK}
    return {row[0]: Stability(*row[1:]) for row in await session.execute(_OF, values)}
