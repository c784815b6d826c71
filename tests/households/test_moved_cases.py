"""A case under review goes back when its household moves: nobody in the other village has seen its notice."""

import pytest

from shared.contracts.monitoring import CaseMoved
from tests.households import lists
from tests.households.conftest import BAMBOO, COUNTY, PINE, Households, household
from tests.households.monitoring import CASES
from tests.households.road import ANY, Road, two_people
from tests.households.test_regrouped_cases import LIVE

REVIEWED = {
    "township_review": (14, "visit_check"),
    "county_decision": (15, "visit_check"),
    "elimination_township": (33, "elimination_check"),
    "elimination_county": (34, "elimination_check"),
}


@pytest.mark.parametrize(
    ("state", "by"),
    [*((state, "hand") for state in REVIEWED), ("county_decision", "file"), ("elimination_township", "list")],
)
async def test_who_moves_while_others_review_is_looked_at_where_they_live_now(
    service: Households, state: str, by: str
) -> None:
    steps, back = REVIEWED[state]
    road = await (await Road(service).open()).walk(*(Road.IDENTIFICATION + Road.HELP + Road.ELIMINATION)[:steps])
    assert (road.refused, await road.state()) == ([], state)
    await settle_in(service, road, BAMBOO, by)
    case = await service.get(f"{CASES}/{road.case_id}", "county", COUNTY)
    last = case["moves"][-1]
    assert (case["state"], last["from_state"], last["to_state"]) == (back, state, back)
    assert last["evidence"] == {"moved": {"from": PINE, "to": BAMBOO}}
    assert "迁往他村" in last["text"]
    [(kept,)] = await service.sql(
        "SELECT detail FROM audit_entry WHERE action = 'case:move' AND area_code = :area ORDER BY id DESC LIMIT 1",
        area=BAMBOO,
    )
    assert (kept["moved_from"], kept["moved_to"]) == (state, back)
    told = (await service.told(CaseMoved))[-1]
    assert (told.from_state, told.to_state) == (state, back)
    assert (await service.sql(LIVE))[0][0] == (1 if back == "elimination_check" else 0), "that of the identification"


async def settle_in(service: Households, road: Road, area: str, by: str) -> None:
    """The household lives in another village from now on."""
    if by == "hand":
        body = {"area_code": area}
        answer = await service.call("PATCH", f"/households/{road.household_id}", json=body, headers=ANY)
        assert answer.status_code == 200, answer.text
    elif by == "file":
        answer = await service.post("/households/imports", [{**household(1, PINE, two_people(1)), "area_code": area}])
        assert (answer.status_code, answer.json()["failed"]) == (200, 0), answer.text
    else:
        there = {"户类型": "一般农户", "行政村（社区）": "竹溪村"}
        code = f"{PINE}0001"
        rows = [lists.person(code, 2, **there), lists.person(code, 3, "李桂花", "配偶", **there)]
        await lists.written(service, lists.workbook(rows))


async def test_who_is_not_published_yet_moves_as_they_are(service: Households) -> None:
    road = await (await Road(service).open()).walk(*Road.IDENTIFICATION[:-5])
    assert await road.state() == "notice"
    await settle_in(service, road, BAMBOO, "hand")
    assert await road.state() == "notice", "published anew, where they live now"
