"""Households that merge or split, people who move, persons whom two households claim."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from services.households.rules.duplicates import Decision
from services.households.schemas.fields import HouseholdClass, LeftReason, NationalCode, Relation
from services.households.schemas.register import Why
from shared.clock import local_date, utc_now
from shared.http.fields import Answer, AreaView, Draft, Line, PastDay, Phone, VillageCode


class NewRelation(Draft):
    """What a person is to the head from now on."""

    member_id: UUID
    relation: Relation


Relations = Annotated[list[NewRelation], Field(max_length=60, default_factory=list)]


class Merge(Draft):
    """Another household becomes part of this one (并户)."""

    household_id: Annotated[UUID, Field(description="The one that is no more afterwards · 被并入的户")]
    version: Annotated[int, Field(description="Its version as you read it · 该户版本", examples=[3])]
    members: Annotated[Relations, Field(description="Relations that change, of people of either · 关系调整")]
    why: Why = None


class Split(Draft):
    """Some people leave a household for one of their own (分户). What is not told is as in the old one."""

    members: Annotated[list[NewRelation], Field(min_length=1, max_length=60, description="Who leaves · 分出成员")]
    staying: Annotated[Relations, Field(description="Relations that change among the others · 留户成员关系调整")]
    national_code: NationalCode | None = None
    area_code: VillageCode | None = None
    address: Line | None = None
    natural_village: Line | None = None
    household_class: HouseholdClass | None = Field(None, alias="class")
    phone: Phone | None = None
    why: Why = None


class Move(Draft):
    """A person goes to another household of the register (转户)."""

    household_id: Annotated[UUID, Field(description="Where to · 转入户")]
    relation: Relation
    why: Why = None


class Restoration(Draft):
    """A person never left after all."""

    why: Why = None


class Settlement(Draft):
    """In which household a person lives. With `released` the person leaves the one where they are registered."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"decision": "moves", "on": "2026-11-20"}]})

    decision: Annotated[Decision, Field(description="处理结果", examples=["moves"])]
    reason: Annotated[LeftReason | None, Field(description="With `released`: why · 减员原因")] = None
    on: Annotated[PastDay, Field(description="Day · 日期", default_factory=lambda: local_date(utc_now()))]
    why: Why = None

    @model_validator(mode="after")
    def _with_reason(self) -> "Settlement":
        if (self.decision == "released") != (self.reason is not None):
            raise PydanticCustomError("reason-with-released", "a reason goes with `released`")
        return self


class DuplicateSide(Answer):
    """One of the two households."""

    household_id: UUID | None = Field(description="null: it is not registered")
    national_code: str | None
    area: AreaView


class DuplicateView(Answer):
    """Somebody registered in one household was entered in another. A side out of the caller's sight is null."""

    id: UUID
    name: str = Field(examples=["张三"])
    id_number: str = Field(description="As it was entered · 录入的证件号码", examples=["5399**********0017"])
    relation: str = Field(description="As it was entered · 录入的与户主关系", examples=["20"])
    held: DuplicateSide | None = Field(description="Where the person is registered · 已登记户")
    member_id: UUID | None = Field(description="The person there")
    claimed: DuplicateSide | None = Field(description="Who claims the person · 再次登记户")
    source: Literal["hand", "import"]
    times: int = Field(description="How often that was tried · 次数")
    first_by: UUID = Field(description="Who entered it first · 首次录入人")
    first_at: datetime
    last_at: datetime
    decision: Decision | None
    settled_by: UUID | None
    settled_at: datetime | None
    version: int


class FieldChange(Answer):
    """One field. What is personal is null for those who do not work with the household."""

    field: str = Field(examples=["dwelling_level"])
    field_text: str = Field(examples=["房屋安全等级"])
    before: bool | int | float | str | list[str] | None = Field(examples=["B"])
    before_text: str | None = Field(description="A code in words · 代码含义", examples=["B级"])
    after: bool | int | float | str | list[str] | None = Field(examples=["C"])
    after_text: str | None = Field(examples=["C级"])


class ChangeView(Answer):
    """What one act did to a household, or to one person of it."""

    id: UUID
    at: datetime
    by: UUID
    what: str = Field(examples=["changed"])
    what_text: str = Field(examples=["修改"])
    source: str = Field(examples=["hand"])
    source_text: str = Field(examples=["人工录入"])
    act_id: UUID | None = Field(description="The same in all that one act did, to other households too")
    member_id: UUID | None
    member_name: str | None = Field(description="As it was then", examples=["张三"])
    fields: list[FieldChange]
    why: str | None
