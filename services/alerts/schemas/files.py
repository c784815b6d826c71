"""Files as they are read."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from services.alerts.rules.files import FileState
from shared.http.fields import Answer
from shared.tables.table import Format


class FileFailure(Answer):
    """Why a file was given up."""

    code: str = Field(examples=["workbook-broken"])
    message: str = Field(examples=["工作簿已损坏，无法读取"])


class SkippedSheet(Answer):
    """A sheet of a workbook that is not read, and why."""

    sheet: int = Field(description="From 1 · 工作表序号", examples=[2])
    name: str | None = Field(
        description="Withheld from supervisors, as the file's own · 工作表名", examples=["填表说明"]
    )
    code: str = Field(examples=["sheet-hidden"])
    message: str = Field(examples=["隐藏的工作表，未读取"])


class FileView(Answer):
    """How far a file has come.

    Every row read was rejected, did not trigger, or is one of `stored`, `repeated`, `merged`, `worsened`, `snoozed` and
    `unmatched`. `triggered` are those for which the feed's rule is true; of these `matched` are in the register.
    """

    id: UUID
    feed: str = Field(examples=["medical.cost"])
    period: str = Field(examples=["2026-03"])
    name: str | None = Field(
        description="As its sender called it; withheld from supervisors · 文件名", examples=["3月住院自付.xlsx"]
    )
    state: FileState = Field(description="queued 待处理, running 处理中, done 已完成, failed 已失败, cancelled 已取消")
    format: Format
    size: int = Field(description="Bytes · 字节", examples=[4200000])
    skipped: list[SkippedSheet] = Field(description="Sheets that are not read · 未读取的工作表")
    rows_estimate: int | None = Field(description="Rows there may be, once somebody can tell · 预计行数")
    rows_read: int = Field(description="Rows read · 已读取")
    screened: int = Field(description="Rows without a mistake, held against the rule · 已筛查")
    triggered: int = Field(description="Rows for which the rule is true · 触发")
    matched: int = Field(description="Of these: known to the register · 已匹配到户")
    stored: int = Field(description="New alerts · 已生成预警")
    repeated: int = Field(description="Rows known before, nothing done · 重复")
    merged: int = Field(description="Further evidence of an alert that is open · 已并入已有预警")
    worsened: int = Field(description="Of an open alert, and worse: told again · 已有预警加重")
    snoozed: int = Field(description="Of an alert that was dismissed, and no worse · 此前已排除")
    rejected: int = Field(description="Rows with mistakes, see errors · 退回")
    unmatched: int = Field(description="Rows kept until their person is in the register · 暂未匹配到户，留存待比对")
    rematched: int = Field(description="Of these: alerts by now · 留存后匹配")
    errors: int = Field(description="Mistakes in all; the first 10,000 are listed · 错误总数")
    progress: float | None = Field(description="0 to 1 · 进度", examples=[0.42])
    received_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    ends_at: datetime | None = Field(description="When it will be done if it goes on like this · 预计完成时间")
    failure: FileFailure | None
    result_kept: bool = Field(description="Whether /result can still be had · 结果可下载")


class ReportedFile(FileView):
    """The file that was sent, or the first one with the same content."""

    known: bool = Field(description="It came before: this is the first one, and nothing new is done · 是否重复报送")


class FileError(Answer):
    """One mistake in one row."""

    sheet: int = Field(description="From 1; always 1 in a CSV · 工作表序号", examples=[1])
    row: int = Field(description="As one sees it in the sheet, from 1 · 行号", examples=[17])
    field: str = Field(examples=["person.id_number"])
    heading: str | None = Field(description="What its column is usually called · 表头", examples=["身份证号码"])
    code: str = Field(examples=["id-number-checksum"])
    message: str = Field(examples=["身份证号码校验位不正确"])
    params: dict[str, Any]
