"""The three ledgers and the board: built from register, alerts and cases, every child once, every sum from names."""

from datetime import timedelta
from typing import Any

import pytest

from services.households.codes import LISTS as CODES
from services.households.rules.schooling.ages import term_of
from services.households.rules.schooling.states import STATES
from shared.clock import local_date, utc_now
from shared.contracts.policies import FeedCalendar
from tests.households.conftest import (
    BAMBOO,
    BRIDGE,
    COUNTY,
    PINE,
    RIVER,
    STONE,
    Households,
    household,
    person,
)
from tests.households.schooling import SCHOOL, answer, child, confirmed, family, missing
from tests.households.test_grades import publish

OTHER = "大河镇中学"
TERMS: dict[str, Any] = {
    "terms": [
        {"name": "2021-S1", "first": "2021-03-01", "last": "2021-07-09"},
        {"name": "2022-S1", "first": "2022-03-01", "last": "2099-12-31"},
    ]
}


async def ledger(
    service: Households, name: str, query: str = "", role: str = "county", area: str = COUNTY
) -> list[Any]:
    """Names and schools."""
    found = (await service.get(f"/school-children?ledger={name}{query}", role, area))["items"]
    return [(one["pupil"]["name"], one["school"]) for one in found]


async def counts(service: Households, name: str, query: str = "") -> dict[str, Any]:
    """The sums, each of which adds up."""
    found: dict[str, Any] = await service.get(f"/school-children/counts?ledger={name}{query}")
    for part in ("townships", "schools", "terms"):
        assert sum(one["count"] for one in found[part]) == found["total"], part
    return found


async def test_a_child_goes_from_ledger_to_ledger(service: Households) -> None:
    [household_id] = await service.register(family(1))
    await service.register(
        household(2, BAMBOO, [person(20, "张2"), child(21, "李小四"), child(22, "李大", born="19990101")])
    )
    assert await ledger(service, "school_age") == [("张小三", None), ("李小四", None)]
    assert await ledger(service, "suspected") == await ledger(service, "dropped_out") == []

    await service.deliver(missing(service, 1))
    assert await ledger(service, "suspected") == [("张小三", SCHOOL)]
    assert await ledger(service, "school_age") == [("张小三", SCHOOL), ("李小四", None)]
    told = (await service.get("/school-children"))["items"][0]
    assert (told["stage"], told["feed_text"]) == ("junior", CODES["feed"].text(told["feed"], "zh"))
    assert told["stage_text"] == "初中"

    await answer(service, household_id, "risk_confirmed")
    assert await ledger(service, "suspected") == []
    assert await ledger(service, "dropped_out") == [("张小三", SCHOOL)]
    assert await ledger(service, "school_age") == [("张小三", SCHOOL), ("李小四", None)]
    told = (await service.get("/school-children?ledger=dropped_out"))["items"][0]
    assert told["dropout_state_text"] == "已发现"


@pytest.mark.parametrize(
    ("verdict", "suspected"), [("no_risk", 0), ("wrong_person", 0), ("moved_away", 0), ("unreachable", 1)]
)
async def test_a_suspicion_lasts_until_it_is_answered(service: Households, verdict: str, suspected: int) -> None:
    [household_id] = await service.register(family(1))
    await service.deliver(missing(service, 1))
    assert (await answer(service, household_id, verdict)).status_code == 201
    assert len(await ledger(service, "suspected")) == suspected


async def test_no_suspicion_of_those_who_are_back_or_owe_no_school(service: Households) -> None:
    pupil = await confirmed(service)
    await pupil.move("returned")
    [old] = await service.register(family(2, born="19990101"))
    await pupil.let_pass(1)
    await service.deliver(missing(service, 2, born="19990101"), missing(service, 1))
    assert (await service.get(f"/tasks?household={old}"))["items"] != []
    assert await ledger(service, "suspected") == []
    assert len(await ledger(service, "dropped_out")) == 1  # the alert undid the return
    await pupil.move("exempt", "county", exemption="moved_abroad")
    assert await ledger(service, "suspected") == await ledger(service, "dropped_out") == []


async def test_by_school_area_page_and_role(service: Households) -> None:
    await service.register(*(family(number, PINE if number < 4 else BRIDGE) for number in range(1, 6)))
    await service.deliver(*(missing(service, number, school=SCHOOL if number % 2 else OTHER) for number in range(1, 6)))
    assert len(await ledger(service, "suspected", f"&school={SCHOOL}")) == 3
    assert len(await ledger(service, "school_age", f"&school={OTHER}")) == 2
    assert len(await ledger(service, "suspected", f"&area={RIVER}")) == 2
    assert len(await ledger(service, "suspected", "", "township", RIVER)) == 2
    assert await ledger(service, "suspected", "", "village", BAMBOO) == []
    assert await ledger(service, "suspected", f"&area={BAMBOO}") == []
    assert {name for name, _ in await ledger(service, "suspected", "", "supervisor")} == {"张**"}
    seen: list[str] = []
    after = ""
    for _ in range(4):
        page = await service.get(f"/school-children?ledger=suspected&school={SCHOOL}&limit=2{after}")
        seen += [one["pupil"]["member_id"] for one in page["items"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert len(seen) == len(set(seen)) == 3

    found = await counts(service, "suspected")
    assert found["total"] == 5
    assert [(one["area"]["code"], one["count"]) for one in found["townships"]] == [(STONE, 3), (RIVER, 2)]
    assert [(one["name"], one["count"]) for one in found["schools"]] == [(SCHOOL, 3), (OTHER, 2)]
    await service.register(household(9, PINE, [person(90), child(91)]))
    of_age = await counts(service, "school_age")
    assert [(one["name"], one["count"]) for one in of_age["schools"]] == [(SCHOOL, 3), (OTHER, 2), (None, 1)]


async def test_reading_a_ledger_is_on_record(service: Households) -> None:
    await service.register(family(1))
    await ledger(service, "school_age")
    rows = await service.sql("SELECT role, detail FROM audit_entry WHERE action = 'school-child:read'")
    assert rows == [("county", {"ledger": "school_age", "found": 1})]


async def test_by_term(service: Households) -> None:
    await publish(service, TERMS, kind="feed-calendar", version=3)
    await service.register(family(1), family(2))
    await service.deliver(missing(service, 1))
    now = term_of(local_date(utc_now()), FeedCalendar.model_validate(TERMS))
    assert now == "2022-S1"
    assert len(await ledger(service, "suspected", "&term=2022-S1")) == 1
    assert await ledger(service, "suspected", "&term=2021-S1") == []
    assert (await counts(service, "suspected"))["terms"] == [{"name": "2022-S1", "count": 1}]
    born = local_date(utc_now()).year - 13
    too_young = 2021 - born < 7
    assert (len(await ledger(service, "school_age", "&term=2021-S1")) == 0) is too_young
    unknown = await service.call("GET", "/school-children?term=1999-S1")
    assert (unknown.status_code, unknown.json()["code"]) == (422, "term-unknown")
    pupil = await confirmed(service, 3)
    assert (await pupil.view())["term"] == "2022-S1"
    assert (await service.get("/dropout-board?term=2022-S1"))["all"]["total"] == 1
    assert (await service.get("/dropout-board?term=2021-S1"))["all"]["total"] == 0


async def test_without_the_policy_there_is_no_ledger(service: Households) -> None:
    await service.sql("DELETE FROM policy WHERE kind = 'schooling'")
    answered = await service.call("GET", "/school-children")
    assert (answered.status_code, answered.json()["code"]) == (409, "policy-missing")


async def test_the_board_counts_each_case_once(service: Households) -> None:
    """In every state one, in two townships and two schools; every number leads to as many names."""
    pupils = [
        await confirmed(service, number, BRIDGE if number > 4 else PINE, school=SCHOOL if number < 6 else OTHER)
        for number in range(1, 9)
    ]
    _found, persuading, returned, again, home, stable, exempt, relapsed = pupils
    await persuading.persuade()
    await persuading.step("publicity")
    for one in (returned, again, stable, relapsed):
        assert (await one.move("returned")).status_code == 200
    for one in (again, relapsed):
        assert (await one.seen(present=False)).status_code == 201
    await relapsed.persuade()
    await service.sql("UPDATE member SET disability_level = 1, disability_class = 6 WHERE relation = '20'")
    await home.move("home_taught", "county")
    await exempt.move("exempt", "county", exemption="deceased")
    await service.sql("UPDATE dropout_case SET state = 'stable' WHERE id = CAST(:id AS uuid)", id=stable.case_id)
    await service.sql(
        "UPDATE dropout_case SET school = NULL, term = '2026-S1' WHERE id = CAST(:id AS uuid)", id=exempt.case_id
    )

    board = await service.get("/dropout-board")
    whole = board["all"]
    assert {state: whole[state] for state in STATES} == {**dict.fromkeys(STATES, 1), "persuading": 2}
    assert (whole["total"], whole["relapsed"]) == (8, 2)
    assert whole["legal_steps"] == {"publicity": 1, "order": 0, "penalty": 0, "court": 0}
    for part in ("townships", "schools", "terms"):
        for field in ("total", "relapsed", *STATES):
            assert sum(line[field] for line in board[part]) == whole[field], (part, field)
        for line in board[part]:
            assert sum(line[state] for state in STATES) == line["total"]
            names = await service.get(line["drill"].removeprefix("/households/v1"))
            assert len({one["pupil"]["member_id"] for one in names["items"]}) == line["total"]
    assert [line["name"] for line in board["townships"]] == ["青石镇", "大河镇"]
    assert [(line["name"], line["total"]) for line in board["schools"]] == [(SCHOOL, 7), (None, 1)]
    assert [(line["name"], line["total"]) for line in board["terms"]] == [("2026-S1", 1), (None, 7)]
    assert len((await service.get("/dropout-cases?legal_step=1"))["items"]) == 1
    assert len((await service.get("/dropout-cases?state=persuading&state=found"))["items"]) == 3
    below = await service.get(f"/dropout-board?area={RIVER}", "township", RIVER)
    assert below["all"]["total"] == 4
    assert (await service.get("/dropout-board", "village", BAMBOO))["all"]["total"] == 0
    first = await service.get("/dropout-cases?limit=5")
    second = await service.get(f"/dropout-cases?limit=5&after={first['next']}")
    assert len({one["id"] for one in [*first["items"], *second["items"]]}) == 8


async def test_a_late_alert_on_a_settled_child_is_no_suspicion(service: Households) -> None:
    pupil = await confirmed(service)
    await pupil.move("exempt", "county", exemption="deferred")
    await service.deliver(missing(service, 1, at=utc_now() - timedelta(days=2)))
    assert await ledger(service, "suspected") == []
