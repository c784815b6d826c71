"""The fields of the national lists beyond who and where: as entered, and as shown."""

import re
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, WithJsonSchema

from services.households.codes import LISTS
from services.households.rules.register_fields import HOUSEHOLD_FIELDS, MEMBER_FIELDS
from shared.http.fields import Answer, Draft, Line

_DIGITS = re.compile(r"[1-9](?:\d{5}|\d{11})")


def _work_area(entered: str) -> str:
    return entered if _DIGITS.fullmatch(entered) else LISTS["work_area"].read(entered)


def _number_in(list_name: str) -> BeforeValidator:
    """For a code that is a small number; words are taken for it as for any code."""
    return BeforeValidator(lambda entered: int(LISTS[list_name].read(str(entered))))


Amount = Annotated[Decimal, PlainSerializer(float, return_type=float, when_used="json")]
"""A number as JSON has them."""
MemberCode = Annotated[str, Field(pattern=r"^[0-9A-Za-z\-]{1,40}$", description="National code · 人编号")]
LandMu = Annotated[Decimal, Field(ge=0, le=99_999, decimal_places=2, description="Land, in mu · 耕地面积（亩）")]
RoadKm = Annotated[
    Decimal, Field(ge=0, le=999, decimal_places=2, description="To the village's road, in km · 距村道（公里）")
]
Yuan = Annotated[Decimal, Field(ge=0, le=9_999_999, decimal_places=2, description="Yuan a month · 务工月收入（元）")]
DwellingLevel = Annotated[
    str, LISTS["dwelling_level"].field(), Field(description="A to D · 房屋安全等级", examples=["B"])
]
PovertyCause = Annotated[
    str, LISTS["poverty_cause"].field(), Field(description="Main cause · 主要致贫原因", examples=["illness"])
]
EthnicGroup = Annotated[str, LISTS["ethnic_group"].field(), Field(description="GB/T 3304 · 民族", examples=["01"])]
PoliticalStatus = Annotated[
    str, LISTS["political_status"].field(), Field(description="GB/T 4762 · 政治面貌", examples=["13"])
]
Education = Annotated[str, LISTS["education"].field(), Field(description="GB/T 4658 · 文化程度", examples=["70"])]
DisabilityClass = Annotated[
    int, _number_in("disability_class"), Field(description="GB/T 26341 · 残疾类别", examples=[4])
]
DisabilityLevel = Annotated[
    int, _number_in("disability_level"), Field(description="1, the gravest, to 4 · 残疾等级", examples=[2])
]
WorkArea = Annotated[
    str,
    AfterValidator(_work_area),
    Field(max_length=20, description="6 or 12 digits, or 境外 · 务工地点", examples=["440300"]),
    WithJsonSchema({"type": "string", "maxLength": 20, "examples": ["440300"]}),
]
WorkMonths = Annotated[int, Field(ge=0, le=12, description="Months of work this year · 务工时长（月）")]
MedicalInsurance = Annotated[
    str,
    LISTS["medical_insurance"].field(),
    Field(description="Basic medical insurance · 基本医保", examples=["resident"]),
]
Pension = Annotated[
    str, LISTS["pension"].field(), Field(description="Basic pension insurance · 基本养老保险", examples=["resident"])
]


class HouseholdDetails(Draft):
    """Of a household."""

    relocated: Annotated[bool | None, Field(description="Relocated · 易地搬迁户")] = None
    relocation_site: Annotated[Line | None, Field(description="Its site · 集中安置区")] = None
    dwelling_level: DwellingLevel | None = None
    only_home: Annotated[bool | None, Field(description="It is the only home · 唯一住房")] = None
    safe_housing: Annotated[bool | None, Field(description="Safe housing · 住房安全有保障")] = None
    safe_water: Annotated[bool | None, Field(description="Safe water · 饮水安全有保障")] = None
    schooling_met: Annotated[bool | None, Field(description="Schooling assured · 义务教育有保障")] = None
    medical_met: Annotated[bool | None, Field(description="Medical care assured · 基本医疗有保障")] = None
    land_mu: LandMu | None = None
    road_km: RoadKm | None = None
    no_labour_covered: Annotated[bool | None, Field(description="No labour, provided for · 整户无劳动能力兜底")] = None
    poverty_cause: PovertyCause | None = None

    @property
    def further(self) -> dict[str, Any]:
        """What was given of them."""
        return {name: value for name in HOUSEHOLD_FIELDS if (value := getattr(self, name)) is not None}


class MemberDetails(Draft):
    """Of a person."""

    national_member_code: MemberCode | None = None
    ethnic_group: EthnicGroup | None = None
    political_status: PoliticalStatus | None = None
    education: Education | None = None
    disability_class: DisabilityClass | None = None
    disability_level: DisabilityLevel | None = None
    work_area: WorkArea | None = None
    work_months: WorkMonths | None = None
    work_income: Yuan | None = None
    public_post: Annotated[bool | None, Field(description="In a public welfare post · 公益性岗位")] = None
    medical_insurance: MedicalInsurance | None = None
    serious_illness_insurance: Annotated[bool | None, Field(description="Serious illness insurance · 大病保险")] = None
    pension: Pension | None = None
    minimum_living_allowance: Annotated[bool | None, Field(description="Subsistence allowance · 低保")] = None
    extreme_poverty_support: Annotated[bool | None, Field(description="Support in extreme poverty · 特困供养")] = None
    relocated: Annotated[bool | None, Field(description="Relocated · 易地搬迁人口")] = None

    @property
    def further(self) -> dict[str, Any]:
        """What was given of them."""
        return {name: value for name in MEMBER_FIELDS if (value := getattr(self, name)) is not None}


Texts = Annotated[
    dict[str, str], Field(description="Codes in words, by field · 代码含义", examples=[{"ethnic_group": "彝族"}])
]


class HouseholdDetailsView(Answer):
    """Of a household; null: nobody knows."""

    relocated: bool | None
    relocation_site: str | None
    dwelling_level: str | None = Field(examples=["B"])
    only_home: bool | None
    safe_housing: bool | None
    safe_water: bool | None
    schooling_met: bool | None
    medical_met: bool | None
    land_mu: Amount | None = Field(examples=[3.5])
    road_km: Amount | None = Field(examples=[1.2])
    no_labour_covered: bool | None
    poverty_cause: str | None = Field(examples=["illness"])


class MemberDetailsView(Answer):
    """Of a person; null: nobody knows, or the caller does not work with the household."""

    national_member_code: str | None
    ethnic_group: str | None = Field(examples=["01"])
    political_status: str | None = Field(examples=["13"])
    education: str | None = Field(examples=["70"])
    disability_class: int | None = Field(examples=[4])
    disability_level: int | None = Field(examples=[2])
    work_area: str | None = Field(examples=["440300"])
    work_months: int | None
    work_income: Amount | None = Field(description="Yuan a month")
    public_post: bool | None
    medical_insurance: str | None = Field(examples=["resident"])
    serious_illness_insurance: bool | None
    pension: str | None = Field(examples=["resident"])
    minimum_living_allowance: bool | None
    extreme_poverty_support: bool | None
    relocated: bool | None
    texts: Texts
