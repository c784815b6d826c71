"""Imports of list workbooks as they are read."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from services.households.rules.register_imports import ListKind, Outcome
from services.households.schemas.fields import LeftReason
from shared.http.fields import Answer, AreaView, Draft, Sha256
from shared.imports import ImportState


class ListFileView(Answer):
    """One file of a set."""

    name: str = Field(description="As its sender called it · 文件名", examples=["青石镇.xlsx"])
    size: int = Field(description="Bytes · 字节")


class SkippedSheet(Answer):
    """A sheet that was not read."""

    file: int = Field(description="From 1 · 文件序号", examples=[1])
    sheet: str = Field(description="Its name · 工作表", examples=["说明"])
    code: str = Field(examples=["sheet-of-something-else"])


class ListCounts(Answer):
    """What becomes of households or people."""

    added: int = Field(0, description="In the list, not in the register · 新增")
    changed: int = Field(0, description="In both, and different · 变更")
    unchanged: int = Field(0, description="In both, and the same · 无变化")
    conflicting: int = Field(0, description="Left out, see the findings · 冲突")
    warned: int = Field(0, description="Among those taken: worth a look, see the findings · 提示")
    vanished: int = Field(0, description="In the register, not in the list · 消失")


class TownshipCounts(Answer):
    """The same of one township."""

    area: AreaView | None = Field(description="None: rows without a place · 未注明地区的行为空")
    households: ListCounts
    members: ListCounts


class ImportFailure(Answer):
    """Why an import ended, or has to be looked at again."""

    code: str = Field(examples=["register-changed"])
    message: str = Field(examples=["核对之后档案有变化，已重新核对，请确认后再次提交"])


class RegisterImportView(Answer):
    """How far an import has come, and what it found. Nothing is written before it is applied."""

    id: UUID
    kind: ListKind = Field(description="person-list 人员清单, household-list 农户清单")
    dry_run: bool = Field(description="Only compared until somebody applies it · 试运行")
    state: ImportState = Field(
        description="queued 待核对, checking 核对中, checked 已核对, applying 写入中, applied 已写入, failed 已失败"
    )
    files: list[ListFileView]
    rows_estimate: int | None = Field(description="Rows there may be · 预计行数")
    rows_read: int = Field(description="Rows read · 已读取")
    digest: str | None = Field(description="Names the last check and what it decided · 核对编号")
    checks: int = Field(description="How often it was compared · 核对次数")
    households: ListCounts
    members: ListCounts
    townships: list[TownshipCounts]
    skipped: list[SkippedSheet]
    passed_over: list[str] = Field(
        description="Columns with words the register has no code for: these cells say nothing · 部分内容未采用的列",
        examples=[["务工区域"]],
    )
    failure: ImportFailure | None
    received_at: datetime
    checked_at: datetime | None
    finished_at: datetime | None
    result_kept: bool = Field(description="Whether findings and result can still be had · 结果可下载")


class ListFieldChange(Answer):
    """One field of a household or person. Of what is personal the supervisor and administrator see no values."""

    field: str = Field(examples=["labour_skill"])
    title: str = Field(description="Its heading · 列名", examples=["劳动技能"])
    before: Any = Field(None, examples=["普通劳动力"])
    after: Any = Field(None, examples=["丧失劳动力"])


class ListFindingView(Answer):
    """What would become of one household or person, or why not."""

    number: int
    outcome: Outcome
    area: AreaView | None = Field(description="None: the row says no place · 未注明地区时为空")
    national_code: str | None = Field(description="户编号", examples=["5399211002000001"])
    household_id: UUID | None
    member_id: UUID | None
    name: str | None = Field(description="The person, masked for whoever does not work with people · 姓名")
    file: int | None = Field(description="From 1 · 文件序号")
    sheet: int | None = Field(description="From 1 · 工作表序号")
    row: int | None = Field(description="As one sees it in the sheet · 行号", examples=[17])
    field: str | None = Field(description="Heading of the column that `message` is about · 列名")
    code: str | None = Field(examples=["list-two-heads"])
    message: str | None = Field(examples=["户主多于一人"])
    changes: list[ListFieldChange] = Field(
        description="Fields, and as `case.…` what the national case would be that is opened · 变更及将建立的监测个案"
    )


class Application(Draft):
    """Which check is meant, and whether those who vanished leave the register."""

    digest: Annotated[Sha256, Field(description="Of the check that was looked at · 核对编号")]
    remove_vanished: LeftReason | None = Field(
        None, description="Why who is not in the list leaves the register; null: they stay · 消失人员减员原因"
    )
