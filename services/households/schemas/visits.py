"""Visits (入户走访) and their photos: as entered and as shown."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from services.households.models import VisitKind
from services.households.schemas.refusals import Refusal
from services.households.schemas.register import HouseholdChange, MemberChange
from shared.faults import faults_of
from shared.http.fields import Answer, Draft, Line, Moment, Paragraph

MOST_VISITS = 200
"""Visits in one request: what a phone gathers in a few days without signal (docs/field.md, Load)."""
NOT_FOUND_ON_VISITS = frozenset({"national_code", "area_code", "id_number"})
"""Fields by which somebody is known: they are corrected in the register, not found on the doorstep."""

VisitedAt = Annotated[Moment, Field(description="With its offset · 走访时间", examples=["2026-03-04T10:30:00+08:00"])]
ClientId = Annotated[UUID, Field(description="Made by the client · 由客户端生成")]


class PlaceDraft(Draft):
    """Where the visit was made."""

    latitude: Annotated[float | None, Field(ge=-90, le=90, description="Degrees, WGS 84 · 纬度")] = None
    longitude: Annotated[float | None, Field(ge=-180, le=180, description="Degrees, WGS 84 · 经度")] = None
    accuracy_m: Annotated[float | None, Field(ge=0, le=100_000, description="Metres · 精度")] = None
    text: Annotated[Line | None, Field(description="In words · 地点说明")] = None

    @model_validator(mode="after")
    def _both_degrees(self) -> Self:
        if (self.latitude is None) != (self.longitude is None):
            raise PydanticCustomError("degrees-incomplete", "latitude and longitude go together")
        return self


class FieldFinding(Draft):
    """One field of the household, or with `member_id` of one of its people, as it was found. Codes as in the register."""

    member_id: Annotated[UUID | None, Field(description="Of the household when left out · 成员")] = None
    field: Annotated[str, Field(pattern="^[a-z_]{1,40}$", description="As in the register · 字段", examples=["health"])]
    value: Annotated[JsonValue, Field(description="As the register takes it · 现状", examples=[["chronic"]])]

    @model_validator(mode="after")
    def _as_the_register_takes_it(self) -> Self:
        self.change()
        return self

    def change(self) -> tuple[str, Any]:
        """The register's name of the field, and the value as the register would hold it."""
        form = HouseholdChange if self.member_id is None else MemberChange
        code = "field-unknown"
        try:
            for name, value in form.model_validate({self.field: self.value}).changes().items():
                if name not in NOT_FOUND_ON_VISITS:
                    return name, value
        except ValidationError as error:
            code = faults_of(error.errors(include_url=False, include_input=False))[0].code
        raise PydanticCustomError(code, "not as the register takes it")  # outside the block: the error holds the value


class VisitDraft(Draft):
    """One visit (入户走访). The phone makes the id and may send the same again. Nothing beside id and time is demanded."""

    id: ClientId
    visited_at: VisitedAt
    place: PlaceDraft | None = None
    with_whom: Annotated[Line | None, Field(description="Whom they met · 见到何人")] = None
    met: Annotated[
        list[UUID], Field(max_length=60, default_factory=list, description="Members they met · 见到的家庭成员")
    ]
    findings: Annotated[Paragraph | None, Field(description="What they found · 走访情况")] = None
    fields: Annotated[
        list[FieldFinding],
        Field(max_length=100, default_factory=list, description="What they found, field by field · 逐项情况"),
    ]
    apply: Annotated[
        bool, Field(description="Put what differs into the register in the same call · 同时更新农户档案")
    ] = False


class NoChange(Draft):
    """Nothing has changed since the last time (无变化). That is all it takes."""

    id: ClientId
    at: Annotated[VisitedAt, Field(description="When they looked · 时间")]
    place: PlaceDraft | None = None


class ListedVisit(VisitDraft):
    """A visit out of a phone's memory: for a task, or for a household without one."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "01985b2e-0000-7000-8000-000000000001",
                    "task_id": "01985b2e-0000-7000-8000-000000000002",
                    "visited_at": "2026-11-20T02:00:00Z",
                    "findings": "在家养病，已好转",
                }
            ]
        }
    )

    task_id: UUID | None = None
    household_id: UUID | None = None
    kind: Annotated[VisitKind, Field(description="`no_change`: of a household, with its id and time alone")] = "visit"

    @model_validator(mode="after")
    def _one_subject(self) -> Self:
        if (self.task_id is None) == (self.household_id is None) or (self.kind == "no_change" and self.task_id):
            raise PydanticCustomError("task-or-household", "give one of both")
        return self


class VisitList(Draft):
    """What a phone gathered without signal, each under an id of its own."""

    visits: Annotated[list[ListedVisit], Field(min_length=1, max_length=MOST_VISITS)]


class VisitOutcome(Answer):
    """What became of one visit."""

    visit_id: UUID
    outcome: Literal["recorded", "repeated", "refused"] = Field(description="已登记, 重复, 未受理")
    refusal: Refusal | None


class VisitReport(Answer):
    """What became of each, in the order in which they came."""

    recorded: int
    repeated: int
    refused: int
    results: list[VisitOutcome]


class FieldFound(Answer):
    """One field as it was found, beside what the register held when the visit was recorded. Phones are masked."""

    member_id: UUID | None
    field: str = Field(examples=["health"])
    value: JsonValue = Field(examples=[["chronic"]])
    registered: JsonValue = Field(examples=[["healthy"]])
    applied: bool = Field(description="Put into the register by the same call · 已更新档案")


class PhotoView(Answer):
    """One photo of a visit."""

    id: UUID
    visit_id: UUID
    width: int
    height: int
    size: int = Field(description="Bytes as kept · 字节数")
    sha256: str = Field(description="Of the bytes that came · 原始文件摘要")
    taken_at: datetime | None = Field(description="By the camera's clock; hidden from supervisors · 拍摄时间")
    uploaded_by: UUID
    uploaded_at: datetime
    deleted_at: datetime | None = Field(description="When it had been kept long enough · 到期删除时间")


class VisitView(Answer):
    """One visit. Texts, places in words and fields are hidden from supervisors."""

    id: UUID
    kind: VisitKind
    task_id: UUID | None
    household_id: UUID | None
    visited_at: datetime
    visited_by: UUID
    latitude: float | None
    longitude: float | None
    accuracy_m: float | None
    place: str | None
    with_whom: str | None
    met: list[UUID]
    findings: str | None
    fields: list[FieldFound]
    photos: list[PhotoView]
    second_needed: bool = Field(description="By the policy `visit-rules` · 须双人走访")
    second_by: UUID | None = Field(description="Who was there too · 同行人")
    second_at: datetime | None
    recorded_at: datetime
