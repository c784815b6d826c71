"""Comparisons of the ledger with other exports, as they are read."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from services.jobs.rules.reconciliation import Outcome, RunState, Settled
from services.jobs.schemas.people import PersonBrief
from shared.contracts.jobs_reconcile_policies import ExportSource
from shared.http.fields import Answer, AreaView, MonthText


class ExportFileView(Answer):
    """One file of a set."""

    name: str = Field(description="As its sender called it · 文件名", examples=["青石镇.xlsx"])
    size: int = Field(description="Bytes · 字节")


class SkippedSheet(Answer):
    """A sheet that was not read."""

    file: int = Field(description="From 1 · 文件序号", examples=[1])
    sheet: str = Field(description="Its name · 工作表", examples=["说明"])
    message: str = Field(examples=["没有找到表头"])


class UnreadRows(Answer):
    """Rows that are left out, by what is wrong with their ID number."""

    code: str = Field(examples=["id-number-checksum"])
    message: str
    rows: int


class OutcomeCounts(Answer):
    """How many people, counted from the rows."""

    same: int = Field(0, description="Both agree · 一致")
    differs: int = Field(0, description="Both have them, and differ · 字段不一致")
    only_here: int = Field(0, description="In the ledger alone · 仅台账有")
    only_there: int = Field(0, description="In the export alone · 仅对方有")
    unsettled: int = Field(0, description="Of those that are not the same: nothing has settled it since · 未消除")


class AreaOutcomes(OutcomeCounts):
    """The same of one village or township."""

    area: AreaView


class FieldCount(Answer):
    """In how many cases a field differs."""

    field: str = Field(examples=["wage"])
    title: str = Field(examples=["月工资"])
    people: int


class RunFailure(Answer):
    """Why a comparison came to nothing."""

    code: str = Field(examples=["header-missing"])
    message: str


class ReconciliationView(Answer):
    """How far a comparison has come, and what it found. All numbers are counted from people when they are asked for."""

    id: UUID
    source: ExportSource = Field(description="human_resources 人社系统, national 全国系统")
    source_text: str = Field(examples=["人社系统导出"])
    month: MonthText
    area: AreaView
    state: RunState = Field(description="queued 待处理, reading 读取中, comparing 比对中, done 已完成, failed 已失败")
    files: list[ExportFileView]
    rows_estimate: int | None = Field(description="Rows there may be · 预计行数")
    rows_read: int = Field(description="Rows of the export read · 已读取行数")
    people_estimate: int | None = Field(description="People of the ledger to be compared · 台账人数")
    people_compared: int = Field(description="Of them compared · 已比对人数")
    counts: OutcomeCounts | None = Field(description="Within the reader's areas; null until it is done · 结果")
    fields: list[FieldCount] = Field(description="In which fields they differ · 不一致字段")
    skipped: list[SkippedSheet]
    unread: list[UnreadRows] = Field(description="Rows without a readable ID number · 未采用的行")
    passed_over: list[str] = Field(
        description="Columns with words that no code list has: such cells are not compared · 部分内容未比对的列",
        examples=[["就业渠道"]],
    )
    failure: RunFailure | None
    policy_id: UUID | None
    received_at: datetime
    finished_at: datetime | None
    rows_kept: bool = Field(description="Whether people and workbook can still be had · 结果可下载")


class Difference(Answer):
    """One field as either side has it. Supervisors see no values."""

    field: str = Field(examples=["wage"])
    title: str = Field(examples=["月工资"])
    differs: bool = Field(description="By more than is tolerated · 超出容差")
    ours: Any = Field(None, description="台账", examples=["5000.00"])
    theirs: Any = Field(None, description="对方", examples=["3800"])


class UnknownPerson(Answer):
    """Somebody in the export whom the register does not know here. Both masked for supervisors, the number for all."""

    name: str | None = Field(examples=["张三"])
    id_number: str = Field(examples=["539921********0017"])


class ReconciliationRowView(Answer):
    """One person of a comparison."""

    id: UUID
    outcome: Outcome
    outcome_text: str = Field(examples=["字段不一致"])
    area: AreaView
    person: PersonBrief | None = Field(description="As the register has them · 人员")
    unknown: UnknownPerson | None = Field(description="Whom the register does not know here · 未在册人员")
    differences: list[Difference]
    file: int | None = Field(description="From 1 · 文件序号")
    sheet: int | None = Field(description="From 1 · 工作表序号")
    row: int | None = Field(description="As one sees it in the sheet · 行号", examples=[17])
    task_id: UUID | None = Field(description="Whose task it is to look at it · 任务")
    settled: Settled | None = Field(description="correction 已更正, later 已被后一次比对取代")
    settled_at: datetime | None


class TasksOpened(Answer):
    """How many tasks were opened."""

    opened: int
