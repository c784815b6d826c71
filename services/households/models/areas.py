"""The households that the task of an area alert is about."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.households.models.plumbing import Base
from shared.db.base import AreaColumn


class TaskHousehold(Base):
    """One household on the list of a task. The list is made once, when the task is opened.

    What is said of it is optional: `note_sealed` (purpose "area-note") is free text. Who is `at_risk` has a national
    case from it. `area_code` is the check's and stays, wherever the household moves: who sees the task counts them all.
    """

    __tablename__ = "task_household"
    __table_args__ = (Index("ix_task_household_household", "household_id"),)

    task_id: Mapped[UUID] = mapped_column(ForeignKey("task.id"), primary_key=True)
    household_id: Mapped[UUID] = mapped_column(ForeignKey("household.id"), primary_key=True)
    area_code: Mapped[AreaColumn]
    affected: Mapped[bool | None]
    at_risk: Mapped[bool | None]
    note_sealed: Mapped[bytes | None]
    remarked_by: Mapped[UUID | None]
    remarked_at: Mapped[datetime | None]
