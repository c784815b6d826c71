"""Public notices (公示) and objections (异议)."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from services.households.models import ObjectionState
from services.households.rules.notices import NoticeKind, NoticeState
from shared.http.fields import Answer, AreaView, Draft, Line, Name, Paragraph, Sha256

ScanDigest = Annotated[Sha256, Field(description="SHA-256 of the photo or scan, hex · 照片或扫描件摘要")]


class NoticeDraft(Draft):
    """Which cases are published, all of one village."""

    kind: Annotated[NoticeKind, Field(description="识别公示 or 消除公示", examples=["identification"])]
    case_ids: Annotated[list[UUID], Field(min_length=1, max_length=200, description="Cases · 监测个案")]


class PostingDraft(Draft):
    """It was put up."""

    started_on: Annotated[date, Field(description="Day · 张贴日期", examples=["2026-03-10"])]
    place: Annotated[Line, Field(description="Kept sealed · 张贴地点", examples=["村委会公告栏"])]
    put_up_by: Annotated[Name, Field(description="Kept sealed · 张贴人")]
    photo_sha256: ScanDigest | None = None


class EndingDraft(Draft):
    """It was taken down."""

    ended_on: Annotated[date, Field(description="Day · 结束日期", examples=["2026-03-15"])]
    taken_down_by: Annotated[Name, Field(description="Kept sealed · 撤下人")]
    photo_sha256: ScanDigest | None = None


class NoticeEntryView(Answer):
    """One case on a notice."""

    case_id: UUID
    void: bool = Field(description="Counts no more: objection upheld, withdrawn, or published anew · 是否已失效")


class ObjectionCounts(Answer):
    """Objections to what stands on a notice."""

    open: int
    upheld: int
    rejected: int


class NoticeView(Answer):
    """One notice."""

    id: UUID
    kind: NoticeKind
    kind_text: str = Field(examples=["识别公示"])
    state: NoticeState
    state_text: str = Field(examples=["公示中"])
    area: AreaView
    entries: list[NoticeEntryView]
    objections: ObjectionCounts
    min_days: int = Field(description="Least days · 最少公示天数", examples=[5])
    started_on: date | None
    may_end_on: date | None = Field(description="First day on which it may be taken down · 最早结束日期")
    must_end_by: date | None = Field(description="Void when not taken down by then · 最迟结束日期")
    ended_on: date | None
    place: str | None = Field(description="Hidden from supervisors · 张贴地点")
    put_up_by: str | None = Field(description="Hidden from supervisors · 张贴人")
    taken_down_by: str | None = Field(description="Hidden from supervisors · 撤下人")
    started_photo: str | None
    ended_photo: str | None
    text: str | None = Field(description="As written; names people, so hidden from supervisors · 公示内容")
    policy_id: UUID
    drafted_at: datetime
    version: int


class ObjectionDraft(Draft):
    """What somebody objects to."""

    case_id: UUID
    by: Annotated[Line | None, Field(description="Nobody need give a name; kept sealed · 异议人")] = None
    what: Annotated[Paragraph, Field(description="Kept sealed · 异议内容", examples=["该户有营运货车"])]
    received_on: Annotated[date, Field(description="Day · 收到日期", examples=["2026-03-12"])]


class ObjectionAnswerDraft(Draft):
    """The answer to an objection."""

    decision: Annotated[Literal["upheld", "rejected"], Field(description="成立 or 不成立", examples=["rejected"])]
    reason: Annotated[Paragraph, Field(description="Kept sealed · 理由", examples=["经核，该车为他人所有"])]


class ObjectionView(Answer):
    """One objection."""

    id: UUID
    notice_id: UUID
    case_id: UUID
    by: str | None = Field(description="Hidden from supervisors · 异议人")
    what: str | None = Field(description="Hidden from supervisors · 异议内容")
    received_on: date
    state: ObjectionState
    state_text: str = Field(examples=["待答复"])
    reason: str | None = Field(description="Hidden from supervisors · 答复理由")
    answered_on: date | None
    answered_by: UUID | None
    version: int
