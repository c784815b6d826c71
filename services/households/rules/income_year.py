"""What a household's income and rigid spending of twelve months add up to."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Income:
    """The household's income over twelve months, in yuan (docs/field.md, Income)."""

    period_first: date
    period_last: date
    people: int
    wages: Decimal
    business: Decimal
    property_income: Decimal
    transfers: Decimal
    business_costs: Decimal
    claims: Decimal
    rigid_medical: Decimal
    rigid_education: Decimal
    rigid_disaster: Decimal
    rigid_accident: Decimal
    net_income: Decimal
    net_per_head: Decimal | None  # None: nobody to divide by, or nothing told
    reference_per_head: Decimal | None
    line: int | None

    @property
    def rigid(self) -> Decimal:
        """All eligible self-paid spending (合规自付支出)."""
        return self.rigid_medical + self.rigid_education + self.rigid_disaster + self.rigid_accident
