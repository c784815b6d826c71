"""Authorisations (承诺授权查询书) and questions to bureaus (信息比对)."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.households.codes import LISTS
from services.households.models import AssetAnswer, TicketState
from services.households.schemas.notices import ScanDigest
from shared.http.fields import Answer, AreaView, Day, Draft, Name

AssetKind = Annotated[
    str, LISTS["asset_kind"].field(), Field(description="Kind of asset · 比对项目", examples=["vehicle"])
]


class AuthorisationDraft(Draft):
    """The household signed."""

    signer: Annotated[Name, Field(description="Kept sealed · 签字人")]
    member_id: Annotated[UUID | None, Field(description="When a member of the household signed · 签字成员")] = None
    signed_on: Annotated[Day, Field(description="Day · 签署日期", examples=["2026-03-05"])]
    scan_sha256: ScanDigest | None = None


class AuthorisationView(Answer):
    """One signature."""

    id: UUID
    case_id: UUID
    round: int
    signer: str | None = Field(description="Hidden from supervisors · 签字人")
    member_id: UUID | None
    signed_on: date
    scan_sha256: str | None
    recorded_by: UUID
    recorded_at: datetime


class ComparisonDraft(Draft):
    """Whom and what to ask after."""

    member_ids: Annotated[
        list[UUID] | None,
        Field(min_length=1, max_length=50, description="Left out: everybody old enough · 比对成员，缺省为全部达龄成员"),
    ] = None
    kinds: Annotated[
        list[AssetKind] | None,
        Field(min_length=1, max_length=20, description="Left out: what the policy requires · 比对项目，缺省为必比项目"),
    ] = None


class TicketView(Answer):
    """One question. A bureau sees the person masked; to answer it shows them by `reveal`."""

    id: UUID
    case_id: UUID | None = Field(description="Not for bureaus · 监测个案，部门不可见")
    member_id: UUID | None = Field(description="Not for bureaus · 家庭成员，部门不可见")
    person: str = Field(description="Masked for bureaus and supervisors · 姓名", examples=["张**"])
    id_number: str | None = Field(description="Masked; gone when answered · 证件号码", examples=["5399**********002X"])
    area: AreaView
    kind: str = Field(examples=["vehicle"])
    kind_text: str = Field(examples=["车辆"])
    feed: str = Field(examples=["comparison.vehicle"])
    state: TicketState
    state_text: str = Field(examples=["待答复"])
    asked_on: date
    due_on: date = Field(description="Last day for the answer · 答复截止日")
    overdue: bool = Field(description="Open, and its last day has passed · 是否超期")
    answer: AssetAnswer | None
    answer_text: str | None = Field(examples=["不存在"])
    answered_at: datetime | None
    round: int
    version: int


class TicketList(Answer):
    """The questions of one case."""

    items: list[TicketView]
    open: int
    overdue: int
    exist: int = Field(description="Answers `exists`: for people to weigh · 存在项数")


class TicketAnswerDraft(Draft):
    """Yes or no, and nothing else."""

    answer: Annotated[AssetAnswer, Field(description="存在 or 不存在", examples=["does_not_exist"])]


class PersonShown(Answer):
    """Whom an open question is about."""

    name: str = Field(examples=["张三"])
    id_number: str = Field(examples=["539921201503120017"])
