"""Comparisons of the ledger with other exports (台账比对): a set of files, and what became of each person."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, ForeignKey, Index, SmallInteger, String, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.jobs.models.plumbing import Base
from services.jobs.rules.reconciliation import Outcome, RunState, Settled
from shared.attempts import Attempted
from shared.contracts.jobs_reconcile_policies import ExportSource
from shared.db.base import AreaColumn


class Reconciliation(Attempted, Base):
    """Workbooks of one export, sent to be compared with the ledger of one month within one area.

    No number of people is kept here: all counts are counted from `reconciliation_row`. `notes`: sheets and rows that
    could not be read, and words that no code list has.
    """

    __tablename__ = "reconciliation"
    __table_args__ = (
        Index("ix_reconciliation_waiting", "id", postgresql_where=text("state IN ('queued', 'reading', 'comparing')")),
        Index("ix_reconciliation_area", "area_code", "id"),
    )

    source: Mapped[ExportSource] = mapped_column(String)
    month: Mapped[date]  # its first day
    area_code: Mapped[AreaColumn]  # what the export covers: a county, township or village
    state: Mapped[RunState] = mapped_column(String)
    files_sealed: Mapped[bytes]  # purpose "reconciliation-files": names and sizes, in the order they came
    size: Mapped[int] = mapped_column(BigInteger)  # bytes in clear
    sent_by: Mapped[UUID]
    policy_id: Mapped[UUID | None]  # the version by which it was compared
    rows_estimate: Mapped[int | None]
    rows_read: Mapped[int] = mapped_column(server_default="0")
    people_compared: Mapped[int] = mapped_column(server_default="0")  # of the ledger, for a progress bar
    people_estimate: Mapped[int | None]
    notes: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    received_at: Mapped[datetime]
    files_deleted_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]  # when its rows were forgotten


class ReconciliationRow(Base):
    """One person in one comparison. It stays in the village where the person stood then: counts must not wander.

    `sealed` (purpose "reconciliation-row"): what each side said, and of whom the register does not know the name and
    ID number. `task_id`: the task by which somebody looks at it; several comparisons of one person share one.
    """

    __tablename__ = "reconciliation_row"
    __table_args__ = (
        Index("ix_reconciliation_row_outcome", "run_id", "outcome", "id"),
        Index("ix_reconciliation_row_area", "run_id", "area_code", "outcome"),
        Index("ix_reconciliation_row_person", "person_id", postgresql_where=text("outcome <> 'same'")),
        Index("ix_reconciliation_row_key", "person_key", postgresql_where=text("person_key IS NOT NULL")),
        Index("ix_reconciliation_row_task", "task_id", postgresql_where=text("task_id IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    run_id: Mapped[UUID] = mapped_column(ForeignKey("reconciliation.id"))
    area_code: Mapped[AreaColumn]
    outcome: Mapped[Outcome] = mapped_column(String)
    person_id: Mapped[UUID | None]
    person_key: Mapped[str | None]  # of whom the register does not know
    fields: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))  # in which they differ
    sealed: Mapped[bytes | None]
    file: Mapped[int | None] = mapped_column(SmallInteger)
    sheet: Mapped[int | None] = mapped_column(SmallInteger)
    row_number: Mapped[int | None]  # as a person sees it in the sheet, from 1
    task_id: Mapped[UUID | None]
    looked_at: Mapped[datetime]  # when the ledger's row was last compared with it
    settled: Mapped[Settled | None] = mapped_column(String)
    settled_at: Mapped[datetime | None]
