"""Needs for work (就业需求)."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ARRAY, ForeignKeyConstraint, Index, Numeric, SmallInteger, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from services.jobs.models.plumbing import Base
from shared.db.base import AreaColumn


class NeedState(StrEnum):
    """What became of a need."""

    OPEN = "open"
    MET = "met"
    WITHDRAWN = "withdrawn"


class WorkNeed(Base):
    """Somebody wants work, or other work. `source_ref` is the thing it came from, so that nothing opens it twice.

    `refused_areas` are prefixes of area codes; `care_within_km`: must be home within so many kilometres.
    """

    __tablename__ = "work_need"
    __table_args__ = (
        ForeignKeyConstraint(["person_id", "area_code"], ["person.id", "person.area_code"], onupdate="CASCADE"),
        Index(
            "uq_work_need_source",
            "source",
            "source_ref",
            unique=True,
        ),
        Index("ix_work_need_person", "person_id"),
        Index("ix_work_need_open", "area_code", "id", postgresql_where=text("state = 'open'")),
        Index("ix_work_need_until", "until_on", postgresql_where=text("state = 'open' AND until_on IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID]
    area_code: Mapped[AreaColumn]
    source: Mapped[str]  # ledger, case, hand
    source_ref: Mapped[str]
    wants_change: Mapped[bool]  # has work, and wants other work
    wanted_trades: Mapped[list[str]] = mapped_column(ARRAY(Text))  # GB/T 6565
    wage_floor: Mapped[Decimal | None] = mapped_column(Numeric(10, 2))  # yuan a month
    refused_areas: Mapped[list[str]] = mapped_column(ARRAY(Text))
    care_within_km: Mapped[int | None] = mapped_column(SmallInteger)
    lodging_needed: Mapped[bool]
    night_ok: Mapped[bool]
    services: Mapped[list[str]] = mapped_column(ARRAY(Text))
    until_on: Mapped[date | None]
    state: Mapped[str]
    version: Mapped[int]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class NeedWaiting(Base):
    """A need that a case asked for, of a household of which nobody is known here who may work: the event came first.

    Or one that was `withdrawn` before it was opened: that is kept, for an older telling of it may still come.
    """

    __tablename__ = "need_waiting"
    __table_args__ = (Index("ix_need_waiting_household", "household_id"),)

    source_ref: Mapped[str] = mapped_column(primary_key=True)
    household_id: Mapped[UUID]
    area_code: Mapped[AreaColumn]
    person_key: Mapped[str | None]
    services: Mapped[list[str]] = mapped_column(ARRAY(Text))
    withdrawn: Mapped[bool] = mapped_column(server_default=text("false"))
    asked_at: Mapped[datetime]  # or withdrawn
