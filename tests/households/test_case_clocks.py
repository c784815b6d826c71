"""The sweep over the clocks of national cases: a warning before, then level by level, once each."""

import asyncio
from datetime import datetime, timedelta

import pytest

from services.households.background import sweep_deadlines
from services.households.usecases import case_escalation
from shared.areas import Scope
from shared.contracts.monitoring import CaseClockWarned, CaseEscalated
from tests.households.conftest import COUNTY, PINE, STONE, Households
from tests.households.monitoring import CASES, IDENTIFIED, move, open_case, pass_days, walk


async def due_at(service: Households, case_id: str) -> datetime:
    """The deadline of a case."""
    return datetime.fromisoformat((await service.get(f"{CASES}/{case_id}"))["due"]["due_at"])


async def test_a_warning_comes_before_the_deadline_and_once(service: Households) -> None:
    case = await open_case(service)
    due = await due_at(service, case["id"])
    for hours in (-49, -48, -47, -1):
        await sweep_deadlines(service.database, due + timedelta(hours=hours))
    [warned] = await service.told(CaseClockWarned)
    assert (str(warned.case_id), warned.state, warned.clock, warned.due_at) == (case["id"], "clue", "state", due)
    assert (warned.holder_level, warned.desk_code, warned.warned_at) == ("village", PINE, due - timedelta(hours=48))
    assert await service.told(CaseEscalated) == []


async def test_what_is_late_already_is_no_warning(service: Households) -> None:
    case = await open_case(service)
    await sweep_deadlines(service.database, await due_at(service, case["id"]))
    assert await service.told(CaseClockWarned) == []


async def test_township_then_county_each_once_and_the_village_keeps_it(service: Households) -> None:
    case = await open_case(service)
    due = await due_at(service, case["id"])
    for hours in (-1, 0, 1, 47, 48, 49, 500):
        await sweep_deadlines(service.database, due + timedelta(hours=hours))
    first, second = await service.told(CaseEscalated)
    assert (first.from_level, first.to_level, first.desk_code) == ("village", "township", STONE)
    assert (second.from_level, second.to_level, second.desk_code) == ("township", "county", COUNTY)
    assert (first.escalated_at, second.escalated_at) == (due, due + timedelta(hours=48))
    shown = await service.get(f"{CASES}/{case['id']}")
    assert (shown["holder"]["level"], shown["holder"]["raised_to"]) == ("village", "county")
    assert [one["id"] for one in (await service.get(f"{CASES}?holder=county"))["items"]] == [case["id"]]
    assert (await move(service, case["id"], "visit_check", "village")).json()["holder"]["raised_to"] is None


async def test_one_level_in_one_sweep_however_late(service: Households) -> None:
    case = await open_case(service)
    late = await due_at(service, case["id"]) + timedelta(days=30)
    await sweep_deadlines(service.database, late)
    assert [one.to_level for one in await service.told(CaseEscalated)] == ["township"]
    await sweep_deadlines(service.database, late + timedelta(minutes=1))
    assert [one.to_level for one in await service.told(CaseEscalated)] == ["township", "county"]


async def test_a_township_s_case_goes_to_the_county_and_the_county_s_nowhere(service: Households) -> None:
    case_id = (await open_case(service))["id"]
    await walk(service, case_id, IDENTIFIED[:5])
    await sweep_deadlines(service.database, await due_at(service, case_id) + timedelta(days=2))
    assert [(one.from_level, one.to_level) for one in await service.told(CaseEscalated)] == [("township", "county")]
    await move(service, case_id, "county_decision", "township")
    await sweep_deadlines(service.database, await due_at(service, case_id) + timedelta(days=300))
    assert len(await service.told(CaseEscalated)) == 1


async def test_a_case_that_is_late_in_its_state_is_warned_of_its_decision(service: Households) -> None:
    case = await open_case(service)
    due = await due_at(service, case["id"])
    for days in range(-3, 40):
        await sweep_deadlines(service.database, due + timedelta(days=days))
    first, second = await service.told(CaseClockWarned)
    assert (first.clock, first.due_at, second.clock) == ("state", due, "decision")
    assert due < second.warned_at < second.due_at


async def test_a_pause_keeps_the_sweep_away(service: Households) -> None:
    case = await open_case(service)
    due = await due_at(service, case["id"])
    body = {"reason": "household_away", "days": 10}
    paused = await service.post(f"{CASES}/{case['id']}/pauses", body, headers={"If-Match": "*"})
    assert paused.status_code == 200
    await sweep_deadlines(service.database, due)
    assert await service.told(CaseEscalated) == []
    await sweep_deadlines(service.database, due + timedelta(days=9))
    assert len(await service.told(CaseEscalated)) == 1


async def test_no_reason_and_no_round_stands_still_longer_than_its_days(service: Households) -> None:
    case_id = (await open_case(service))["id"]

    async def pause(reason: str, days: int) -> int:
        """Ask for it; what was allowed passes."""
        body = {"reason": reason, "days": days}
        answer = await service.post(f"{CASES}/{case_id}/pauses", body, headers={"If-Match": "*"})
        if answer.status_code == 200:
            await pass_days(service, case_id, days)
            await service.sql(
                "UPDATE case_pause SET first = first - CAST(:days AS integer), last = last - CAST(:days AS integer)",
                days=days,
            )
        return answer.status_code

    assert await pause("bureau_answer", 10) == 200
    assert await pause("bureau_answer", 6) == 409, "fifteen for this reason, however often it is given"
    assert await pause("bureau_answer", 5) == 200
    assert await pause("household_away", 26) == 409, "thirty for this one, but forty for all"
    assert await pause("household_away", 25) == 200
    assert await pause("household_away", 1) == 409


async def test_the_other_side_of_a_batch(service: Households, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(case_escalation, "BATCH", 2)
    monkeypatch.setattr("services.households.background.STEPS", ((case_escalation.escalate_cases, 2),))
    cases = [await open_case(service, number) for number in range(1, 6)]
    await sweep_deadlines(service.database, await due_at(service, cases[-1]["id"]))
    assert {str(one.case_id) for one in await service.told(CaseEscalated)} == {one["id"] for one in cases}


async def test_two_sweeps_at_once_tell_once(service: Households) -> None:
    cases = [await open_case(service, number) for number in range(1, 6)]
    now = await due_at(service, cases[-1]["id"])

    async def sweep() -> int:
        async with service.database.write(Scope.everywhere()) as session:
            return await case_escalation.escalate_cases(session, now)

    assert sum(await asyncio.gather(sweep(), sweep(), sweep())) == 5
    assert len(await service.told(CaseEscalated)) == 5


async def test_without_a_policy_nothing_moves(service: Households) -> None:
    case = await open_case(service)
    late = await due_at(service, case["id"]) + timedelta(days=9)
    await service.sql("DELETE FROM policy WHERE kind = 'case-clocks'")
    await sweep_deadlines(service.database, late)
    assert await service.told(CaseEscalated) == []
