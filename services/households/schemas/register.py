"""Households and members: as entered, as changed, as shown."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from services.households.rules.register import is_pupil
from services.households.schemas.fields import (
    Health,
    HouseholdClass,
    JoinedReason,
    LabourSkill,
    LeftReason,
    NationalCode,
    Relation,
    RevealReason,
    SchoolStage,
    Sex,
)
from services.households.schemas.register_details import (
    HouseholdDetails,
    HouseholdDetailsView,
    MemberDetails,
    MemberDetailsView,
    Texts,
)
from shared import idnumber
from shared.clock import local_date, utc_now
from shared.http.fields import (
    DERIVED,
    Answer,
    AnyArea,
    AreaView,
    Draft,
    IdNumberField,
    Line,
    Name,
    Paragraph,
    PastDay,
    Phone,
    VillageCode,
)

Why = Annotated[Paragraph | None, Field(max_length=500, description="Why, for the history; kept sealed · 变更说明")]


class MemberDraft(MemberDetails):
    """One person. Sex and birthday stand in the ID number, whether a pupil in the school stage: leave them out."""

    name: Name
    id_number: IdNumberField
    relation: Relation
    sex: Annotated[Sex, DERIVED] = ""
    birth_on: Annotated[PastDay, DERIVED] = date.min
    phone: Phone | None = None
    pupil: Annotated[bool, DERIVED, Field(description="In compulsory education · 义务教育在校生")] = False
    school_stage: SchoolStage | None = None
    labour_skill: LabourSkill | None = None
    health: Annotated[Health, Field(default_factory=list)]

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, entered: Any) -> Any:
        return {k: v for k, v in entered.items() if v is not None} if isinstance(entered, dict) else entered

    @model_validator(mode="after")
    def _fill_in(self) -> Self:
        given = self.model_fields_set
        derived: dict[str, Any] = {}
        if "sex" not in given:
            derived["sex"] = idnumber.sex(self.id_number)
        if "birth_on" not in given:
            derived["birth_on"] = idnumber.birth_on(self.id_number)
        if "pupil" not in given:
            derived["pupil"] = is_pupil(self.school_stage)
        self.__dict__.update(derived)  # frozen for everybody else
        return self


class HouseholdDraft(HouseholdDetails):
    """One household with its members."""

    national_code: NationalCode | None = None
    area_code: VillageCode
    address: Annotated[Line | None, Field(description="Address · 住址")] = None
    natural_village: Annotated[Line | None, Field(description="Hamlet · 自然村", examples=["王家湾"])] = None
    household_class: HouseholdClass = Field("ordinary", alias="class")
    phone: Phone | None = None
    members: Annotated[list[MemberDraft], Field(max_length=60, default_factory=list)]


class ImportedHousehold(HouseholdDraft):
    """One household of an import, known by its national code."""

    national_code: NationalCode


class _Change(Draft):
    """What is left out stays as it is; null empties a field that may be empty."""

    why: Why = None

    @field_validator("*", mode="before")
    @classmethod
    def _required_stay(cls, value: Any, info: ValidationInfo) -> Any:
        if value is None and info.field_name in _NEVER_EMPTY:
            raise PydanticCustomError("field-missing", "may not be emptied")
        return value

    def changes(self) -> dict[str, Any]:
        """Field names and values as they were given."""
        return {name: getattr(self, name) for name in self.model_fields_set - {"why"}}


_NEVER_EMPTY = frozenset(
    {"area_code", "household_class", "name", "id_number", "relation", "sex", "birth_on", "pupil", "health"}
)


class HouseholdChange(HouseholdDetails, _Change):
    """Changes to a household."""

    national_code: NationalCode | None = None
    area_code: VillageCode | None = None
    address: Line | None = None
    natural_village: Line | None = None
    household_class: HouseholdClass | None = Field(None, alias="class")
    phone: Phone | None = None


class MemberChange(MemberDetails, _Change):
    """Changes to a person."""

    name: Name | None = None
    id_number: IdNumberField | None = None
    relation: Relation | None = None
    sex: Sex | None = None
    birth_on: PastDay | None = None
    phone: Phone | None = None
    pupil: bool | None = None
    school_stage: SchoolStage | None = None
    labour_skill: LabourSkill | None = None
    health: Health | None = None


class NewMember(MemberDraft):
    """A person comes into a household (增员). Who is new-born is entered once they have their ID number."""

    joined_reason: JoinedReason | None = None


class Removal(Draft):
    """A person leaves the household (减员)."""

    reason: LeftReason
    why: Why = None
    on: Annotated[PastDay, Field(description="Day · 日期", default_factory=lambda: local_date(utc_now()))]


class Search(Draft):
    """One of the four, within an area if given."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"id_number": "539921201503120017"}]})

    id_number: IdNumberField | None = None
    name: Annotated[
        Line | None, Field(min_length=2, max_length=60, description="Two characters or more, any part · 姓名")
    ] = None
    phone: Phone | None = None
    national_code: NationalCode | None = None
    area: AnyArea | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if sum(v is not None for v in (self.id_number, self.name, self.phone, self.national_code)) != 1:
            raise PydanticCustomError("search-by-one", "give exactly one")
        return self

    @property
    def by(self) -> Literal["id_number", "name", "phone", "national_code"]:
        """What is searched by."""
        if self.id_number is not None:
            return "id_number"
        if self.name is not None:
            return "name"
        return "phone" if self.phone is not None else "national_code"


class RevealRequest(Draft):
    """One field of one person, in clear."""

    field: Literal["id_number", "phone"]
    reason: RevealReason


class Revealed(Answer):
    """What the field holds. Who asked, and why, is on record."""

    field: str
    value: str = Field(examples=["539921201503120017"])


class MemberView(MemberDetailsView):
    """One person, masked."""

    id: UUID
    name: str = Field(examples=["张三"])
    id_number: str = Field(examples=["5399**********0017"])
    relation: str = Field(examples=["02"])
    relation_text: str = Field(examples=["户主"])
    sex: str = Field(examples=["1"])
    birth_on: date | None
    phone: str | None = Field(examples=["154****0017"])
    pupil: bool
    school_stage: str | None
    labour_skill: str | None
    health: list[str] | None
    left_on: date | None
    left_reason: str | None
    version: int


class HouseholdSummary(Answer):
    """One household in a list."""

    id: UUID
    national_code: str | None = Field(examples=["5399211002000001"])
    area: AreaView
    natural_village: str | None
    household_class: str = Field(alias="class", examples=["ordinary"])
    head_name: str | None = Field(examples=["张三"])
    grade: str | None = Field(description="The county's own grade · 县级分级", examples=["green"])
    grade_by_hand_until: date | None = Field(
        description="Its last day where it was set by hand; null: by the rules · 人工调整截止日期"
    )
    monitoring_class: str | None = Field(description="监测对象类别", examples=["edge"])
    monitoring_state: str | None = Field(description="监测状态", examples=["monitored"])
    main_risk: str | None = Field(description="主要风险", examples=["01"])
    risks: list[str] = Field(description="返贫致贫风险", examples=[["01", "09"]])
    dissolved_on: date | None = Field(description="No household any more since · 销户日期")
    version: int
    texts: Texts


class FoundHousehold(HouseholdSummary):
    """One household that was found, with those of its people who were meant."""

    members: list[MemberView]


class FindingCounts(Answer):
    """Open findings of the audit rules (数据质量问题), without those explained away; `…/findings` lists them."""

    fatal: int = 0
    logic: int = 0
    plausible: int = 0


class HouseholdView(HouseholdDetailsView, HouseholdSummary):
    """One household with its members."""

    address: str | None
    phone: str | None = Field(examples=["154****0017"])
    members: list[MemberView]
    dissolved_reason: str | None = Field(description="销户原因", examples=["merged"])
    merged_into: UUID | None = Field(description="The household it is part of now · 并入的户")
    findings: FindingCounts = Field(description="What the change left to mend · 待整改问题数")
    created_at: datetime
    updated_at: datetime
