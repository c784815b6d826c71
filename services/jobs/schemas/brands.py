"""Labour brands, as shown."""

from datetime import date
from uuid import UUID

from pydantic import Field

from services.jobs.schemas.people import PersonBrief
from shared.http.fields import Answer, AreaView, CodeView


class TradeView(Answer):
    """A trade of an area. `quotient`: its share here by its share there; null: nothing to compare with."""

    trade: CodeView
    people: int = Field(description="人数")
    share: float = Field(description="Of those out whose trade is known · 占比")
    reference_share: float | None = Field(description="参照占比")
    quotient: float | None = Field(description="Location quotient · 区位商", examples=[2.4])
    brand: bool = Field(description="Enough people, and concentrated enough · 是否可作品牌")


class RankingView(Answer):
    """Trades of an area in a month, the most concentrated first."""

    month: date
    people: int = Field(description="Out, trade known · 外出且工种已知人数")
    source: str | None = Field(description="Whose figures the reference is · 参照来源")
    policy_id: UUID
    trades: list[TradeView]


class VillageLeadView(Answer):
    """A village that leads."""

    area: AreaView
    people: int


class PersonLeadView(Answer):
    """Somebody who leads."""

    person: PersonBrief
    area: AreaView
    wage: float = Field(description="Yuan a month · 月工资（元）")
    work_area: str | None = Field(description="工作地")
    certificates: int = Field(description="In the trade · 该工种证书数")


class PayMonthView(Answer):
    """What a trade paid."""

    month: date
    people: int
    pay: float | None = Field(description="Median, yuan a month · 月工资中位数（元）")


class BrandView(Answer):
    """One trade: who leads, and what it pays."""

    trade: CodeView
    villages: list[VillageLeadView] = Field(description="带头村")
    people: list[PersonLeadView] = Field(description="带头人")
    pay: list[PayMonthView] = Field(description="工资走势")
