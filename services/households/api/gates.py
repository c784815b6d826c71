"""The gates (关口) of a national case: every condition, met or not."""

from collections import Counter
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.households.api.permits import ReadMonitoring
from services.households.api.reader import Reader, ReaderOf
from services.households.queries.comparisons import list_case_tickets
from services.households.queries.monitoring import get_case
from services.households.rules.gates import GATES, Condition, NoGate
from services.households.schemas.gates import ConditionView, GateView
from services.households.usecases.gates import judge
from shared.clock import local_date, utc_now
from shared.contracts.monitoring import State
from shared.http.context import Db

router = APIRouter(prefix="/v1/monitoring-cases", tags=["National cases · 监测个案"])


@router.get("/{case_id}/gate", summary="What a gate asks · 关口条件")
async def get_gate(
    case_id: UUID,
    who: ReadMonitoring,
    db: Db,
    reader_of: ReaderOf,
    to: Annotated[State, Query(description="The state the case is to reach · 目标状态", examples=["eliminated"])],
) -> GateView:
    """As of today, wherever the case stands, so that one sees long before what will be missing."""
    if to not in GATES:
        raise NoGate(field="to", states=", ".join(GATES))
    reader, on = reader_of(who), local_date(utc_now())
    async with db.read(who.scope) as session:
        case = (await get_case(session, who.scope, case_id)).case
        judgement = await judge(session, case, to, on)
        tickets = await list_case_tickets(session, who.scope, case_id)
    exist = Counter(
        row.ticket.kind for row in tickets if row.ticket.answer == "exists" and row.ticket.round == case.round
    )
    return GateView(
        case_id=case_id,
        state=case.state,
        to=to,
        on=on,
        open=not judgement.unmet,
        conditions=[_condition(one, reader) for one in judgement.conditions],
        facts=[
            reader.say("gate-fact-exists", kind=reader.code("asset_kind", kind), people=people)
            for kind, people in sorted(exist.items())
        ],
        policies=dict(judgement.in_force.policy_ids),
    )


def _condition(one: Condition, reader: Reader) -> ConditionView:
    missing = None if one.met else reader.say(one.unmet.code, **one.params)
    return ConditionView(code=one.code, text=reader.say(f"gate-{one.code}", **one.params), met=one.met, missing=missing)
