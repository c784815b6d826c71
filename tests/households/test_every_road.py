"""No sequence of calls reaches `eliminated` without what the gate asks for: by whatever road the register, the policies,
visits, notices and the case itself are changed on the way.

A machine does anything in any order to three households, one of which is monitored; between its tricks somebody honest
goes on. What still stands against the elimination is worked out by `gate_model.py` from what was done, and held against
the gate after every step, and against the state of every case.
"""

import asyncio
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from services.households.queries import gates as gate_queries
from services.households.rules import gates
from services.households.usecases import register, regrouped_cases
from shared.contracts.gate_policies import PUBLISHING, GateTerms, MeasureFit
from shared.postgres import Cluster
from tests.conftest import PREPARE, _execute
from tests.households.any_road import FITS, TERMS
from tests.households.clock import Clock, clock
from tests.households.conftest import BAMBOO, PINE, POLICIES, Households
from tests.households.honest import Honest, begin
from tests.households.wider_roads import EarlyRoad, WiderRoad

__all__ = ["clock"]


@pytest.fixture
async def database_name(fresh_database: str) -> str:
    """One of its own: it is put back to where the road begins before each run."""
    return fresh_database


def test_what_is_published_keeps_the_floors() -> None:
    """The machine lowers what a county may lower."""
    for more in TERMS:
        GateTerms.model_validate({**POLICIES["gate-terms"], **more}, context=PUBLISHING)
    for more in FITS:
        fits = {**POLICIES["measure-fit"]["fits"], **more}
        MeasureFit.model_validate({**POLICIES["measure-fit"], "fits": fits}, context=PUBLISHING)


async def test_the_model_knows_each_condition(service: Households, clock: Clock) -> None:
    """And says nothing against the honest road, at whose end the risk is gone."""
    world = await begin(service, clock, "monitored")
    case = world.case()
    assert case is not None
    gate = await service.get(f"/monitoring-cases/{case.id}/gate?to=eliminated")
    told = {one["code"] for one in gate["conditions"]}
    assert told == {code for code, _ in world.model.conditions(case, clock.now)}
    for _ in range(40):
        if case.state == "eliminated":
            break
        await world.ahead()
        await world.verify()
    assert case.state == "eliminated", world.trail
    assert world.model.unmet(case, clock.now) == set()


async def test_a_gate_that_forgot_something_would_be_found(
    service: Households, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The model is no echo of the gates: it knows of itself what they would let pass."""

    async def forgets(*_: Any) -> dict[str, str]:
        return {}

    world = await begin(service, clock, "elimination_county")
    case = world.case()
    assert case is not None
    monkeypatch.setattr(regrouped_cases, "void_notices", forgets)
    await world.change_home(world.model.homes[case.home], area_code=BAMBOO)
    with pytest.raises(AssertionError, match="'notice'"):
        await world.verify()
    monkeypatch.setattr(gates, "_held", lambda *_: True)
    for safe in (False, True):
        await world.change_home(world.model.homes[case.home], safe_water=safe)
    with pytest.raises(AssertionError, match="'assured-held'"):
        await world.verify()


async def test_what_hung_before_a_case_was_sent_back_counts_no_more(service: Households, clock: Clock) -> None:
    world = await begin(service, clock, "elimination_county")
    case = world.case()
    assert case is not None
    await world.change_home(world.model.homes[case.home], safe_housing=False)
    await world.go(case, "elimination_check", "county")
    await world.verify()
    assert case.state == "elimination_check"
    gate = await service.get(f"/monitoring-cases/{case.id}/gate?to=eliminated")
    assert {"notice", "votes"} <= {one["code"] for one in gate["conditions"] if not one["met"]}
    await world.change_home(world.model.homes[case.home], area_code=BAMBOO)
    await world.verify()


async def test_nor_of_who_joins_of_school_and_of_warnings_about_villages(
    service: Households, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(*_: Any, **__: Any) -> int:
        return 0

    world = await begin(service, clock, "elimination_county")
    case = world.case()
    assert case is not None
    monkeypatch.setattr(gate_queries, "count_waiting", nothing)
    await world.warn_of_area(PINE)
    with pytest.raises(AssertionError, match="'open-checks'"):
        await world.verify()
    await world.answer_area(world.model.lists[0], world.model.homes[case.home], at_risk=False)
    await world.verify()
    monkeypatch.setattr(gate_queries, "count_back", nothing)
    [child] = [one for one in world.model.people if one.number == 4]
    await world.drop_out(child)
    await world.verify()
    await world.go_to_school(child, "returned")
    with pytest.raises(AssertionError, match="'out-of-school'"):
        await world.verify()


async def test_nor_of_whom_nobody_asked_after(
    service: Households, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(*_: Any, **__: Any) -> None: ...

    world = await begin(service, clock, "county_decision")
    case = world.case()
    assert case is not None
    [alone] = [one for one in world.model.people if one.number == 60]
    await world.strike_off(alone, "moved_away")
    monkeypatch.setattr(register, "look_at_joined", nothing)
    await world.enter(world.model.homes[case.home], 60)
    with pytest.raises(AssertionError, match="'votes'"):
        await world.verify()
    monkeypatch.setattr(gate_queries, "_in_part", lambda *_: frozenset())
    with pytest.raises(AssertionError, match="'comparison-asked'"):
        await world.verify()


async def _try_roads(
    service: Households, clock: Clock, cluster: Cluster, name: str, start: str, examples: int, **more: Any
) -> None:
    world = await begin(service, clock, start)
    await service.database.engine.dispose()
    await _execute(cluster, PREPARE, name)
    kept = deepcopy((world.model, world.seen)), clock.now

    async def restore() -> None:
        await service.database.engine.dispose()
        await _execute(cluster, "CALL restoring.restore()", name)

    def machine() -> WiderRoad:
        made = EarlyRoad() if start in EARLY else WiderRoad()
        made.loop, made.world = loop, Honest(service, clock)
        made.world.origin, made.world.restore_rows = kept, restore
        made.world.monitored = start not in EARLY
        return made

    loop = asyncio.get_running_loop()
    chosen = settings(
        max_examples=examples,
        stateful_step_count=14,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
        **more,
    )
    await asyncio.to_thread(run_state_machine_as_test, machine, settings=chosen)


EARLY = ("visit_check", "county_decision")
STARTS = (*EARLY, "monitored", "elimination_check", "elimination_county")


@pytest.mark.parametrize("start", STARTS)
async def test_no_road_leads_to_eliminated_past_the_gate(
    service: Households, clock: Clock, cluster: Cluster, database_name: str, start: str
) -> None:
    await _try_roads(service, clock, cluster, database_name, start, 5, derandomize=True)


@pytest.mark.slow
@pytest.mark.parametrize("start", STARTS)
async def test_nor_does_any_of_many_roads(
    service: Households, clock: Clock, cluster: Cluster, database_name: str, start: str
) -> None:
    await _try_roads(service, clock, cluster, database_name, start, 60)
