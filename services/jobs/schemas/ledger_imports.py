"""Files of ledger rows, as they are read."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from shared.http.fields import Answer, Draft, MonthText, Sha256
from shared.imports import ImportState


class LedgerCounts(Answer):
    """Rows of the file by what becomes of them."""

    made: int = Field(0, description="新增")
    changed: int = Field(0, description="变更")
    confirmed: int = Field(0, description="As they were, and confirmed by it · 确认无变化")
    unchanged: int = Field(0, description="无变化")
    refused: int = Field(0, description="Left out, see the workbook · 不予登记")


class ImportFailure(Answer):
    """Why it ended, or is rehearsed anew."""

    code: str = Field(examples=["ledger-import-moved-on"])
    message: str


class LedgerImportView(Answer):
    """How far a file has come, and what it would do. Nothing is written before it is applied."""

    id: UUID
    month: MonthText
    dry_run: bool = Field(description="Only rehearsed until somebody applies it · 试运行")
    state: ImportState = Field(description="queued, checking, checked, applying, applied, failed · 状态")
    name: str = Field(description="As its sender called it · 文件名", examples=["青石镇台账.xlsx"])
    size: int = Field(description="Bytes · 字节")
    digest: str | None = Field(description="Names what the rehearsal found; to be given when it is applied · 核对标识")
    counts: LedgerCounts | None
    failure: ImportFailure | None
    received_at: datetime
    checked_at: datetime | None
    finished_at: datetime | None


class LedgerApplication(Draft):
    """Which rehearsal is to be written."""

    digest: Annotated[Sha256, Field(description="Of the rehearsal that was looked at · 核对标识")]
