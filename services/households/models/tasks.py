"""Tasks (核查任务), and what happened to them."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from services.households.models.plumbing import Base
from shared.contracts.households import Level
from shared.db.base import AreaColumn

TaskState = Literal["open", "accepted", "done", "cancelled"]
ACTIVE: tuple[TaskState, ...] = ("open", "accepted")
_IS_ACTIVE = "state IN ('open', 'accepted')"


class Task(Base):
    """One check to be made by the desk `level` of `area_code`.

    `overdue_at` is a mark, never a lock. `raised_to` is the level that now asks after it; the desk stays.
    """

    __tablename__ = "task"
    __table_args__ = (
        Index("ix_task_active_area", "area_code", "due_at", "id", postgresql_where=text(_IS_ACTIVE)),
        Index("ix_task_active_due", "due_at", "id", postgresql_where=text(_IS_ACTIVE)),
        Index("ix_task_active_assignee", "assignee_id", postgresql_where=text(_IS_ACTIVE)),
        Index("ix_task_household", "household_id"),
        Index("ix_task_created", "created_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("risk_case.id"), index=True)
    household_id: Mapped[UUID | None]
    level: Mapped[Level] = mapped_column(Text)
    area_code: Mapped[AreaColumn]
    assignee_id: Mapped[UUID | None]
    state: Mapped[TaskState] = mapped_column(Text)
    due_at: Mapped[datetime]
    policy_id: Mapped[UUID]
    overdue_at: Mapped[datetime | None]
    raised_to: Mapped[Level | None] = mapped_column(Text)
    escalated_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    dropout_case_id: Mapped[UUID | None]  # a check whether a child stays at school (返校稳定核查), of no alert


class TaskEvent(Base):
    """One line of a task's history: who did what when. `detail` holds codes and ids only."""

    __tablename__ = "task_event"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    task_id: Mapped[UUID] = mapped_column(ForeignKey("task.id"), index=True)
    at: Mapped[datetime]
    what: Mapped[
        str
    ]  # opened | evidence-added | worsened | accepted | assigned | overdue | escalated | done | cancelled
    by: Mapped[UUID]
    detail: Mapped[dict[str, Any] | None]
