"""Batches as they are read."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from services.alerts.rules.batches import BatchFormat, BatchState
from shared.http.fields import Answer


class BatchView(Answer):
    """How far a batch has come. The counts together are the number of rows worked off."""

    id: UUID
    state: BatchState
    format: BatchFormat
    rows: int = Field(description="Rows received · 总行数", examples=[50000])
    accepted: int = Field(description="New alerts · 新增预警")
    merged: int = Field(description="Further evidence of alerts, no news · 归并")
    worsened: int = Field(description="Worse evidence of open alerts · 加重")
    snoozed: int = Field(description="No worse than what was dismissed · 静默")
    repeated: int = Field(description="Rows known before, nothing done · 重复")
    rejected: int = Field(description="Rows with mistakes, or that failed here: see errors · 退回")
    not_triggered: int = Field(description="Rows the feed's rule does not let through; not kept · 未触发")
    received_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class RowError(Answer):
    """One mistake in one row."""

    row: int = Field(description="From 1; the line number in NDJSON · 行号", examples=[17])
    field: str = Field(examples=["person.id_number"])
    code: str = Field(examples=["id-number-checksum"])
    message: str = Field(examples=["身份证号码校验位不正确"])
