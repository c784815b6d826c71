"""The desk of labour tasks (任务)."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.jobs.models.plumbing import Base
from shared.db.base import AreaColumn


class LabourTask(Base):
    """Something that somebody of an area shall do until a day. `subject_id` is the row of whoever opened it.

    What may be the `outcome`, says the kind; the note is free text, sealed (purpose "labour-task-note").
    """

    __tablename__ = "labour_task"
    __table_args__ = (
        ForeignKeyConstraint(["person_id", "area_code"], ["person.id", "person.area_code"], onupdate="CASCADE"),
        Index(
            "uq_labour_task_subject",
            "kind",
            "subject_id",
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_labour_task_open", "due_on", "id", postgresql_where=text("state = 'open'")),
        Index("ix_labour_task_area", "area_code", "due_on", "id"),
        Index("ix_labour_task_person", "person_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    area_code: Mapped[AreaColumn]
    person_id: Mapped[UUID | None]
    subject_id: Mapped[UUID]
    due_on: Mapped[date]
    state: Mapped[str]
    outcome: Mapped[str | None]
    note_sealed: Mapped[bytes | None]
    policy_id: Mapped[UUID | None]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[UUID | None]
    version: Mapped[int]
