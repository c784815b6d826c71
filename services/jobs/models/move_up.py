"""The move-up queue (转岗) as it is kept: urgency of everybody at work who should get a better post, village by village."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.jobs.models.plumbing import Base
from shared.db.base import AreaColumn


class MoveUpPlace(Base):
    """How urgent it was for somebody when their village was reckoned; counts only while `MoveUpVillage` is current.

    Its key is the order of a village's queue, from behind.
    """

    __tablename__ = "move_up_place"

    area_code: Mapped[AreaColumn] = mapped_column(primary_key=True)
    urgency: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(primary_key=True)


class MoveUpVillage(Base):
    """For which month and day a village was reckoned, by which version of `move-up` and which medians."""

    __tablename__ = "move_up_village"

    area_code: Mapped[AreaColumn] = mapped_column(primary_key=True)
    month: Mapped[date]
    as_of: Mapped[date]
    policy_id: Mapped[UUID]
    medians_at: Mapped[datetime | None]


class MoveUpDue(Base):
    """That rows or people of a village have changed: written by triggers in the transaction of the change."""

    __tablename__ = "move_up_due"
    __table_args__ = (Index("ix_move_up_due_area", "area_code"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    area_code: Mapped[AreaColumn]
