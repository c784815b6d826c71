"""Counters of the indicators: for each village and month what its rows add up to. Nobody types any of it."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.jobs.models.plumbing import Base
from shared.db.base import AreaColumn


class IndicatorState(Base):
    """That a village was counted for a month: by which version, for which day, and of how many people."""

    __tablename__ = "indicator_state"

    month: Mapped[date] = mapped_column(primary_key=True)  # its first day
    area_code: Mapped[AreaColumn] = mapped_column(primary_key=True)
    policy_id: Mapped[UUID]
    as_of: Mapped[date]
    people: Mapped[int]
    rows: Mapped[int]  # of them in the ledger
    counted_at: Mapped[datetime]


class IndicatorCount(Base):
    """What an indicator or a priority list came to; see `rules.indicators.Count`. Zeroes are left out."""

    __tablename__ = "indicator_count"

    month: Mapped[date] = mapped_column(primary_key=True)
    area_code: Mapped[AreaColumn] = mapped_column(primary_key=True)
    indicator: Mapped[str] = mapped_column(primary_key=True)
    numerator: Mapped[int] = mapped_column(BigInteger)
    denominator: Mapped[int] = mapped_column(BigInteger)
    could: Mapped[int]


class IndicatorDue(Base):
    """That rows of a village have changed: written by triggers in the transaction of the change, a queue and no more.

    Without a month people have changed: that concerns every month that has not settled.
    """

    __tablename__ = "indicator_due"
    __table_args__ = (Index("ix_indicator_due_area", "area_code"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    area_code: Mapped[AreaColumn]
    month: Mapped[date | None]
