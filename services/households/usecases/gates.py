"""Whether a case may go on: the gates asked about it, as of one day, by the policies in force that day."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from services.households.codes import LISTS
from services.households.models import MonitoringCase
from services.households.queries.gates import GateQuestion, load_gate_facts
from services.households.queries.register import count_living
from services.households.rules import gates
from services.households.rules.case_snapshot import Snapshot
from services.households.rules.gate_facts import GateFacts, Terms, Vote
from services.households.rules.gates import Condition
from services.households.rules.monitoring.refusals import GateNotMet, Unmet
from services.households.rules.monitoring.states import ENDS, find_move
from shared.contracts.case_policies import CaseClocks
from shared.contracts.gate_policies import AssetComparison, GateTerms, MeasureFit
from shared.contracts.income_policies import IncomeLine
from shared.contracts.monitoring import State
from shared.db.engine import ReadSession
from shared.projections import policies
from shared.projections.policies import Body

CLOCKS, LINE = "case-clocks", "income-line"


@dataclass(frozen=True, slots=True)
class TermsInForce:
    """The terms of one area and day, and the versions they stand in, by kind of policy."""

    terms: Terms
    line: int | None
    policy_ids: Mapping[str, UUID]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a gate says of a case: every condition, what it looked at, and by which versions."""

    conditions: list[Condition]
    facts: GateFacts
    in_force: TermsInForce

    @property
    def unmet(self) -> list[Unmet]:
        """What does not hold; nothing: the gate is open."""
        return [one.unmet for one in self.conditions if not one.met]

    @property
    def snapshot(self) -> Snapshot:
        """What is kept of it with a decision."""
        return Snapshot.of(self.facts, self.in_force.policy_ids.get(LINE))


async def unmet(session: ReadSession, case: MonitoringCase, to_state: State, on: date) -> list[Unmet]:
    """Every condition of a move that is not met on that day, all at once. Going back, or out, needs none of them; only
    nobody is gone by a word who lives there as the register knows."""
    missing, _ = await _ask(session, case, to_state, on)
    return missing


async def pass_gate(
    session: ReadSession, case: MonitoringCase, to_state: State, on: date, vote: Vote | None
) -> Judgement | None:
    """What the gate says of a case that may go on that day, None where none is asked; raises `GateNotMet` with all that
    is not met. `vote`: the one that the move brings."""
    missing, judgement = await _ask(session, case, to_state, on, vote)
    if missing:
        raise GateNotMet(missing)
    return judgement


async def _ask(
    session: ReadSession, case: MonitoringCase, to_state: State, on: date, vote: Vote | None = None
) -> tuple[list[Unmet], Judgement | None]:
    if to_state in ENDS.values():
        people = await count_living(session, case.household_id)
        return ([Unmet("unmet-lived-in", {"people": people})] if people else []), None
    if not _is_asked(case, to_state):
        return [], None
    judgement = await judge(session, case, to_state, on, vote)
    return judgement.unmet, judgement


def _is_asked(case: MonitoringCase, to_state: State) -> bool:
    move = find_move(case.state, to_state)
    return to_state in gates.GATES and (move is None or move.road == "ahead")


async def judge(
    session: ReadSession, case: MonitoringCase, to_state: State, on: date, vote: Vote | None = None
) -> Judgement:
    """Every condition of the gate before `to_state`, wherever the case stands; raises `PolicyMissing`."""
    in_force = await load_terms(session, case.area_code, on)
    facts = await load_gate_facts(session, GateQuestion(case, to_state, on, in_force.terms, in_force.line, vote))
    found = gates.conditions(to_state, facts, in_force.terms, on)
    return Judgement([_in_words(one) for one in found], facts, in_force)


async def load_terms(session: ReadSession, area_code: str, on: date) -> TermsInForce:
    """The policies of the gates for an area and a day. Without a line in force income is not known; the rest must be."""
    ids: dict[str, UUID] = {}

    async def require(kind: str, body: type[Body]) -> Body:
        found, ids[kind] = await policies.in_force(session, kind, area_code, on, body)
        return found

    gate = await require("gate-terms", GateTerms)
    fit = await require("measure-fit", MeasureFit)
    assets = await require("asset-comparison", AssetComparison)
    clocks = await require(CLOCKS, CaseClocks)
    line, line_id = await policies.find_in_force(session, LINE, area_code, on, IncomeLine)
    if line_id is not None:
        ids[LINE] = line_id
    terms = Terms(gate, fit, assets, clocks.notice_days, clocks.monitored_months)
    return TermsInForce(terms, line.per_head if line else None, ids)


def _in_words(condition: Condition) -> Condition:
    """Codes in the parameters as people say them."""
    risk = condition.params.get("risk")
    if risk is None:
        return condition
    words = LISTS["risk"].texts.get(risk, {"zh": risk, "en": risk})
    return replace(condition, params={**condition.params, "risk": words})
