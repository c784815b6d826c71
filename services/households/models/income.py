"""Lines of income and rigid spending (收支明细), and what they add up to for each household (收入测算)."""

from datetime import date, datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, Numeric, SmallInteger, Text
from sqlalchemy.orm import Mapped, mapped_column

from services.households.models.plumbing import Base
from shared.db.base import AreaColumn

Yuan = Numeric(12, 2)
Sum = Numeric(14, 2)
Ending = Literal["corrected", "withdrawn"]


class IncomeEntry(Base):
    """One line. It counts while `ended_at` is null; what took its place names it in `corrects_id`, and nothing is deleted.

    Months are counted from the year 0 (`rules/months.py`): a line is of the months `month_first` to `month_last`, of
    one only when it has a day (`paid_on`). Without `member_id` it is the household's as a whole. Of one thing told by
    others (`source`, `source_ref`) the live line has the highest revision. `note_sealed` opens with "income-note".
    """

    __tablename__ = "income_entry"
    __table_args__ = (
        ForeignKeyConstraint(
            ["household_id", "area_code"], ["household.id", "household.area_code"], onupdate="CASCADE"
        ),
        CheckConstraint("amount >= 0 OR corrects_id IS NOT NULL", name="not_negative"),
        CheckConstraint("month_first <= month_last AND month_last - month_first < 120", name="months"),
        Index("ix_income_entry_household", "household_id", "id"),
        Index("uq_income_entry_source_ref", "source_ref", "source", "revision", unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    household_id: Mapped[UUID]
    area_code: Mapped[AreaColumn]
    member_id: Mapped[UUID | None] = mapped_column(ForeignKey("member.id"))
    item: Mapped[str]
    amount: Mapped[Decimal] = mapped_column(Yuan)
    month_first: Mapped[int]
    month_last: Mapped[int]
    paid_on: Mapped[date | None]
    source: Mapped[str]
    origin: Mapped[str | None]
    source_ref: Mapped[str | None]
    revision: Mapped[int] = mapped_column(default=1)
    visit_id: Mapped[UUID | None] = mapped_column(ForeignKey("visit.id"))
    place_area: Mapped[str | None]
    note_sealed: Mapped[bytes | None]
    corrects_id: Mapped[UUID | None] = mapped_column(ForeignKey("income_entry.id"))
    recorded_by: Mapped[UUID]
    recorded_at: Mapped[datetime]
    ended_as: Mapped[Ending | None] = mapped_column(Text)
    ended_reason: Mapped[str | None]
    ended_by: Mapped[UUID | None]
    ended_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)


class IncomeSummary(Base):
    """What the lines of one household add up to in the twelve months before it was computed, in yuan.

    `people`: those it is divided by. Without people, or without a line in force, what hangs on it is null;
    so is income per head while nobody has told of any: nothing told is not nothing earned.
    `reference_per_head`: net income and claims less eligible self-paid spending (纳入监测对象的人均收入参考范围).
    """

    __tablename__ = "income_summary"
    __table_args__ = (
        ForeignKeyConstraint(
            ["household_id", "area_code"], ["household.id", "household.area_code"], onupdate="CASCADE"
        ),
        Index("ix_income_summary_area", "area_code", "household_id"),
    )

    household_id: Mapped[UUID] = mapped_column(primary_key=True)
    area_code: Mapped[AreaColumn]
    period_first: Mapped[date]
    period_last: Mapped[date]
    people: Mapped[int] = mapped_column(SmallInteger)
    wages: Mapped[Decimal] = mapped_column(Sum)
    business: Mapped[Decimal] = mapped_column(Sum)
    property: Mapped[Decimal] = mapped_column(Sum)
    transfers: Mapped[Decimal] = mapped_column(Sum)
    business_costs: Mapped[Decimal] = mapped_column(Sum)
    claims: Mapped[Decimal] = mapped_column(Sum)
    rigid_medical: Mapped[Decimal] = mapped_column(Sum)
    rigid_education: Mapped[Decimal] = mapped_column(Sum)
    rigid_disaster: Mapped[Decimal] = mapped_column(Sum)
    rigid_accident: Mapped[Decimal] = mapped_column(Sum)
    net_income: Mapped[Decimal] = mapped_column(Sum)
    net_per_head: Mapped[Decimal | None] = mapped_column(Sum)
    reference_per_head: Mapped[Decimal | None] = mapped_column(Sum)
    line: Mapped[int | None]
    line_policy_id: Mapped[UUID | None]
    rules_policy_id: Mapped[UUID]
    computed_at: Mapped[datetime]


class IncomeWaiting(Base):
    """What other services told about people whom the register did not know when it came: kept till it does.

    Keyed hashes and amounts only. It goes when it is matched, or lies before every period still asked for. `place_area`
    decides the item of a wage once the household is known.
    """

    __tablename__ = "income_waiting"

    source: Mapped[str] = mapped_column(primary_key=True)
    source_ref: Mapped[str] = mapped_column(primary_key=True)
    revision: Mapped[int]
    person_key: Mapped[str | None] = mapped_column(index=True)
    household_key: Mapped[str | None] = mapped_column(index=True)
    item: Mapped[str]
    amount: Mapped[Decimal] = mapped_column(Yuan)
    month_first: Mapped[int]
    month_last: Mapped[int]
    paid_on: Mapped[date | None]
    place_area: Mapped[str | None]
    received_at: Mapped[datetime]
