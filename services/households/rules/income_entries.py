"""What may be entered as a line of income, and what may happen to one afterwards."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from services.households.rules.months import Month, month_of
from shared.errors import Conflict, Invalid, NotFound

MOST_MONTHS = 120
"""Months one line may be of, both ends within it."""


class IncomeEntryNotFound(NotFound):
    """No such line within the asker's areas."""

    code: ClassVar[str] = "income-entry-not-found"


class IncomeEntryEnded(Conflict):
    """The line was corrected or withdrawn before."""

    code: ClassVar[str] = "income-entry-ended"


class PersonNotInHousehold(Invalid):
    """The person is not on the record of that household."""

    code: ClassVar[str] = "income-person-elsewhere"


class VisitNotOfHousehold(Invalid):
    """The visit was made to another household, or never."""

    code: ClassVar[str] = "income-visit-unknown"


class IncomeNegative(Invalid):
    """Only a correction may take away: money that was paid and went back."""

    code: ClassVar[str] = "income-negative"


@dataclass(frozen=True, slots=True)
class Span:
    """When it was received or spent: a day, or whole months."""

    first: Month
    last: Month
    paid_on: date | None = None

    @classmethod
    def on(cls, day: date) -> "Span":
        """A day lies in its month."""
        return cls(month_of(day), month_of(day), day)


@dataclass(frozen=True, slots=True)
class Told:
    """A line as somebody tells it. The note is stored sealed."""

    item: str
    amount: Decimal
    span: Span
    member_id: UUID | None = None
    visit_id: UUID | None = None
    source: str = "desk"
    origin: str | None = None
    place_area: str | None = None
    note: str | None = None


def require_live(ended_at: datetime | None) -> None:
    """Raise for a line that counts no more."""
    if ended_at is not None:
        raise IncomeEntryEnded


def require_amount(amount: Decimal) -> None:
    """Raise for an amount below nothing, which only what corrects another line may have."""
    if amount < 0:
        raise IncomeNegative(field="amount")
