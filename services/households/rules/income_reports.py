"""What other services tell of income, in one form, and what is to become of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from services.households.rules.income_lines import wage_item
from services.households.rules.months import Month, month_of, parse_month
from shared.contracts.jobs import WageReported
from shared.contracts.support import TransferPaid

WORK = "wages.work"
"""Stands for the item of a wage until the household is known: where home is says how far away the work is."""


@dataclass(frozen=True, slots=True)
class Report:
    """One line as another service tells it. Of one `source_ref` the highest `revision` counts."""

    source: str
    source_ref: str
    revision: int
    person_key: str | None
    household_key: str | None
    item: str
    amount: Decimal
    first: Month
    last: Month
    paid_on: date | None
    place_area: str | None
    withdrawn: bool = False

    @property
    def ref(self) -> tuple[str, str]:
        """What it is a report of."""
        return (self.source, self.source_ref)

    def item_at(self, home: str) -> str:
        """The item, for somebody who lives in that area."""
        return wage_item("work", self.place_area, home) if self.item == WORK else self.item


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose income a report or a row is: a household's, or one of its people's."""

    household_id: UUID
    area_code: str
    member_id: UUID | None


@dataclass(frozen=True, slots=True)
class Latest:
    """The last that was kept of a `ref`; `live`: it still counts, nobody corrected or withdrew it by hand."""

    entry_id: UUID
    revision: int
    live: bool
    household_id: UUID
    amount: Decimal


def of_wage(event: WageReported) -> Report:
    """A month's wage."""
    month = parse_month(event.month)
    return Report(
        source="jobs",
        source_ref=event.report_id,
        revision=event.revision,
        person_key=event.person_key,
        household_key=None,
        item=WORK if event.kind == "work" else wage_item(event.kind, None, ""),
        amount=event.wage,
        first=month,
        last=month,
        paid_on=None,
        place_area=event.employer_area,
        withdrawn=event.withdrawn,
    )


def of_transfer(event: TransferPaid) -> Report:
    """A payment; it counts in the month in which it arrived."""
    month = month_of(event.paid_on)
    return Report(
        source="support",
        source_ref=event.payment_id,
        revision=event.revision,
        person_key=event.person_key,
        household_key=event.household_key,
        item=event.item,
        amount=event.amount,
        first=month,
        last=month,
        paid_on=event.paid_on,
        place_area=None,
        withdrawn=event.withdrawn,
    )


def newest(reports: Iterable[Report]) -> list[Report]:
    """The highest revision of each; of equal ones the first."""
    found: dict[tuple[str, str], Report] = {}
    for one in reports:
        known = found.get(one.ref)
        if known is None or one.revision > known.revision:
            found[one.ref] = one
    return list(found.values())


def news(reports: Iterable[Report], latest: Mapping[tuple[str, str], Latest]) -> list[Report]:
    """Those that say more than what was kept: what came before, or came out of order, is passed over."""
    return [one for one in newest(reports) if one.ref not in latest or one.revision > latest[one.ref].revision]
