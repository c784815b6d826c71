"""Tasks (核查任务), what happened to them, and the visits (入户走访) made for them."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from services.households.models.plumbing import AreaColumn, Base
from shared.contracts.households import Level

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


class Visit(Base):
    """One visit. The id is made on the visitor's phone, so that it can send again after a lost answer.

    `sealed` (purpose "visit") holds whom they met and what they found; `content_key` tells a repetition from
    another visit under the same id.
    """

    __tablename__ = "visit"
    __table_args__ = (
        ForeignKeyConstraint(["case_id", "area_code"], ["risk_case.id", "risk_case.area_code"], onupdate="CASCADE"),
        Index("ix_visit_case", "case_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    task_id: Mapped[UUID] = mapped_column(ForeignKey("task.id"), index=True)
    case_id: Mapped[UUID]
    household_id: Mapped[UUID | None] = mapped_column(index=True)
    area_code: Mapped[AreaColumn]
    visited_at: Mapped[datetime]
    latitude: Mapped[float | None]  # degrees, WGS 84 as the phone gives it
    longitude: Mapped[float | None]
    accuracy_m: Mapped[float | None]
    sealed: Mapped[bytes]
    content_key: Mapped[str]
    visited_by: Mapped[UUID]
    recorded_at: Mapped[datetime]
