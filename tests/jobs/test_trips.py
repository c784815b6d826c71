"""Organised trips: seats, passengers of several villages, the coach list, who got on."""

import asyncio
import io
from datetime import timedelta
from typing import Any

import httpx
import pytest
from python_calamine import CalamineWorkbook

from tests.jobs.conftest import BAMBOO, BRIDGE, COUNTY, PINE, RIVER, STONE, Jobs
from tests.jobs.placements import WAGE, Placing, code, post, refer, today

TRIP: dict[str, Any] = {
    "area": COUNTY,
    "from_place": "云岫县客运站",
    "to_area": "441900",
    "departs_on": (today() + timedelta(days=3)).isoformat(),
    "vehicle": "coach",
    "seats": 3,
    "contact": "王干部",
    "phone": "15412345678",
}


async def trip(service: Jobs, **more: Any) -> str:
    """A trip of the county."""
    answer = await service.post("/trips", {**TRIP, **more})
    assert answer.status_code == 201, answer.text
    made: str = answer.json()["id"]
    return made


async def ready(service: Jobs, *numbers: int, area: str = PINE) -> list[Placing]:
    """People who have accepted a post."""
    post_id = await post(service, openings=20)
    people = await service.people(*numbers, area_code=area)
    return [await (await refer(service, person, post_id, area)).to("accepted") for person in people]


async def board(
    service: Jobs, trip_id: str, placings: list[Placing], role: str = "village", area: str = PINE
) -> httpx.Response:
    """Seats for them."""
    body = {"placement_ids": [one.id for one in placings]}
    return await service.post(f"/trips/{trip_id}/passengers", body, role, area)


def lines(answer: httpx.Response) -> list[list[Any]]:
    """The rows of a workbook's first sheet."""
    return CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()


async def departed(service: Jobs, trip_id: str, days: int = 3) -> None:
    await service.sql(f"UPDATE trip SET departs_on = departs_on - {days} WHERE id = CAST(:id AS uuid)", id=trip_id)


async def test_villages_fill_a_county_trip_and_see_their_own(service: Jobs) -> None:
    made = await trip(service)
    mine, theirs = await ready(service, 1, 2), await ready(service, 3, area=BRIDGE)
    assert (await board(service, made, mine)).json()["left"] == 1
    assert (await board(service, made, mine)).json()["left"] == 1  # the same again holds no second seat
    assert (await board(service, made, theirs, area=BRIDGE)).json()["left"] == 0
    for role, area, count in (
        ("village", PINE, 2),
        ("village", BRIDGE, 1),
        ("township", STONE, 2),
        ("county", COUNTY, 3),
    ):
        seen = await service.get(f"/trips/{made}", role, area)
        assert (len(seen["passengers"]), seen["left"], seen["contact"]) == (count, 0, "王干部")
        assert seen["phone"] == "154****5678"
        assert [one["id"] for one in (await service.get("/trips", role, area))["items"]] == [made]
    masked = await service.get(f"/trips/{made}", "supervisor")
    assert (masked["contact"], masked["phone"]) == (None, None)


async def test_seats_are_never_exceeded(service: Jobs) -> None:
    made = await trip(service, seats=3)
    placings = await ready(service, *range(1, 7))
    answers = await asyncio.gather(*(board(service, made, [one]) for one in placings))
    assert sorted(one.status_code for one in answers) == [200, 200, 200, 409, 409, 409]
    assert {one.json()["code"] for one in answers if one.status_code == 409} == {"trip-full"}
    assert await service.sql("SELECT taken, (SELECT count(*) FROM trip_passenger) FROM trip") == [(3, 3)]
    other = await trip(service, seats=1)
    left = [one for one, answer in zip(placings, answers, strict=True) if answer.status_code == 409]
    assert code(await board(service, other, left[:2])) == (409, "trip-full")  # all or nobody
    assert await service.sql("SELECT count(*) FROM trip_passenger") == [(3,)]
    taken = next(one for one, answer in zip(placings, answers, strict=True) if answer.status_code == 200)
    assert code(await board(service, other, [taken])) == (409, "trip-passenger-aboard")


async def test_who_travels(service: Jobs) -> None:
    made = await trip(service)
    [person] = await service.people(1)
    placing = await refer(service, person, await post(service))
    assert code(await board(service, made, [placing])) == (409, "trip-not-ready")
    await placing.to("arrived")
    assert code(await board(service, made, [placing])) == (409, "trip-not-ready")
    [foreign] = await ready(service, 2, area=BRIDGE)
    assert code(await board(service, made, [foreign])) == (404, "placement-not-found")


async def test_present_means_on_the_way_and_the_ledger_hears_of_the_coach(service: Jobs) -> None:
    made = await trip(service)
    came, stayed = await ready(service, 1, 2)
    await board(service, made, [came, stayed])
    told = {"passengers": [{"placement_id": came.id, "present": True}, {"placement_id": stayed.id, "present": False}]}
    path = f"/trips/{made}/presence"
    assert code(await service.post(path, told, "village", PINE)) == (409, "trip-too-early")
    await service.sql("UPDATE placement SET state_since = state_since - 10, accepted_on = accepted_on - 10")
    await departed(service, made, 5)
    answer = await service.post(path, told, "village", PINE)
    assert answer.status_code == 200, answer.text
    assert {one["placement_id"]: one["present"] for one in answer.json()["passengers"]} == {
        came.id: True,
        stayed.id: False,
    }
    found = await came.view()
    assert (found["state"], found["moves"][-1]["cause"]["code"]) == ("placed", "trip")
    assert found["placed_on"] == (today() - timedelta(days=2)).isoformat()
    assert (await stayed.view())["state"] == "accepted"
    unknown = {"passengers": [{"placement_id": (await ready(service, 9))[0].id, "present": True}]}
    assert code(await service.post(path, unknown, "village", PINE)) == (404, "trip-passenger-unknown")
    assert (await came.move("arrived", wage=WAGE, industry="C")).status_code == 200
    assert await service.sql("SELECT DISTINCT point_to_point FROM labour_row") == [(True,)]


async def present(service: Jobs, trip_id: str, told: dict[str, bool]) -> httpx.Response:
    """Who got on, by placement, as the village tells it."""
    lines = [{"placement_id": one, "present": came} for one, came in told.items()]
    return await service.post(f"/trips/{trip_id}/presence", {"passengers": lines}, "village", PINE)


async def test_who_missed_the_coach_takes_another(service: Jobs) -> None:
    made, other = await trip(service, departs_on=today().isoformat(), seats=1), await trip(service)
    missed, comes = await ready(service, 1, 2)
    await board(service, made, [missed])
    told = await present(service, made, {missed.id: False})
    assert (told.json()["left"], [one["present"] for one in told.json()["passengers"]]) == (1, [False])
    assert lines(await service.call("GET", f"/trips/{made}/coach-list.xlsx"))[1:] == []
    assert (await board(service, other, [missed])).json()["left"] == 2
    assert code(await present(service, made, {missed.id: True})) == (409, "trip-passenger-aboard")
    assert (await present(service, made, {missed.id: False})).json()["left"] == 1  # the same again frees no second seat
    assert (await board(service, made, [comes])).json()["left"] == 0


async def test_who_was_taken_for_absent_is_aboard_after_all(service: Jobs) -> None:
    made = await trip(service, departs_on=today().isoformat(), seats=1)
    late, other = await ready(service, 1, 2)
    await board(service, made, [late])
    await present(service, made, {late.id: False})
    corrected = await present(service, made, {late.id: True})
    assert (corrected.json()["left"], (await late.view())["state"]) == (0, "placed")
    await present(service, made, {late.id: False})
    again = await board(service, made, [late])
    assert (again.json()["left"], [one["present"] for one in again.json()["passengers"]]) == (0, [None])
    await present(service, made, {late.id: False})
    await board(service, made, [other])
    assert code(await present(service, made, {late.id: True})) == (409, "trip-full")
    changed = await present(service, made, {late.id: True, other.id: False})
    assert (changed.status_code, changed.json()["left"]) == (200, 0)


async def test_who_is_at_the_post_before_the_coach_leaves_is_off_it(service: Jobs) -> None:
    made = await trip(service, seats=2)
    ahead, comes = await ready(service, 1, 2)
    await board(service, made, [ahead, comes])
    assert (await ahead.move("placed")).status_code == 200
    assert (await ahead.move("arrived", wage=WAGE, industry="C")).status_code == 200
    seen = await service.get(f"/trips/{made}")
    assert (seen["left"], [one["placement_id"] for one in seen["passengers"]]) == (1, [comes.id])
    assert await service.sql("SELECT DISTINCT point_to_point FROM labour_row") == [(False,)]


async def test_a_coach_list_holds_what_the_escort_needs_and_is_on_record(service: Jobs) -> None:
    made = await trip(service)
    [here] = await ready(service, 1)
    [there] = await ready(service, 2, area=BRIDGE)
    await board(service, made, [here])
    await board(service, made, [there], area=BRIDGE)
    path = f"/trips/{made}/coach-list.xlsx"
    taken = await service.call("GET", path)
    assert taken.status_code == 200
    assert lines(taken) == [
        ["姓名", "电话", "所在村"],
        ["张三", "15400000001", "青石镇 松林村"],
        ["张三", "15400000002", "大河镇 石桥村"],
    ]
    own = await service.call("GET", path, "village", BRIDGE)
    assert len(lines(own)) == 2
    entries = await service.sql("SELECT subject, detail FROM audit_entry WHERE action = 'trip:coach-list' ORDER BY at")
    assert entries == [(made, {"count": 2}), (made, {"count": 1})]
    assert (await service.call("GET", path, "supervisor")).status_code == 403


async def test_a_seat_is_freed_and_a_trip_cancelled(service: Jobs) -> None:
    made = await trip(service)
    first, second = await ready(service, 1, 2)
    await board(service, made, [first, second])
    freed = await service.call("DELETE", f"/trips/{made}/passengers/{first.id}", "village", PINE)
    assert (freed.status_code, freed.json()["left"]) == (200, 2)
    again = await service.call("DELETE", f"/trips/{made}/passengers/{first.id}", "village", PINE)
    assert code(again) == (404, "trip-passenger-unknown")
    other = await trip(service)
    assert (await board(service, other, [first])).status_code == 200
    version = {"If-Match": (await service.call("GET", f"/trips/{made}")).headers["etag"]}
    assert (await service.post(f"/trips/{made}/cancellation", headers=version)).json()["state"]["code"] == "cancelled"
    assert code(await board(service, made, [second])) == (409, "trip-over")
    assert (await board(service, other, [second])).status_code == 200
    assert await service.sql("SELECT count(*) FROM trip_passenger WHERE off_at IS NULL") == [(2,)]


async def test_whose_placement_is_over_has_no_seat(service: Jobs) -> None:
    made = await trip(service)
    refuses, ends, goes = await ready(service, 1, 2, 3)
    await board(service, made, [refuses, ends, goes])
    assert (await ends.move("placed")).status_code == 200
    assert (await refuses.move("refused", reason="family")).status_code == 200
    assert (await service.get(f"/trips/{made}"))["left"] == 1
    assert (await ends.move("ended", reason="never_came")).status_code == 200
    assert (await service.get(f"/trips/{made}"))["left"] == 2
    assert len(lines(await service.call("GET", f"/trips/{made}/coach-list.xlsx"))) == 2


async def test_a_cancelled_trip_frees_also_who_has_moved_away(service: Jobs) -> None:
    own = await service.post("/trips", {**TRIP, "area": STONE}, "township", STONE)
    made = own.json()["id"]
    [moved] = await ready(service, 1)
    await board(service, made, [moved])
    await service.sql("UPDATE person SET area_code = :area", area=BRIDGE)
    cancelled = await service.post(
        f"/trips/{made}/cancellation", role="township", area=STONE, headers={"If-Match": "*"}
    )
    assert cancelled.status_code == 200, cancelled.text
    assert await service.sql("SELECT count(*) FROM trip_passenger WHERE off_at IS NULL") == [(0,)]


async def test_only_the_organiser_plans_anew(service: Jobs) -> None:
    made = await trip(service)
    await board(service, made, await ready(service, 1, 2))
    plan = {name: value for name, value in TRIP.items() if name != "area"}
    path = f"/trips/{made}/plan"

    async def change(role: str = "county", area: str = COUNTY, **more: Any) -> httpx.Response:
        return await service.call("PUT", path, role, area, json={**plan, **more}, headers={"If-Match": "*"})

    assert code(await change("township", STONE)) == (409, "trip-not-yours")
    assert code(await change(seats=1)) == (409, "trip-full")
    assert code(await change(departs_on=(today() - timedelta(days=1)).isoformat())) == (409, "trip-over")
    assert (await change(seats=2)).json()["left"] == 0
    missing = await service.call("PUT", path, json=plan)
    assert code(missing) == (428, "if-match-required")
    elsewhere = await service.post("/trips", {**TRIP, "area": RIVER}, "township", STONE)
    assert code(elsewhere) == (409, "trip-not-yours")
    own = await service.post("/trips", {**TRIP, "area": STONE}, "township", STONE)
    assert own.status_code == 201
    hidden = await service.call("GET", f"/trips/{own.json()['id']}", "village", BRIDGE)
    assert code(hidden) == (404, "trip-not-found")
    assert (await service.call("GET", f"/trips/{own.json()['id']}", "village", BAMBOO)).status_code == 200


@pytest.mark.parametrize("days", ["departs_from", "departs_to"])
async def test_trips_by_day(service: Jobs, days: str) -> None:
    early = await trip(service)
    late = await trip(service, departs_on=(today() + timedelta(days=9)).isoformat())
    found = await service.get(f"/trips?{days}={(today() + timedelta(days=5)).isoformat()}")
    assert [one["id"] for one in found["items"]] == [late if days == "departs_from" else early]
    page = await service.get("/trips?limit=1")
    rest = await service.get(f"/trips?limit=1&after={page['next']}")
    assert [page["items"][0]["id"], rest["items"][0]["id"]] == [early, late]
