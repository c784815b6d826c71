"""The labour ledger (务工台账): one row for a person and a month, and every change of it.

Both tables are partitioned by month (docs/decisions/0029). The partitions are made by the function `make_ledger_months`
of the migration, ahead of time, for the service's own role may make no table.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Index, Numeric, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from services.jobs.models.plumbing import Base
from services.jobs.rules.ledger import Source, Status
from shared.db.base import AreaColumn
from shared.imports import Import

_FIRST_OF_MONTH = "EXTRACT(day FROM month) = 1"


class LabourRow(Base):
    """What one person does in one month; see `rules/ledger.py` for the fields that each status needs.

    `month` is its first day. `area_code` is where the person lived then: a move takes the current month along, and
    leaves what was counted in past months where it was counted. Nobody typed `organised`: it follows from the channel.
    The employer's name is sealed (purpose "ledger-employer"), `employer_key` its blind index.
    """

    __tablename__ = "labour_row"
    __table_args__ = (
        CheckConstraint(_FIRST_OF_MONTH, name="month"),
        Index("ix_labour_row_area", "area_code", "person_id"),
        {"postgresql_partition_by": "RANGE (month)"},
    )

    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    area_code: Mapped[AreaColumn]
    status: Mapped[Status] = mapped_column(String)

    work_area: Mapped[str | None]  # 6 or 12 digits, or "abroad"
    employer_id: Mapped[UUID | None]
    employer_name_sealed: Mapped[bytes | None]
    employer_key: Mapped[str | None]
    industry: Mapped[str | None]  # GB/T 4754, a letter
    trade: Mapped[str | None]  # GB/T 6565
    work_kind: Mapped[str | None]
    wage: Mapped[Decimal | None] = mapped_column(Numeric(8, 2))  # yuan a month
    channel: Mapped[str | None]
    point_to_point: Mapped[bool | None]  # 点对点
    organised: Mapped[bool | None]
    started_on: Mapped[date | None]
    ended_on: Mapped[date | None]  # last day of work; of one who is not out: of the last work there was
    stability: Mapped[str | None]
    compared: Mapped[str | None]  # with last year
    wants_change: Mapped[bool | None]  # 转岗
    services: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default=text("'{}'"))

    plan_area: Mapped[str | None]
    plan_on: Mapped[date | None]
    able: Mapped[bool | None]
    willing: Mapped[bool | None]
    reason: Mapped[str | None]
    possible_on: Mapped[date | None]

    confirmed_on: Mapped[date | None]
    confirmed_by: Mapped[UUID | None]
    source: Mapped[Source] = mapped_column(String)
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    changed_at: Mapped[datetime]
    changed_by: Mapped[UUID | None]  # nobody: carried


class LabourChange(Base):
    """What one act did to a row: `fields` names what changed, `detail` has from and to, except the employer's name.

    `what`: made, changed, confirmed, carried (anew, because the month before was corrected), moved; or minor, when
    nothing changed and somebody under 16 was found at work (told once a person and year). `version` is the row's after
    it. A row that was carried and never touched has no line: `LedgerMonth` tells of it.
    """

    __tablename__ = "labour_change"
    __table_args__ = (
        CheckConstraint(_FIRST_OF_MONTH, name="month"),
        Index("ix_labour_change_person", "person_id", "id"),
        {"postgresql_partition_by": "RANGE (month)"},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    person_id: Mapped[UUID]
    area_code: Mapped[AreaColumn]
    what: Mapped[str]
    source: Mapped[Source] = mapped_column(String)
    by: Mapped[UUID | None]
    at: Mapped[datetime]
    version: Mapped[int]
    fields: Mapped[list[str]] = mapped_column(ARRAY(Text))
    detail: Mapped[dict[str, Any] | None]
    employer_from_sealed: Mapped[bytes | None]  # purpose "ledger-employer", as in the row
    employer_to_sealed: Mapped[bytes | None]
    policy_id: Mapped[UUID | None]  # version of `ledger-rules` it was taken by; null where nobody said anything


class LedgerMonth(Base):
    """That a month was carried forward, when, and what became of the rows of the month before.

    The counts are for the record, to be asked in SQL when a month looks wrong; no route tells them.
    """

    __tablename__ = "ledger_month"

    month: Mapped[date] = mapped_column(primary_key=True)
    carried_at: Mapped[datetime]
    carried: Mapped[int]  # rows made
    ended: Mapped[int]  # of them: out before, and past the day the work ended
    left_out: Mapped[int]  # people who are no more in the register


class LedgerImport(Import, Base):
    """A file of rows for one month, sent to be checked and then written, within the areas of its sender then.

    `counts`: outcome → number of rows. What was found wrong lies sealed in the store, as a workbook.
    """

    __tablename__ = "ledger_import"
    __table_args__ = (
        Index("ix_ledger_import_waiting", "id", postgresql_where=text("state IN ('queued', 'checking', 'applying')")),
    )

    channel = "jobs_ledger_import"

    month: Mapped[date]
    name_sealed: Mapped[bytes]  # purpose "ledger-import-name"
