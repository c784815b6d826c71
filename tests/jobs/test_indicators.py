"""The board, targets, names and priority lists over HTTP: who sees what, and that all of it is counted from rows."""

import io
from datetime import date, timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import pytest
from python_calamine import CalamineWorkbook

from services.jobs.api import indicators, priority_lists
from services.jobs.rules.months import last_day
from tests.jobs.conftest import BAMBOO, BRIDGE, COUNTY, PINE, RIVER, STONE, Jobs
from tests.jobs.indicator_rows import OUT, READY, UNABLE, days_ago, month, publish, recount, shipped, write

LIFTED = {"household_class": "lifted_out"}


def lines(answer: dict[str, Any]) -> dict[str, Any]:
    return {one["code"]: one for one in answer["lines"]}


async def county(service: Jobs) -> dict[str, list[UUID]]:
    """Six in Pine (four out, one ready, one unable), two in Bamboo (one without a row), two in Bridge."""
    await shipped(service)
    people = {
        "out": await service.people(1, 2, 3, **LIFTED),
        "outside": await service.people(4, relocated=True),
        "ready": await service.people(5, relocated=True, **LIFTED),
        "unable": await service.people(6),
        "bamboo": await service.people(7, 8, area_code=BAMBOO),
        "bridge": await service.people(9, 10, area_code=BRIDGE),
    }
    await write(service, people["out"], **OUT | {"work_area": "539921", "wage": 3000})
    await write(service, people["outside"], **OUT)
    await write(service, people["ready"], **READY)
    await write(service, people["unable"], **UNABLE)
    await write(service, people["bamboo"][:1], area=BAMBOO, **OUT)
    await write(service, people["bridge"], area=BRIDGE, **READY)
    return people


async def test_the_board_of_each_level(service: Jobs) -> None:
    people = await county(service)
    await recount(service)
    whole = await service.get("/indicator-board")
    rate = lines(whole)["employment-rate"]
    assert (rate["value"], rate["numerator"], rate["denominator"], rate["could"]) == (50.0, 5, 10, 3)
    assert [(one["area"]["code"], one["value"]) for one in rate["below"]] == [(STONE, 62.5), (RIVER, 0)]
    assert (whole["people"], whole["in_ledger"], whole["waiting"]) == (10, 9, 0)
    assert lines(whole)["average-wage"]["value"] == round((3 * 3000 + 2 * 5200) / 5)
    assert lines(whole)["outside-share"]["value"] == 40.0
    assert lines(whole)["ledger-coverage"]["value"] == 90.0
    assert lines(whole)["zero-employment"]["value"] == 3
    assert rate["last_year"] is None
    township = await service.get("/indicator-board?indicator=transferred", "township", STONE)
    assert [(one["area"]["code"], one["value"]) for one in lines(township)["transferred"]["below"]] == [
        (PINE, 4),
        (BAMBOO, 1),
    ]
    assert list(lines(township)) == ["transferred"]
    village = await service.get("/indicator-board", "village", BRIDGE)
    assert lines(village)["transferred"]["value"] == 0
    assert lines(village)["transferred"]["below"] == []
    assert (await service.call("GET", f"/indicator-board?area={RIVER}", "township", STONE)).status_code == 404
    assert len(people["out"]) == 3


async def test_a_change_shows_at_once(service: Jobs) -> None:
    """Nothing runs beside the requests here: the village that waits is counted for the answer."""
    people = await county(service)
    await recount(service)
    await write(service, people["ready"], **OUT)
    board = await service.get("/indicator-board")
    assert (lines(board)["transferred"]["value"], board["waiting"]) == (6, 0)
    names = await service.get("/indicators/transferred/people")
    assert str(people["ready"][0]) in [one["id"] for one in names["items"]]
    assert [one["numerator"] for one in lines(board)["transferred"]["below"]] == [6, 0]


async def test_many_changes_are_said_to_wait(service: Jobs) -> None:
    await county(service)
    await recount(service)
    areas = [f"5399211013{number:02}" for number in range(4)]
    for number, area in enumerate(areas):
        await service.people(20 + number, area_code=area)
    board = await service.get("/indicator-board")
    assert (board["waiting"], board["people"]) == (4, 10)
    await recount(service)
    board = await service.get("/indicator-board")
    assert (board["waiting"], board["people"]) == (0, 14)


async def test_any_day_is_counted_from_the_rows(service: Jobs) -> None:
    await shipped(service)
    people = await service.people(1, 2, 3)
    past, last = month(2), last_day(month(2))
    await write(service, people[:1], past, **OUT | {"started_on": past + timedelta(days=9)})
    await write(service, people[1:2], past, **OUT | {"ended_on": past + timedelta(days=14)})
    await write(service, people[2:], past, **READY | {"ended_on": past + timedelta(days=4)})
    await recount(service)

    async def out(day: date) -> tuple[float, int]:
        found = await service.get(f"/indicator-board?as_of={day}")
        assert (found["counted_at"] is None) == (day != last)
        return lines(found)["transferred"]["value"], lines(found)["transferred"]["could"]

    assert await out(past) == (2, 0)
    assert await out(past + timedelta(days=4)) == (2, 0)
    assert await out(past + timedelta(days=5)) == (1, 1)
    assert await out(past + timedelta(days=9)) == (2, 1)
    assert await out(past + timedelta(days=14)) == (2, 1)
    assert await out(past + timedelta(days=15)) == (1, 1)
    assert await out(last) == (1, 1)
    refused = await service.call("GET", f"/indicator-board?as_of={days_ago(-1)}")
    assert (refused.status_code, refused.json()["code"]) == (422, "date-in-future")


async def test_targets_say_how_many_people_are_missing(service: Jobs) -> None:
    people = await county(service)
    everybody = [one for group in people.values() for one in group]
    await write(service, everybody[:8], month(12), **OUT | {"started_on": days_ago(500)})
    await write(service, everybody[8:], month(12), BRIDGE, **READY)
    await recount(service)
    found = await service.get("/targets")
    targets = {one["code"]: one for one in found["targets"]}
    heads = targets["transferred"]
    assert (heads["value"], heads["floor"], heads["reached"], heads["gap"], heads["people"]) == (5, 8, False, 3, 3)
    assert (heads["could"], heads["gap_unit"]) == (3, "people")
    rate = targets["relocated"]
    assert (rate["value"], rate["floor"], rate["gap"], rate["gap_unit"], rate["people"]) == (50, 100, 50, "points", 1)
    path = heads["drill"].removeprefix("/jobs/v1")
    could = await service.get(path)
    assert {one["id"] for one in could["items"]} == {str(one) for one in (*people["ready"], *people["bridge"])}
    board = lines(await service.get("/indicator-board"))
    assert board["employment-rate"]["last_year"] == 80.0
    assert board["employment-rate-change"]["value"] == -30.0
    river = {one["code"]: one for one in (await service.get("/targets", "township", RIVER))["targets"]}
    assert river["transferred"]["reached"] is True
    body = {
        "targets": [
            {
                "code": "own",
                "title": {"zh": "目标", "en": "own"},
                "indicator": "transferred",
                "area": "539921",
                "first": "2026-01",
                "last": "2035-12",
                "floor": {"kind": "number", "value": 790_000},
            }
        ]
    }
    await publish(service, "labour-targets", body, 2)
    [own] = (await service.get("/targets"))["targets"]
    assert (own["people"], own["reached"], own["title"]) == (790_000 - 5, False, "目标")
    assert (await service.get("/targets", "township", RIVER))["targets"] == []


async def test_without_last_year_nothing_is_compared(service: Jobs) -> None:
    await county(service)
    await recount(service)
    targets = (await service.get("/targets"))["targets"]
    assert {(one["reached"], one["floor"], one["gap"], one["people"]) for one in targets} == {(None, None, None, None)}


async def test_names_page_by_page_and_put_on_record(service: Jobs) -> None:
    people = await county(service)
    await recount(service)
    seen, after = [], ""
    while True:
        page = await service.get(f"/indicators/employment-rate/people?part=missing&limit=2{after}")
        seen += page["items"]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    missing = [*people["ready"], *people["unable"], people["bamboo"][1], *people["bridge"]]
    assert [one["id"] for one in seen] == [str(one) for one in missing]
    by_id = {one["id"]: one for one in seen}
    ready = by_id[str(people["ready"][0])]
    assert (ready["name"], ready["household_class"], ready["reason"]) == ("张三", "脱贫户", "no_way")
    assert "*" in ready["id_number"]
    assert by_id[str(people["bamboo"][1])]["status"] is None
    read = await service.sql(
        "SELECT subject, detail ->> 'part', detail ->> 'people' FROM audit_entry WHERE action = 'indicator:read-names'"
    )
    assert read == [("employment-rate", "missing", "2")] * 2 + [("employment-rate", "missing", "1")]
    masked = await service.get("/indicators/employment-rate/people", "supervisor")
    assert {one["name"] for one in masked["items"]} == {"张*"}
    river = await service.get("/indicators/employment-rate/people?part=missing", "township", RIVER)
    assert {one["id"] for one in river["items"]} == {str(one) for one in people["bridge"]}


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/indicators/transferred/people?part=missing", 422, "indicator-part"),
        ("/indicators/stay-rate/people?part=could", 422, "indicator-part"),
        ("/indicators/nothing/people", 404, "indicator-unknown"),
        ("/indicators/came-home/people", 404, "indicator-unknown"),
        ("/priority-lists/transferred", 404, "indicator-unknown"),
        ("/priority-lists/transferred.xlsx", 404, "indicator-unknown"),
        ("/indicators/transferred/people?after=x", 422, "cursor-invalid"),
        (f"/priority-lists/came-home?area={'44' + '0' * 10}", 404, "area-not-permitted"),
    ],
)
async def test_refusals(service: Jobs, path: str, status: int, code: str) -> None:
    await shipped(service)
    answer = await service.call("GET", path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_without_definitions_nothing_is_counted(service: Jobs) -> None:
    await service.sql("DELETE FROM policy WHERE kind = 'labour-indicators'")
    await service.people(1)
    assert await recount(service) == 0
    answer = await service.call("GET", "/indicator-board")
    assert (answer.status_code, answer.json()["code"]) == (409, "labour-indicators-missing")


def born(years: int) -> date:
    today = days_ago(0)
    return date(today.year - years, 1, 1)


async def test_priority_lists(service: Jobs) -> None:
    """Three kinds of labour, school leavers, and who came home, each with those who just miss it."""
    await shipped(service)
    lifted = await service.people(1, 2, **LIFTED)
    moved = await service.people(3, 4, relocated=True)
    home, idle_home = uuid5(NAMESPACE_URL, "one works"), uuid5(NAMESPACE_URL, "none works")
    at_work_home = await service.people(5, 6, household_id=home)
    nobody_works = await service.people(7, 8, household_id=idle_home)
    leavers = await service.people(9, birth_on=born(18)) + await service.people(10, birth_on=born(19), education="60")
    others = [
        *await service.people(11, birth_on=born(18), pupil=True),
        *await service.people(12, birth_on=born(17), education="40"),
    ]
    back = await service.people(13, 14, 15)
    await write(service, [lifted[0], moved[0], at_work_home[0]], **OUT)
    await write(service, [lifted[1], moved[1], at_work_home[1], nobody_works[0]], **READY)
    await write(service, [nobody_works[1], *others], **UNABLE)
    for person, days in zip(back, (30, 29, 31), strict=True):
        await write(service, [person], **UNABLE | {"ended_on": days_ago(days)})
    await write(service, back[2:], **OUT | {"ended_on": None})
    await recount(service)

    async def on(code: str) -> list[UUID]:
        return [UUID(one["id"]) for one in (await service.get(f"/priority-lists/{code}"))["items"]]

    assert await on("lifted-out-unemployed") == lifted[1:]
    assert await on("relocated-unemployed") == moved[1:]
    assert await on("two-after-students") == leavers
    assert await on("came-home") == back[:1]
    assert set(nobody_works) <= set(await on("zero-employment-households"))
    assert not set(at_work_home) & set(await on("zero-employment-households"))
    counts = {one["code"]: one for one in (await service.get("/priority-lists"))["lists"]}
    assert counts["zero-employment-households"]["count"] == 3  # the two who are ready live alone
    assert counts["two-after-students"]["count"] == 2
    assert [(one["area"]["code"], one["numerator"]) for one in counts["came-home"]["below"]] == [(STONE, 1)]
    await write(service, lifted[1:], **OUT)  # always live
    assert await on("lifted-out-unemployed") == []


def workbook(content: bytes) -> list[list[Any]]:
    return CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()


async def test_a_priority_list_as_a_workbook(service: Jobs) -> None:
    people = await county(service)
    await recount(service)
    answer = await service.call("GET", "/priority-lists/relocated-unemployed.xlsx", "township", STONE)
    assert answer.status_code == 200
    rows = workbook(answer.content)
    assert len(rows) == 3  # who took it, headings, one person
    assert [row[2] for row in rows[1:]] == ["姓名", "张三"]
    assert rows[2][0].endswith("松林村")
    assert rows[2][10] == "未务工"
    told = await service.sql(
        "SELECT subject, detail ->> 'people' FROM audit_entry WHERE action = 'priority-list:export'"
    )
    assert told == [("relocated-unemployed", "1")]
    masked = await service.call("GET", "/priority-lists/relocated-unemployed.xlsx", "supervisor")
    assert workbook(masked.content)[2][2] == "张*"
    assert len(people["ready"]) == 1


async def test_definitions_are_shown(service: Jobs) -> None:
    await shipped(service)
    found = await service.get("/indicators", headers={"Accept-Language": "en"})
    by_code = {one["code"]: one for one in found["indicators"]}
    assert by_code["employment-rate"]["of"] == "labour"
    assert by_code["came-home"]["is_list"]
    assert by_code["came-home"]["title"] == "came home, without work"
    assert found["parameters"]["age_to"] == 60


@pytest.mark.parametrize("router", [indicators.router, priority_lists.router])
def test_no_route_takes_a_total(router: Any) -> None:
    """What is counted can be asked for, and nothing else."""
    methods = {method for route in router.routes for method in route.methods}
    assert methods == {"GET"}


def test_nothing_that_may_be_sent_is_a_total(service: Jobs) -> None:
    schemas = service.app.openapi()["components"]["schemas"]
    sent = {name: one for name, one in schemas.items() if name.endswith(("Draft", "Entry", "Row", "Correction"))}
    named = {field for one in sent.values() for field in one.get("properties", {})}
    assert len(named) > 10
    assert not named & {"total", "totals", "numerator", "denominator", "headcount"}


ASKED = ("/indicators", "/indicator-board", "/targets", "/indicators/transferred/people", "/priority-lists/came-home")


@pytest.mark.parametrize("path", ASKED)
@pytest.mark.parametrize(("role", "status"), [("supervisor", 200), ("village", 200), ("bureau", 403), ("admin", 403)])
async def test_who_may_ask(service: Jobs, path: str, role: str, status: int) -> None:
    await shipped(service)
    area = PINE if role == "village" else COUNTY
    assert (await service.call("GET", path, role, area)).status_code == status
