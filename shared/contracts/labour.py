"""Events by which the labour force and its needs reach the jobs service: people of the register, and needs for work."""

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.envelope import Event

LABOUR_AGE = 15
"""Years from which the jobs service hears of somebody: a year before anybody may work (劳动法 §15: 16)."""
NAME, ID_NUMBER, PHONE, FACTS = "person.name", "person.id_number", "person.phone", "person.facts"
"""Purposes of the sealed values; all services share one vault."""


class LabourRecord(BaseModel):
    """What the register says of somebody of 15 or older. Personal data, birth and health travel sealed."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    person_key: str = Field(description="Keyed hash of the ID number")
    household_id: UUID = Field(description="The household (户)")
    area_code: str = Field(description="12 digits: the household's village")
    active: bool = Field(description="false: lives in no household any more; moved away, married out or died")
    household_class: str = Field(description="户类型: `ordinary`, `lifted_out`, `monitored`")
    relation: str = Field(description="GB/T 4761: relation to the head of the household")
    sex: str = Field(description="GB/T 2261.1: `1` male, `2` female")
    education: str | None = Field(description="GB/T 4658; null: nobody asked")
    pupil: bool = Field(description="Goes to school")
    school_stage: str | None = Field(description="Which school, e.g. `vocational`")
    labour_skill: str | None = Field(
        description="劳动技能: `ordinary`, `skilled`, `weak`, `lost`, `none`; null: nobody asked"
    )
    relocated: bool = Field(description="Of a relocated household (易地扶贫搬迁)")
    relocation_site: str | None = Field(description="Name of the resettlement site (集中安置区)")
    grade: str | None = Field(description="Local grade of the household: `green`, `yellow`, `red`; null: none yet")
    name_sealed: str = Field(description='base64; opens (purpose "person.name")')
    id_number_sealed: str = Field(description='base64; opens (purpose "person.id_number")')
    phone_sealed: str | None = Field(description='base64; opens (purpose "person.phone")')
    facts_sealed: str = Field(
        description='base64; opens (purpose "person.facts") to {"birth_on", "health": [...], "disability_class", '
        '"disability_level"}, of which only the first two are always there'
    )
    changed_at: datetime = Field(description="Of two records on one person the later one counts")


class GoneRecord(BaseModel):
    """Nobody has that ID number any more: it was mended, and the person is told of under the right one."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    person_key: str = Field(description="Keyed hash of the ID number that was wrong")
    household_id: UUID = Field(description="The household (户)")
    changed_at: datetime = Field(description="When it was mended")


class LabourChanged(Event):
    """People of 15 and older came, changed or left; at most 500 in one event, whatever changed them."""

    type: ClassVar[str] = "households.labour-changed"
    topic: ClassVar[str] = "households.labour"
    title_zh: ClassVar[str] = "劳动力信息已变更"

    people: list[LabourRecord] = Field(max_length=500, description="One record per person")
    gone: list[GoneRecord] = Field([], max_length=500, description="Whom nobody knows by that number any more")

    @property
    def key(self) -> str:
        """Order does not matter: each record says when it changed."""
        first: LabourRecord | GoneRecord = self.people[0] if self.people else self.gone[0]
        return str(first.household_id)


class WorkNeeded(Event):
    """A household needs work for one of its people: a measure was planned, or a check found somebody without work."""

    type: ClassVar[str] = "households.work-needed"
    topic: ClassVar[str] = "households.work"
    title_zh: ClassVar[str] = "已提出就业需求"

    source_ref: str = Field(
        max_length=80, description="What it comes from, e.g. `measure:<id>`; the same again changes nothing"
    )
    household_id: UUID = Field(description="The household (户)")
    person_key: str | None = Field(description="Who needs it; null: whoever of the household can work")
    area_code: str = Field(description="12 digits: the household's village")
    cause: Literal["measure", "check"] = Field(description="A measure (就业帮扶) was planned, or a check confirmed")
    services: list[str] = Field(description="就业服务需求, e.g. `referral`, `training`")
    withdrawn: bool = Field(False, description="true: nobody needs it any more")
    asked_at: datetime = Field(description="When it was asked for")

    @property
    def key(self) -> str:
        """One household's needs stay in order."""
        return str(self.household_id)


EVENTS = (LabourChanged, WorkNeeded)
