"""Files: a bureau's export as it dropped it, what became of its rows, and the rows that wait for the register."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, SmallInteger, String, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.alerts.models.plumbing import Base
from services.alerts.rules.files import FileState
from shared.attempts import Attempted
from shared.clock import utc_now
from shared.tables.table import Format


class File(Attempted, Base):
    """A file that was sent for one feed. It keeps what its sender was permitted then; its rows lie in the file store.

    `rows_read` is the mark a worker goes on from: it moves in the transaction that stores what became of these rows.
    """

    __tablename__ = "file"
    __table_args__ = (
        # The same file again is the first one, unless that came to nothing.
        Index(
            "uq_file_digest", "digest", unique=True, postgresql_where=text("state <> 'failed' AND state <> 'cancelled'")
        ),
        Index("ix_file_waiting", "id", postgresql_where=text("finished_at IS NULL")),
        Index("ix_file_feed_id", "feed", "id"),
    )

    feed: Mapped[str]
    period: Mapped[str]  # "2026-03"
    digest: Mapped[bytes]  # keyed hash of feed and its version, period, areas and content
    name_sealed: Mapped[bytes]  # purpose "file-name": people put names into names of files
    skipped_sealed: Mapped[bytes | None]  # purpose "file-name": sheets not read, as JSON [[number, name, code], ...]
    format: Mapped[Format] = mapped_column(String)
    size: Mapped[int] = mapped_column(BigInteger)  # bytes in clear
    reported_by: Mapped[UUID]
    areas: Mapped[list[str]] = mapped_column(ARRAY(Text))
    state: Mapped[FileState] = mapped_column(String)
    rows_estimate: Mapped[int | None]
    rows_read: Mapped[int] = mapped_column(server_default="0")
    screened: Mapped[int] = mapped_column(server_default="0")
    triggered: Mapped[int] = mapped_column(server_default="0")
    matched: Mapped[int] = mapped_column(server_default="0")
    stored: Mapped[int] = mapped_column(server_default="0")
    repeated: Mapped[int] = mapped_column(server_default="0")
    merged: Mapped[int] = mapped_column(server_default="0")
    worsened: Mapped[int] = mapped_column(server_default="0")
    snoozed: Mapped[int] = mapped_column(server_default="0")
    rejected: Mapped[int] = mapped_column(server_default="0")
    unmatched: Mapped[int] = mapped_column(server_default="0")
    rematched: Mapped[int] = mapped_column(server_default="0")
    faults: Mapped[int] = mapped_column(server_default="0")
    attempts: Mapped[int] = mapped_column(server_default="0")  # to get on, since rows were done
    received_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    moved_at: Mapped[datetime | None]  # when the last rows were done
    finished_at: Mapped[datetime | None] = mapped_column(index=True)
    deleted_at: Mapped[datetime | None]  # when the original and the outcomes of its rows were forgotten

    def begun(self) -> None:
        """It is being worked off, since the first attempt."""
        self.state, self.started_at = "running", self.started_at or utc_now()


class FileFault(Base):
    """One mistake in one row of a file: where and which, never the value. The first 10,000 of a file are kept."""

    __tablename__ = "file_fault"

    file_id: Mapped[UUID] = mapped_column(ForeignKey("file.id"), primary_key=True)
    sheet: Mapped[int] = mapped_column(primary_key=True)
    row_number: Mapped[int] = mapped_column(primary_key=True)  # as a person sees it in the sheet, from 1
    field: Mapped[str] = mapped_column(primary_key=True)  # "" when the row as a whole is at fault
    code: Mapped[str] = mapped_column(primary_key=True)
    params: Mapped[dict[str, Any]]


class FilePart(Base):
    """What became of rows that stand together: a byte for each in file order, packed. It says nothing without the file."""

    __tablename__ = "file_part"

    file_id: Mapped[UUID] = mapped_column(ForeignKey("file.id"), primary_key=True)
    first_row: Mapped[int] = mapped_column(primary_key=True)  # rows of the file before these
    rows: Mapped[int]
    outcomes: Mapped[bytes]  # zlib; see `rules.files.Outcome`
    reasons: Mapped[list[Any]] = mapped_column(JSONB)  # [[field, code, params], ...] of the rejected, by their bytes
    alerts: Mapped[bytes | None]  # 16 of an id for each row that is one or belongs to one, zeros where that only waits
    rules: Mapped[list[UUID] | None] = mapped_column(ARRAY(Uuid))  # the versions then in force
    judged_on: Mapped[date | None]  # the day of the report, as rules saw it


class UnmatchedRow(Base):
    """A row that would be an alert if its person were in the register. Sealed, and gone when it expires."""

    __tablename__ = "unmatched_row"
    __table_args__ = (
        Index("uq_unmatched_row_feed_dedup", "feed", "dedup", unique=True),
        Index("ix_unmatched_row_due", "id", postgresql_where=text("due")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    feed: Mapped[str]
    dedup: Mapped[bytes]  # as an alert's: the same row in two files waits once
    row_hash: Mapped[bytes | None]  # likewise: other content under the same source_ref takes its place
    file_id: Mapped[UUID] = mapped_column(ForeignKey("file.id"), index=True)
    person_key: Mapped[str | None] = mapped_column(index=True)
    household_key: Mapped[str | None] = mapped_column(index=True)
    sealed: Mapped[bytes]  # purpose "unmatched-row": the row's fields
    due: Mapped[bool] = mapped_column(server_default="false")  # the register has learnt of the person
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0")  # to look at it again, without an end
    kept_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
