"""What ends by itself: a national case with the last of its household, a dropout case with age, death or departure."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.households.background import end_what_is_over
from services.households.usecases import dropout_returns, emptied
from shared.clock import local_date, utc_now
from shared.contracts.monitoring import CaseMoved
from shared.contracts.schooling import DropoutClosed
from shared.ids import new_id
from tests.households.conftest import COUNTY, PINE, Households, household
from tests.households.monitoring import CASES, IDENTIFIED, open_case, walk
from tests.households.road import Road
from tests.households.schooling import Pupil, ago, confirmed


async def people_of(service: Households, household_id: str) -> list[str]:
    [people] = [
        await service.sql(
            "SELECT id::text FROM member WHERE household_id = CAST(:id AS uuid) ORDER BY id", id=household_id
        )
    ]
    return [one for (one,) in people]


async def leave(service: Households, member_id: str, reason: str = "deceased", **more: Any) -> None:
    answer = await service.post(f"/members/{member_id}/removal", {"reason": reason, **more}, "village", PINE)
    assert answer.status_code == 200, answer.text


async def sweep(service: Households) -> None:
    await end_what_is_over(service.database, service.vault, utc_now())


@pytest.mark.parametrize(("reason", "state"), [("deceased", "deceased"), ("moved_away", "moved_away")])
async def test_with_the_last_one_the_case_is_over(service: Households, reason: str, state: str) -> None:
    case = await open_case(service)
    await walk(service, case["id"], IDENTIFIED)
    first, *rest = await people_of(service, case["household"]["id"])
    for member_id in rest:
        await leave(service, member_id, reason)
    assert (await service.get(f"{CASES}/{case['id']}"))["state"] == "monitored", "somebody is left"
    await leave(service, first, reason)
    over = await service.get(f"{CASES}/{case['id']}")
    assert (over["state"], over["holder"], over["due"]) == (state, None, None)
    line = over["moves"][-1]
    assert (line["from_state"], line["to_state"], line["by_level"]) == ("monitored", state, None)
    assert await service.sql("SELECT monitoring_state, main_risk FROM household") == [(None, None)]
    assert (await service.told(CaseMoved))[-1].to_state == state
    recorded = "SELECT count(*) FROM audit_entry WHERE action = 'case:move' AND detail->>'moved_to' = :state"
    assert await service.sql(recorded, state=state) == [(1,)]


async def test_a_mistake_leaves_everything_where_it_stood(service: Households) -> None:
    case = await open_case(service)
    before = await walk(service, case["id"], IDENTIFIED)
    people = await people_of(service, case["household"]["id"])
    for member_id in people:
        await leave(service, member_id, "mistake")
    assert (await service.get(f"{CASES}/{case['id']}"))["state"] == before["state"]


async def test_who_did_not_die_is_monitored_as_before(service: Households) -> None:
    road = await (await Road(service).open()).walk(*Road.IDENTIFICATION, *Road.HELP, *Road.ELIMINATION[:5])
    columns = "state, state_since, identified_on, measure_from, holder_level, clock, due_at, main_risk, risks"
    [before] = await service.sql(f"SELECT {columns} FROM monitoring_case")
    missing = await road.missing("elimination_township")
    people = await people_of(service, road.household_id)
    for member_id in people:
        await leave(service, member_id)
    assert await road.state() == "deceased"
    body, path = {"why": "重名，登记有误"}, f"/members/{people[0]}/restoration"
    answer = await service.post(path, body, "village", PINE, headers={"If-Match": "*"})
    assert answer.status_code == 200, answer.text
    assert await service.sql(f"SELECT {columns} FROM monitoring_case") == [before]
    anew = await road.missing("elimination_township") - missing
    assert not anew & {"visit", "votes", "elimination-check", "months"}, "what was done still counts"
    assert await service.sql("SELECT monitoring_state FROM household") == [("monitored",)]


async def test_a_household_that_a_list_emptied_follows(service: Households) -> None:
    case = await open_case(service)
    gone = "UPDATE household SET dissolved_on = current_date, dissolved_reason = 'moved_away'"
    await service.sql("UPDATE member SET left_on = current_date, left_reason = 'moved_away'")
    await service.sql(gone)
    await sweep(service)
    assert (await service.get(f"{CASES}/{case['id']}"))["state"] == "moved_away"
    await sweep(service)
    assert len((await service.get(f"{CASES}/{case['id']}"))["moves"]) == 2


async def test_a_case_that_nobody_has_left_goes_on(service: Households) -> None:
    case = await open_case(service)
    await service.register(household(2))
    await sweep(service)
    assert (await service.get(f"{CASES}/{case['id']}"))["state"] == "clue"


async def child_of(pupil: Pupil) -> str:
    [(member_id,)] = await pupil.service.sql("SELECT member_id::text FROM dropout_case")
    return str(member_id)


@pytest.mark.parametrize(
    ("reason", "exemption"),
    [("deceased", "死亡"), ("moved_away", "户籍迁出本县"), ("mistake", "认定有误")],
)
async def test_a_child_that_is_gone_is_counted_no_more(service: Households, reason: str, exemption: str) -> None:
    pupil = await confirmed(service)
    await sweep(service)
    assert await pupil.state() == "found"
    await leave(service, await child_of(pupil), reason)
    await sweep(service)
    over = await pupil.view()
    assert (over["state"], over["exemption_text"], over["moves"][-1]["cause"]) == ("exempt", exemption, "register")
    [told] = await service.told(DropoutClosed)
    assert told.outcome == "exempt"
    assert await service.sql("SELECT schooling_met FROM household") == [(True,)]


async def test_at_sixteen_nothing_is_owed(service: Households) -> None:
    pupil = await confirmed(service)
    assert (await pupil.move("returned")).status_code == 200
    today = local_date(utc_now())
    almost = today.replace(year=today.year - 16) + timedelta(days=1)
    await service.sql("UPDATE member SET birth_on = :born WHERE relation = '20'", born=almost)
    await sweep(service)
    assert await pupil.state() == "returned"
    await service.sql("UPDATE member SET birth_on = birth_on - 1 WHERE relation = '20'")
    await sweep(service)
    over = await pupil.view()
    assert (over["state"], over["exemption_text"]) == ("exempt", "已完成义务教育或超龄")
    assert over["moves"][-1]["happened_on"] == ago(0)
    assert [one["state"] for one in over["stay_checks"]] == ["dropped"]
    assert (await service.get("/tasks?state=open", "county", COUNTY))["items"] == []


async def test_without_a_policy_nobody_is_too_old(service: Households) -> None:
    pupil = await confirmed(service)
    await service.sql("UPDATE member SET birth_on = birth_on - 3650 WHERE relation = '20'")
    await service.sql("DELETE FROM policy WHERE kind = 'schooling'")
    await sweep(service)
    assert await pupil.state() == "found"


async def test_one_that_cannot_go_on_holds_up_none_that_is_over(
    service: Households, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: Any) -> bool:
        raise RuntimeError

    async def list_back(_: object) -> list[UUID]:
        return [new_id()]

    pupil = await confirmed(service)
    await leave(service, await child_of(pupil))
    monkeypatch.setattr(dropout_returns, "list_back", list_back)
    monkeypatch.setattr(dropout_returns, "resume_dropout", fails)
    monkeypatch.setattr(emptied, "end_emptied", fails)
    with pytest.raises(ExceptionGroup):
        await sweep(service)
    assert await pupil.state() == "exempt"


async def test_whom_nothing_lets_go_on_does_not_end_meanwhile(
    service: Households, monkeypatch: pytest.MonkeyPatch
) -> None:
    pupil = await confirmed(service)
    await leave(service, await child_of(pupil))

    async def list_back(_: object) -> list[UUID]:
        return [UUID(pupil.case_id)]

    monkeypatch.setattr(dropout_returns, "list_back", list_back)
    await sweep(service)
    assert await pupil.state() == "found"
