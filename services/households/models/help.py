"""Measures (帮扶措施) against the risks of a household, and the check before a risk is called gone (消除核查)."""

from datetime import date, datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, Numeric, SmallInteger, Text
from sqlalchemy.orm import Mapped, mapped_column

from services.households.models.plumbing import Base
from shared.db.base import AreaColumn

MeasureState = Literal["planned", "delivered", "failed", "withdrawn"]


class Measure(Base):
    """One measure. `proof_sealed` ("measure-proof") says what was given to whom; `reason_sealed` ("measure-reason") why
    it failed or was withdrawn. `source` is `hand`, or the service whose event brought it, with its id in `source_ref`.
    """

    __tablename__ = "measure"
    __table_args__ = (
        ForeignKeyConstraint(
            ["case_id", "area_code"], ["monitoring_case.id", "monitoring_case.area_code"], onupdate="CASCADE"
        ),
        Index("ix_measure_case", "case_id", "id"),
        Index("uq_measure_source_ref", "source", "source_ref", unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID]
    area_code: Mapped[AreaColumn]
    round: Mapped[int] = mapped_column(SmallInteger)
    risk: Mapped[str]
    kind: Mapped[str]
    sub_kind: Mapped[str | None]
    tag: Mapped[str]  # raise | reduce | fill
    bureau: Mapped[str]
    member_id: Mapped[UUID | None]  # for whom of the household, where it is for one: work, training
    content_sealed: Mapped[bytes]  # "measure-content"
    amount: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))  # yuan
    quota: Mapped[int | None]  # places, posts
    planned_on: Mapped[date]
    due_on: Mapped[date]
    delivered_on: Mapped[date | None]
    proof_sealed: Mapped[bytes | None]
    reason_sealed: Mapped[bytes | None]
    state: Mapped[MeasureState] = mapped_column(Text)
    policy_id: Mapped[UUID | None]  # `measure-fit`, by which it was said to fit or not
    fits: Mapped[bool]
    source: Mapped[str]
    source_ref: Mapped[str | None]
    version: Mapped[int] = mapped_column(default=1)
    recorded_by: Mapped[UUID]
    recorded_at: Mapped[datetime]
    updated_by: Mapped[UUID]
    updated_at: Mapped[datetime]


class EliminationCheck(Base):
    """What was found before a risk is called gone; of several the last counts. Who keeps in touch with the household
    (监测联系人) and what was seen are sealed ("elimination-check")."""

    __tablename__ = "elimination_check"
    __table_args__ = (
        ForeignKeyConstraint(
            ["case_id", "area_code"], ["monitoring_case.id", "monitoring_case.area_code"], onupdate="CASCADE"
        ),
        Index("ix_elimination_check_case", "case_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID]
    area_code: Mapped[AreaColumn]
    round: Mapped[int] = mapped_column(SmallInteger)
    checked_on: Mapped[date]
    income_stable: Mapped[bool]
    spending_solved: Mapped[bool]
    manner: Mapped[str]  # helped | natural
    has_contact: Mapped[bool]
    sealed: Mapped[bytes]
    recorded_by: Mapped[UUID]
    recorded_at: Mapped[datetime]
