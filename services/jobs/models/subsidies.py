"""Subsidies that were claimed (务工补助), and what the county's people earn in each trade."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, Numeric, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from services.jobs.models.plumbing import Base
from shared.db.base import AreaColumn


class SubsidyClaim(Base):
    """One claim, by a rule of the version `policy_id` of `labour-subsidies`; amounts in yuan.

    Of one kind a person has one claim a year that was not refused. Words are sealed ("subsidy-note").
    """

    __tablename__ = "subsidy_claim"
    __table_args__ = (
        ForeignKeyConstraint(["person_id", "area_code"], ["person.id", "person.area_code"], onupdate="CASCADE"),
        Index(
            "uq_subsidy_claim_year",
            "person_id",
            "kind",
            "year",
            unique=True,
            postgresql_where=text("state <> 'refused'"),
        ),
        Index("ix_subsidy_claim_person", "person_id"),
        Index("ix_subsidy_claim_area", "area_code", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID]
    area_code: Mapped[AreaColumn]
    kind: Mapped[str]  # transport | stay | training
    rule: Mapped[str]
    year: Mapped[int] = mapped_column(SmallInteger)
    amount: Mapped[Decimal] = mapped_column(Numeric(8, 2))
    wage_proof: Mapped[bool]
    work_area: Mapped[str | None]
    started_on: Mapped[date | None]
    state: Mapped[str]  # claimed | paid | refused
    refused_reason: Mapped[str | None]
    claimed_on: Mapped[date]
    decided_on: Mapped[date | None]
    paid: Mapped[Decimal | None] = mapped_column(Numeric(8, 2))
    policy_id: Mapped[UUID]
    note_sealed: Mapped[bytes | None]
    recorded_by: Mapped[UUID]
    recorded_at: Mapped[datetime]
    version: Mapped[int]
    updated_at: Mapped[datetime]


class TradeMedian(Base):
    """What the people of a county who are out earn in a trade, by the ledger of a month; of nobody in particular."""

    __tablename__ = "trade_median"

    county: Mapped[str] = mapped_column(primary_key=True)  # 6 digits
    trade: Mapped[str] = mapped_column(primary_key=True)
    month: Mapped[date]
    wage: Mapped[Decimal] = mapped_column(Numeric(8, 2))  # yuan a month
    people: Mapped[int]
    reckoned_at: Mapped[datetime]
