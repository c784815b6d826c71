"""Labour brands (劳务品牌): the trades of an area against what is usual elsewhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from services.jobs.queries import brands as find
from services.jobs.queries.posts import count_openings_by_trade
from services.jobs.rules.brands import TradeShare, rank_trades, shares
from services.jobs.rules.posts import county_of
from services.jobs.usecases.post_rules import get_trade_reference
from shared.areas import Scope
from shared.db.engine import ReadSession
from shared.security.principals import Principal

Against = Literal["reference", "ledger", "posts"]


@dataclass(frozen=True, slots=True)
class Ranking:
    """Trades of an area, the most concentrated first, and what they were compared with."""

    people: int
    trades: Sequence[TradeShare]
    policy_id: UUID
    source: str | None  # whose figures the reference is


async def rank_brands(
    session: ReadSession, who: Principal, scope: Scope, day: date, against: Against, now: datetime
) -> Ranking:
    """The trades of `scope` on a day, by location quotient. Against the published reference of the policy `trade-reference`,
    the whole ledger in the asker's sight, or the openings of all posts. Raises `PolicyMissing`, `CountyUnclear`.
    """
    policy, policy_id = await get_trade_reference(session, county_of(who.scope), now)
    people = await find.count_trades(session, scope, day)
    reference: Mapping[str, float] = policy.shares
    if against == "ledger":
        reference = shares(await find.count_trades(session, who.scope, day))
    elif against == "posts":
        reference = shares(await count_openings_by_trade(session, who.scope))
    trades = rank_trades(people, reference, least_people=policy.least_people, brand_from=policy.brand_from)
    return Ranking(sum(people.values()), trades, policy_id, policy.source if against == "reference" else None)
