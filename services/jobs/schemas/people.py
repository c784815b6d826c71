"""People of the labour force, as shown."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.jobs.schemas.fields import RevealReason
from shared.http.fields import Answer, AreaView, Draft, IdNumberField


class PersonBrief(Answer):
    """Who somebody is. Name masked for supervisors; ID number and phone masked for all."""

    id: UUID
    name: str = Field(description="Name · 姓名", examples=["张三"])
    id_number: str = Field(description="Masked · 证件号码", examples=["539921********0017"])
    phone: str | None = Field(description="Masked · 电话", examples=["154****0017"])
    sex: str = Field(description="GB/T 2261.1 · 性别", examples=["男"])
    age: int = Field(description="Whole years today · 周岁", examples=[31])
    household_id: UUID = Field(description="In the register · 农户")


class PersonView(PersonBrief):
    """One person of the labour force, as the register tells of them."""

    area: AreaView
    active: bool = Field(description="Lives here; false: moved away or died · 在册")
    household_class: str = Field(description="户类型", examples=["脱贫户"])
    relation: str = Field(description="To the head, GB/T 4761 · 与户主关系", examples=["长子"])
    birth_on: date | None = Field(description="Day of birth; null for supervisors · 出生日期")
    education: str | None = Field(description="GB/T 4658 · 文化程度", examples=["初级中学教育"])
    pupil: bool = Field(description="Goes to school · 在校")
    school_stage: str | None = Field(description="在校生状况")
    labour_skill: str | None = Field(description="劳动技能", examples=["普通劳动力"])
    health: list[str] = Field(description="健康状况", examples=[["健康"]])
    disability_class: str | None = Field(description="GB/T 26341 · 残疾类别")
    disability_level: str | None = Field(description="残疾等级")
    relocated: bool = Field(description="Of a relocated household · 易地搬迁")
    relocation_site: str | None = Field(description="集中安置区")
    grade: str | None = Field(description="The household's · 县级分级", examples=["yellow"])
    changed_at: datetime = Field(description="When the register last told of a change · 更新时间")


class PersonSearch(Draft):
    """Whom to find. In the body: an ID number stands in no URL."""

    id_number: IdNumberField


class RevealDraft(Draft):
    """Why a phone or an ID number is needed in clear."""

    reason: RevealReason


class Revealed(Answer):
    """In clear, for one person who said why; the audit trail has it."""

    id_number: Annotated[str, Field(description="证件号码", examples=["539921199001010017"])]
    phone: Annotated[str | None, Field(description="电话", examples=["15400000017"])]
