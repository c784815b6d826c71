"""A child who is back at school is watched on, whatever becomes of its line in the register meanwhile."""

from uuid import UUID

import pytest

from services.households.background import end_what_is_over
from services.households.queries.gate_history import count_back
from shared.areas import Scope
from shared.clock import utc_now
from tests.households import lists
from tests.households.conftest import PINE, Households, id_number
from tests.households.road import ANY
from tests.households.schooling import BORN, Pupil, child, confirmed, family
from tests.households.test_regrouped_cases import people


async def back(service: Households) -> Pupil:
    """A child who came back, and was there after a week."""
    pupil = await confirmed(service)
    assert (await pupil.move("returned")).status_code == 200
    await pupil.until_planned()
    assert (await pupil.seen()).status_code == 201
    return pupil


async def leave(service: Households, pupil: Pupil, reason: str, *, swept: bool) -> str:
    """It is struck off; its id. The sweep has ended its case, or comes later."""
    [one] = [one for one in await people(service, pupil.household_id) if one["name"] == "张小三"]
    answer = await service.post(f"/members/{one['id']}/removal", {"reason": reason}, headers=ANY)
    assert answer.status_code == 200, answer.text
    if swept:
        await sweep(service)
        assert await pupil.state() == "exempt"
    return str(one["id"])


async def sweep(service: Households) -> None:
    """What is over ends."""
    await end_what_is_over(service.database, service.vault, utc_now())


async def come(service: Households, pupil: Pupil, member_id: str, by: str) -> None:
    """It is in the register again."""
    if by == "restoration":
        answer = await service.post(f"/members/{member_id}/restoration", {}, headers=ANY)
    elif by == "hand":
        answer = await service.post(f"/households/{pupil.household_id}/members", child(3), "village", PINE)
    elif by == "file":
        answer = await service.post("/households/imports", [family(1)])
        assert answer.json()["members"]["added"] == 1, answer.text
    else:
        code = f"{PINE}0001"
        rows = [lists.person(code, 2, "张1"), lists.person(code, 3, "张小三", "其他", 证件号码=str(id_number(3, BORN)))]
        await lists.written(service, lists.workbook(rows))
        return
    assert answer.status_code in (200, 201), answer.text


@pytest.mark.parametrize(
    ("by", "reason", "swept"),
    [
        ("restoration", "mistake", True),
        ("hand", "moved_away", True),
        ("hand", "mistake", False),
        ("file", "moved_away", True),
        ("list", "moved_away", False),
    ],
)
async def test_struck_off_and_entered_anew_a_return_is_no_stable_one(
    service: Households, by: str, reason: str, *, swept: bool
) -> None:
    pupil = await back(service)
    await come(service, pupil, await leave(service, pupil, reason, swept=swept), by)
    async with service.database.read(Scope.everywhere()) as session:
        assert await count_back(session, UUID(pupil.household_id)) == 1, "a gate knows of it at once"
    await sweep(service)
    found = await pupil.view()
    [here] = [
        one for one in await people(service, pupil.household_id) if one["name"] == "张小三" and one["left_on"] is None
    ]
    assert (found["state"], found["pupil"]["member_id"]) == ("returned", here["id"])
    assert (await pupil.waiting())["days"] == 30, "the week had held"
    assert [one["state"] for one in found["stay_checks"]].count("waiting") == 1
    for days in (30, 60, 90):
        await pupil.until_planned()
        assert (await pupil.waiting())["days"] == days
        assert (await pupil.seen()).status_code == 201
    assert await pupil.state() == "stable"


async def test_who_comes_to_another_household_takes_the_case_along(service: Households) -> None:
    pupil = await back(service)
    await leave(service, pupil, "moved_away", swept=True)
    [other] = await service.register(family(5))
    answer = await service.post(f"/households/{other}/members", {**child(3), "relation": "97"}, "village", PINE)
    assert answer.status_code == 201, answer.text
    await sweep(service)
    assert (await pupil.view())["pupil"]["household_id"] == other
    [task] = (await service.get(f"/tasks?household={other}", "village", PINE))["items"]
    assert task["dropout_case_id"] == pupil.case_id


async def test_what_was_ended_by_hand_or_held_stays_so(service: Households) -> None:
    pupil = await back(service)
    ended = await pupil.move("exempt", "township", exemption="left_county")
    assert ended.status_code == 200, ended.text
    await come(service, pupil, await leave(service, pupil, "moved_away", swept=False), "hand")
    await sweep(service)
    assert await pupil.state() == "exempt"
