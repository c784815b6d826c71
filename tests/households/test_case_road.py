"""No sequence of moves reaches `eliminated` but along the table: the rules in a machine, and the service at random."""

import random
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from typing import get_args

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from services.households.rules import gates
from services.households.rules.gate_facts import GateFacts, Terms
from services.households.rules.monitoring import moving
from services.households.rules.monitoring.clocks import Standing
from services.households.rules.monitoring.moving import Brought, Minutes, Wanted
from services.households.rules.monitoring.states import STATES
from services.households.rules.months import add_months
from shared.contracts.case_policies import CaseClocks
from shared.contracts.gate_policies import AssetComparison, GateTerms, MeasureFit
from shared.contracts.households import Level
from shared.contracts.monitoring import State
from shared.errors import DomainError
from tests.households.conftest import POLICIES, Households
from tests.households.monitoring import AREAS, CASES, evidence, move, open_case, pass_days, settle

CLOCKS = CaseClocks.model_validate(POLICIES["case-clocks"])
TERMS = Terms(
    GateTerms.model_validate(POLICIES["gate-terms"]),
    MeasureFit.model_validate(POLICIES["measure-fit"]),
    AssetComparison.model_validate(POLICIES["asset-comparison"]),
    CLOCKS.notice_days,
    CLOCKS.monitored_months,
)
LEVELS: tuple[Level, ...] = get_args(Level)
KEPT = {"unmet-class", "unmet-main-risk", "unmet-months"}
"""Conditions the machine knows the facts of; `test_gate_rules.py` has the others."""

# The road, written out once more: each must have come before the next since the round began.
ROAD = (
    *("clue", "visit_check", "deliberation", "notice", "township_review", "county_decision", "monitored", "planned"),
    *("observation", "elimination_check", "elimination_deliberation", "elimination_notice"),
    *("elimination_township", "elimination_county", "eliminated"),
)

votes = st.builds(
    lambda day, yes, no: Minutes(day, 60, yes, no, 0, "评议"),
    st.just(date(2026, 1, 1)),
    st.integers(0, 20),
    st.integers(0, 20),
)
some_evidence = st.builds(
    Brought,
    visited_on=st.none() | st.just(date(2026, 1, 1)),
    signed_on=st.none() | st.just(date(2026, 1, 1)),
    compared_on=st.none() | st.just(date(2026, 1, 1)),
    minutes=st.none() | votes,
    way=st.none() | st.just("helped"),
    contact=st.none() | st.just("李四"),
    note=st.none() | st.just("说明"),
)
ALL_THERE = Brought(
    visited_on=date(2026, 1, 1),
    signed_on=date(2026, 1, 1),
    compared_on=date(2026, 1, 1),
    minutes=Minutes(date(2026, 1, 1), 60, 40, 1, 0, "评议"),
    way="helped",
    contact="李四",
    note="说明",
)


class OneCase(RuleBasedStateMachine):
    """A case as the use cases keep it: judged by the rules, stamped as `moves.py` does."""

    @initialize()
    def open(self) -> None:
        self.today = date(2026, 1, 2)
        self.standing = Standing("clue", self.today, self.today)
        self.settled = False
        self.passed: list[tuple[State, date]] = [("clue", self.today)]

    @rule(days=st.sampled_from([0, 1, 4, 5, 30, 200]))
    def wait(self, days: int) -> None:
        self.today += timedelta(days=days)

    @rule()
    def settle(self) -> None:
        self.settled = True

    @rule(to=st.sampled_from(STATES), level=st.sampled_from([*LEVELS, None]), brought=some_evidence)
    def move_anyhow(self, to: State, level: Level | None, brought: Brought) -> None:
        self._move(to, level, brought)

    @rule(level=st.sampled_from(LEVELS))
    def move_ahead(self, level: Level) -> None:
        """The next step of the road with all there is, so that some runs come far."""
        states = [state for state, _ in self.passed]
        here = ROAD.index(states[-1]) if states[-1] in ROAD else None
        if here is not None and here + 1 < len(ROAD):
            self._move(ROAD[here + 1], level, ALL_THERE)  # type: ignore[arg-type]

    def _move(self, to: State, level: Level | None, brought: Brought) -> None:
        known = GateFacts(monitoring_class="edge", main_risk="01", risks=("01",))
        settled = known if self.settled else GateFacts()
        facts = replace(settled, identified_on=self.standing.identified_on)
        before = self.standing.state
        if brought.minutes is not None:  # the village votes on what is before it
            brought = replace(brought, minutes=replace(brought.minutes, held_on=self.today))
        try:
            made = moving.judge(self.standing, Wanted(to, level, brought, self.today), self.today)
        except DomainError:
            return
        if made.road == "ahead" and KEPT & {one.code for one in gates.unmet(to, facts, TERMS, self.today)}:
            return
        if to == "clue":
            self.passed, self.settled = [], False
        self.passed.append((to, self.today))
        identified_on = self.standing.identified_on
        if to == "monitored" and before == "county_decision":
            identified_on = self.today
        self.standing = replace(
            self.standing, state=to, state_since=self.today, identified_on=None if to == "clue" else identified_on
        )

    @invariant()
    def eliminated_only_along_the_road(self) -> None:
        if not hasattr(self, "passed") or not any(state == "eliminated" for state, _ in self.passed):
            return
        first: dict[str, date] = {}
        at = 0
        for state, day in self.passed:
            if at < len(ROAD) and state == ROAD[at]:
                first[state] = day
                at += 1
        assert at == len(ROAD), "every step was taken in its order"
        end = next(day for state, day in self.passed if state == "eliminated")
        assert end >= add_months(first["monitored"], CLOCKS.monitored_months)


def test_the_machine_gets_there_when_it_is_let() -> None:
    """Or its invariant would hold of nothing."""
    machine = OneCase()
    machine.open()
    machine.settle()
    for _ in ROAD:
        machine.wait(200)
        for level in LEVELS:
            machine.move_ahead(level)
            machine.eliminated_only_along_the_road()
    assert machine.standing.state == "eliminated"


OneCase.TestCase.settings = settings(max_examples=80, stateful_step_count=50, deadline=None)
TestOneCase = OneCase.TestCase


async def test_the_service_at_random_goes_along_the_table_too(service: Households) -> None:
    """What the database says happened, read back: a line of history for each move, and each one in the table."""
    seed = random.randrange(10**9)
    chance = random.Random(seed)
    case_id = (await open_case(service))["id"]
    await settle(service, case_id)
    for _ in range(50):
        ahead = (await service.get(f"{CASES}/{case_id}/moves")) or []
        to = chance.choice(ahead)["to"] if ahead and chance.random() < 0.7 else chance.choice(STATES)
        if to in ("moved_away", "deceased", "dismissed"):
            continue
        level = chance.choice(LEVELS)
        brought = evidence() if chance.random() < 0.9 else {}
        before = await service.get(f"{CASES}/{case_id}")
        answer = await move(service, case_id, to, level, AREAS[level], evidence=brought)
        after = await service.get(f"{CASES}/{case_id}")
        grown = len(after["moves"]) - len(before["moves"])
        if answer.status_code == 200:
            assert moving.require_move(before["state"], after["state"], level).to == to, seed
            assert grown == 1, seed
        else:
            assert answer.status_code in (403, 409, 422), (seed, answer.text)
            assert (after["state"], after["version"], grown) == (before["state"], before["version"], 0), seed
        if chance.random() < 0.4:
            await pass_days(service, case_id, chance.choice([1, 5, 200]))
    lines = (await service.get(f"{CASES}/{case_id}"))["moves"]
    assert all(one["to_state"] == other["from_state"] for one, other in pairwise(lines)), seed
