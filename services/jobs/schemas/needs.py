"""Needs for work: as entered and as shown."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.jobs.models import NeedState
from services.jobs.rules.needs import Wishes
from services.jobs.schemas.fields import JobService, Trade, Yuan
from services.jobs.schemas.people import PersonBrief
from shared.areas import normalise, prefix
from shared.http.fields import Answer, AnyArea, AreaView, CodeView, Draft


class WishesDraft(Draft):
    """What somebody wants of work; what is left out nobody asked for."""

    wants_change: bool = Field(False, description="Has work, and wants other work · 转岗意愿")
    wanted_trades: Annotated[tuple[Trade, ...], Field(max_length=10, description="GB/T 6565 · 意向工种")] = ()
    wage_floor: Annotated[Yuan | None, Field(description="Yuan a month, at least · 期望月薪下限")] = None
    refused_areas: Annotated[
        tuple[AnyArea, ...], Field(max_length=20, description="Does not want to go there · 不愿前往地区")
    ] = ()
    care_within_km: Annotated[
        int | None, Field(ge=0, le=500, description="Has somebody to care for: must work within · 须就近（公里）")
    ] = None
    lodging_needed: bool = Field(False, description="食宿需求")
    night_ok: bool = Field(True, description="Would work at night · 可上夜班")
    services: Annotated[tuple[JobService, ...], Field(max_length=7, description="就业服务需求")] = ()
    until_on: Annotated[date | None, Field(description="The need ends after that day · 有效期至")] = None

    def wishes(self) -> Wishes:
        """As the rules take it."""
        values = dict(self)
        values.pop("person_id", None)
        values["refused_areas"] = tuple(prefix(normalise(area)) for area in self.refused_areas)
        return Wishes(**values)


class NeedDraft(WishesDraft):
    """Somebody wants work, or other work."""

    person_id: UUID


class NeedView(Answer):
    """One need for work."""

    id: UUID
    person: PersonBrief
    area: AreaView
    source: CodeView = Field(description="来源")
    source_ref: str = Field(description="The thing it came from · 来源编号", examples=["measure:01985b2e"])
    wants_change: bool
    wanted_trades: list[CodeView]
    wage_floor: Decimal | None = Field(description="Yuan a month · 元/月", examples=["4300.00"])
    refused_areas: list[str] = Field(description="Prefixes of area codes · 区划代码前缀", examples=[["4401"]])
    care_within_km: int | None
    lodging_needed: bool
    night_ok: bool
    services: list[CodeView]
    until_on: date | None
    state: NeedState = Field(description="状态")
    state_text: str = Field(examples=["待解决"])
    opened_at: datetime
    closed_at: datetime | None
