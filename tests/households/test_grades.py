"""Grades over HTTP and by night: at once when a fact changes, by hand, month by month, and tried before they count."""

import asyncio
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.households.jobs import grade_by_night, grade_waiting
from services.households.queries.grade_nights import only_one
from services.households.rules.grade_movement import next_month, start_of
from services.households.usecases.grading import regrade
from services.households.usecases.grading_nightly import SETTLED, grade_county, grade_township, take_snapshots
from shared.areas import Scope
from shared.clock import local_date, utc_now
from shared.contracts.directory import PolicyPublished
from shared.contracts.households import GradesChanged
from tests.households.conftest import (
    BAMBOO,
    BRIDGE,
    COUNTY,
    LONG_AGO,
    PINE,
    POLICIES,
    RIVER,
    STONE,
    Households,
    household,
    person,
    policy_id,
)

EVERYWHERE = Scope.everywhere()
RED = {"dwelling_level": "D", "only_home": True}


async def set_facts(service: Households, id_: str, **facts: Any) -> None:
    """Facts of the register, written past the service."""
    columns = ", ".join(f"{name} = :{name}" for name in facts)
    await service.sql(f"UPDATE household SET {columns} WHERE id = :id", id=id_, **facts)


async def again(service: Households, *ids: str, now: datetime | None = None, **more: Any) -> int:
    """Grade these, as those do that change a fact."""
    async with service.database.write(EVERYWHERE) as session:
        return await regrade(session, [UUID(one) for one in ids], now or utc_now(), **more)


async def grade(service: Households, id_: str) -> str | None:
    """What counts."""
    return str((await service.get(f"/households/{id_}/grade"))["grade"])


async def kinds(service: Households, id_: str) -> list[str]:
    """The history, oldest first."""
    return [one["kind"] for one in reversed((await service.get(f"/households/{id_}/grade-changes"))["items"])]


async def publish(service: Households, body: Any, *, kind: str = "grade-rules", version: int = 2, **more: Any) -> UUID:
    """Another version, in force everywhere today."""
    id_ = uuid4()
    said = {"area_prefix": "", "valid_from": LONG_AGO, "author": "test", **more}
    await service.deliver(PolicyPublished(policy_id=id_, kind=kind, version=version, body=body, **said))
    return id_


def with_red(when: str) -> dict[str, Any]:
    """Rules with one red condition."""
    condition = {"code": "only", "when": when, "title": {"zh": "仅此", "en": "only"}}
    return {"levels": [{"grade": "red", "conditions": [condition]}]}


async def test_graded_when_registered(service: Households) -> None:
    [id_] = await service.register(household(1))
    shown = await service.get(f"/households/{id_}/grade", "village", PINE)
    assert (shown["grade"], shown["calculated"], shown["by_hand"], shown["reasons"]) == ("green", "green", None, [])
    assert shown["text"] == "绿色：没有一项分级条件成立"
    assert (shown["policy_id"], shown["policy_version"]) == (str(policy_id("grade-rules")), 1)
    assert await kinds(service, id_) == ["registered"]
    assert await service.sql("SELECT grade FROM household") == [("green",)]
    assert await service.told(GradesChanged) == [], "of green nobody needs to hear"


async def test_reasons_in_words(service: Households) -> None:
    [id_] = await service.register(household(1))
    await set_facts(service, id_, **RED)
    await service.sql(
        "INSERT INTO income_summary (household_id, area_code, period_first, period_last, people, wages, business,"
        " property, transfers, business_costs, claims, rigid_medical, rigid_education, rigid_disaster, rigid_accident,"
        " net_income, net_per_head, reference_per_head, line, rules_policy_id, computed_at) VALUES (:id, :area, :day,"
        " :day, 1, 71000, 0, 0, 0, 0, 0, 42300, 0, 0, 0, 71000, 71000, 28700, 8700, :id, now())",
        id=id_,
        area=PINE,
        day=date(2026, 1, 1),
    )
    assert await again(service, id_) == 1
    shown = await service.get(f"/households/{id_}/grade", "village", PINE)
    assert shown["text"] == "红色重点帮扶：房屋鉴定为D级；合规自付支出 42300 元，超过纯收入 71000 元的 50%"
    assert [one["values"] for one in shown["reasons"]] == [
        {"dwelling_level": "D", "only_home": True},
        {"net_income": 71000, "self_paid": 42300},
    ]
    english = await service.get(f"/households/{id_}/grade", headers={"Accept-Language": "en"})
    assert (
        english["text"]
        == "red: help first: house class D: dangerous as a whole; self-paid 42300 > 50 % of income 71000"
    )
    [told] = await service.told(GradesChanged)
    [record] = told.households
    assert (record.before, record.grade, record.kind, record.by_hand) == ("green", "red", "new", False)


async def test_told_by_the_comparisons_that_hold(service: Households) -> None:
    [id_] = await service.register(household(1))
    await service.deliver(service.alert(1))
    [reason] = (await service.get(f"/households/{id_}/grade"))["reasons"]
    assert reason["text"] == "待核查预警最高等级为 中，属于 中 / 高"
    assert await kinds(service, id_) == ["registered", "new"]


async def test_checks_change_the_grade_at_once(service: Households) -> None:
    ids = await service.register(household(1), household(2, BAMBOO))
    await service.deliver(service.alert(1), service.alert(2))
    assert [await grade(service, one) for one in ids] == ["yellow", "yellow"]
    tasks = dict(await service.sql("SELECT household_id::text, id::text FROM task"))
    told = {"reason": "属实", "basis": "phone", "contact": "本人"}
    answer = await service.post(
        f"/tasks/{tasks[ids[0]]}/verdict", {**told, "verdict": "risk_confirmed"}, "village", PINE
    )
    assert answer.status_code == 201
    assert await grade(service, ids[0]) == "red"
    listed = {"verdicts": [{"task_id": tasks[ids[1]], **told, "verdict": "wrong_person"}]}
    assert (await service.post("/verdicts", listed, "village", BAMBOO)).json()["given"] == 1
    assert await grade(service, ids[1]) == "green"
    assert await kinds(service, ids[0]) == ["registered", "new", "reclassified"]
    assert await kinds(service, ids[1]) == ["registered", "new", "correction"], "the alert was none of theirs"


async def test_the_register_changes_the_grade_at_once(service: Households) -> None:
    [id_] = await service.register(household(1, members=[person(1), person(2, relation="10")]))
    await publish(service, with_red("people > 1"))
    members = (await service.get(f"/households/{id_}"))["members"]
    change = await service.call(
        "PATCH", f"/members/{members[1]['id']}", json={"labour_skill": "weak"}, headers={"If-Match": '"1"'}
    )
    assert change.status_code == 200
    assert await grade(service, id_) == "red"
    gone = await service.post(f"/members/{members[1]['id']}/removal", {"reason": "mistake", "on": "2026-01-01"})
    assert gone.status_code in (200, 204), gone.text
    assert await grade(service, id_) == "green"
    assert await kinds(service, id_) == ["registered", "rule", "correction"]


async def test_another_village(service: Households) -> None:
    [id_] = await service.register(household(1))
    await set_facts(service, id_, **RED)
    await again(service, id_)
    answer = await service.call("PATCH", f"/households/{id_}", json={"area_code": BRIDGE}, headers={"If-Match": '"1"'})
    assert answer.status_code == 200
    assert await kinds(service, id_) == ["registered", "new", "moved"]
    assert (await service.call("GET", f"/households/{id_}/grade", "village", PINE)).status_code == 404
    assert (await service.get(f"/households/{id_}/grade-changes", "village", BRIDGE))["items"][0]["from_area"] == PINE
    left = await movement(service, "village", PINE)
    assert left["red"]["ins"] == {"new": 1}
    assert left["red"]["outs"] == {"moved": 1}
    came = await movement(service, "village", BRIDGE)
    assert (came["red"]["ins"], came["red"]["closing"]) == ({"moved": 1}, 1)
    whole = await movement(service)
    assert (whole["red"]["ins"], whole["red"]["outs"]) == ({"new": 1}, {})
    listed = await service.get(f"/grade-movements/households?month={this_month()}&kind=moved", "village", PINE)
    assert [(one["household_id"], one["head_name"]) for one in listed["items"]] == [(id_, None)]


async def test_dissolved(service: Households) -> None:
    [id_] = await service.register(household(1))
    await set_facts(service, id_, **RED)
    await again(service, id_)
    await set_facts(service, id_, dissolved_on=local_date(utc_now()))
    await again(service, id_)
    assert await service.sql("SELECT grade FROM household") == [(None,)]
    found = await movement(service)
    assert (found["red"]["outs"], found["red"]["closing"]) == ({"dissolved": 1}, 0)
    assert await again(service, id_) == 0


async def test_an_import_is_graded_soon(service: Households) -> None:
    [id_] = await service.register(household(1))
    await set_facts(service, id_, **RED)
    async with service.database.write(EVERYWHERE) as session:
        from services.households.usecases.grading import regrade_later

        await regrade_later(session, [UUID(id_), uuid4()], utc_now())
    assert await grade(service, id_) == "green"
    await grade_waiting(service.database, utc_now())
    assert await grade(service, id_) == "red"
    assert await service.sql("SELECT count(*) FROM grade_due") == [(0,)]


async def test_nobody_waits_for_a_household_that_others_hold(service: Households) -> None:
    [id_] = await service.register(household(1))
    await set_facts(service, id_, **RED)
    async with service.database.write(EVERYWHERE) as session:
        from sqlalchemy import text

        await session.execute(text("SELECT 1 FROM household FOR UPDATE"))
        async with asyncio.timeout(5):
            assert await again(service, id_) == 0
        await grade_waiting(service.database, utc_now())
        assert await service.sql("SELECT count(*) FROM grade_due") == [(1,)], "it goes on waiting"
    await grade_waiting(service.database, utc_now())
    assert await grade(service, id_) == "red"


def draft(**more: Any) -> dict[str, Any]:
    """A grade by hand."""
    return {"grade": "red", "reason": "户主突发重病", "until": str(local_date(utc_now()) + timedelta(days=9)), **more}


async def test_by_hand(service: Households) -> None:
    [id_] = await service.register(household(1))
    url = f"/households/{id_}/grade-override"
    answer = await service.post(url, draft(), "township", STONE)
    assert answer.status_code == 201, answer.text
    shown = answer.json()
    assert (shown["grade"], shown["calculated"], shown["by_hand"]["reason"]) == ("red", "green", "户主突发重病")
    assert (await service.get(f"/households/{id_}/grade", "supervisor"))["by_hand"]["reason"] is None
    board = await service.get("/grades")
    assert board["total"] == {"red": 1, "yellow": 0, "green": 0, "by_hand": 1}
    [audited] = await service.sql("SELECT detail FROM audit_entry WHERE action = 'grade:override'")
    assert "户主" not in str(audited)
    [sealed] = await service.sql("SELECT reason_sealed FROM grade_override")
    assert "户主突发重病".encode() not in sealed[0]

    second = await service.post(url, draft(grade="yellow"))
    assert second.json()["grade"] == "yellow"
    await set_facts(service, id_, **RED)
    await again(service, id_)
    shown = await service.get(f"/households/{id_}/grade")
    assert (shown["grade"], shown["calculated"], shown["calculated_text"]) == ("yellow", "red", "红色重点帮扶")
    assert (await service.call("DELETE", url, "village", PINE)).status_code == 403
    ended = await service.call("DELETE", url)
    assert (ended.json()["grade"], ended.json()["by_hand"]) == ("red", None)
    assert (await service.call("DELETE", url)).status_code == 404
    assert await kinds(service, id_) == ["registered", "override", "override", "override"]
    [first_line] = (await service.get(f"/households/{id_}/grade-changes?limit=1"))["items"]
    assert first_line["text"] == "黄色重点监测 → 红色重点帮扶（人工调整）"


async def test_who_may_not_set_it(service: Households) -> None:
    [id_] = await service.register(household(1))
    url = f"/households/{id_}/grade-override"
    assert (await service.post(url, draft(), "village", PINE)).status_code == 403
    assert (await service.post(url, draft(), "township", RIVER)).status_code == 404
    for until in (local_date(utc_now()) - timedelta(days=1), local_date(utc_now()) + timedelta(days=92)):
        answer = await service.post(url, draft(until=str(until)))
        assert (answer.status_code, answer.json()["code"]) == (422, "grade-override-days")
    await publish(service, {**POLICIES["grade-rules"], "override": {"roles": ["county"], "max_days": 3}})
    answer = await service.post(url, draft(), "township", STONE)
    assert (answer.status_code, answer.json()["code"]) == (403, "grade-override-role")
    await set_facts(service, id_, dissolved_on=date(2026, 1, 1))
    assert (await service.post(url, draft())).json()["code"] == "grade-household-gone"


async def test_it_expires_by_itself(service: Households) -> None:
    [id_] = await service.register(household(1))
    await service.post(f"/households/{id_}/grade-override", draft())
    await grade_waiting(service.database, utc_now() + timedelta(days=9))
    assert await grade(service, id_) == "red", "its last day counts"
    await grade_waiting(service.database, utc_now() + timedelta(days=10))
    shown = await service.get(f"/households/{id_}/grade")
    assert (shown["grade"], shown["by_hand"]) == ("green", None)
    assert await service.sql("SELECT count(*) FROM grade_override WHERE ended_at IS NULL") == [(0,)]


async def test_the_night_finds_what_nobody_told(service: Households) -> None:
    ids = await service.register(household(1), household(2, BAMBOO), household(3, BRIDGE))
    await set_facts(service, ids[0], **RED)
    await set_facts(service, ids[2], safe_water=False)
    now = utc_now()
    assert await grade_county(service.database, lambda: now) == 2, "two townships"
    assert [await grade(service, one) for one in ids] == ["red", "green", "yellow"]
    assert await service.sql("SELECT township, households, changed FROM grading_progress ORDER BY 1") == [
        (STONE[:9], 2, 1),
        (RIVER[:9], 1, 1),
    ]
    assert await grade_county(service.database, lambda: now) == 0, "once a day"
    assert await grade_county(service.database, lambda: now + timedelta(days=1)) == 2
    assert await service.sql("SELECT sum(changed)::int FROM grading_progress") == [(0,)], "nothing is written twice"


async def test_the_night_goes_on_where_it_was_broken_off(service: Households) -> None:
    ids = await service.register(household(1), household(3, BRIDGE))
    for id_ in ids:
        await set_facts(service, id_, **RED)
    now = utc_now()
    assert await grade_township(service.database, STONE[:9], now) == 1
    async with only_one(service.database) as alone:
        assert alone
        assert await grade_county(service.database, lambda: now) == 0, "one process at a time"
    assert await grade_county(service.database, lambda: now) == 1, "the township that is left"
    assert [await grade(service, one) for one in ids] == ["red", "red"]


async def test_the_night_is_after_half_past_one(service: Households) -> None:
    await service.register(household(1))
    midnight = start_of(local_date(utc_now()).replace(day=1))
    await grade_by_night(service.database, lambda: midnight + timedelta(hours=1))
    assert await service.sql("SELECT count(*) FROM grading_progress") == [(0,)]
    await grade_by_night(service.database, lambda: midnight + timedelta(hours=2))
    assert await service.sql("SELECT count(*) FROM grading_progress") == [(1,)]


async def test_other_rules(service: Households) -> None:
    ids = await service.register(household(1), household(2), household(3))
    await set_facts(service, ids[0], **RED)
    await set_facts(service, ids[1], safe_water=False)
    now = utc_now()
    await grade_county(service.database, lambda: now)
    await set_facts(service, ids[2], dwelling_level="D", only_home=False)
    newer = await publish(service, with_red("dwelling_level = 'D'"))
    await grade_county(service.database, lambda: now + timedelta(days=1))
    assert [await grade(service, one) for one in ids] == ["red", "green", "red"]
    assert await kinds(service, ids[0]) == ["registered", "new"]
    assert await kinds(service, ids[1]) == ["registered", "new", "rule"]
    assert await kinds(service, ids[2]) == ["registered", "rule"], "by the rules before it would still be green"
    shown = await service.get(f"/households/{ids[0]}/grade")
    assert (shown["policy_id"], shown["policy_version"]) == (str(newer), 2)
    assert shown["text"] == "红色重点帮扶：房屋鉴定等级为 D级，等于 D级"


async def test_the_version_behind_a_green_household_advances(service: Households) -> None:
    [id_] = await service.register(household(1))
    newer = await publish(service, with_red("dwelling_level = 'D'"))
    await grade_county(service.database, utc_now)
    assert await service.sql("SELECT policy_id FROM household_grade") == [(newer,)]
    await set_facts(service, id_, **RED)
    await again(service, id_)
    assert await kinds(service, id_) == ["registered", "new"], "the rules were there before"


async def test_rules_of_an_area_and_none_at_all(service: Households) -> None:
    await service.sql("DELETE FROM policy WHERE kind = 'grade-rules'")
    ids = await service.register(household(1), household(2, BAMBOO))
    for id_ in ids:
        await set_facts(service, id_, **RED)
    shown = await service.get(f"/households/{ids[0]}/grade")
    assert (shown["grade"], shown["text"], shown["reasons"]) == (None, None, [])
    await publish(service, with_red("dwelling_level = 'D'"), area_prefix=BAMBOO)
    await grade_county(service.database, utc_now)
    assert (await service.get(f"/households/{ids[0]}/grade"))["grade"] is None
    assert await grade(service, ids[1]) == "red"
    answer = await service.post(f"/households/{ids[0]}/grade-override", draft())
    assert (answer.status_code, answer.json()["code"]) == (409, "grade-rules-missing")


async def test_rules_that_this_service_cannot_read(service: Households) -> None:
    """The directory may be newer, and know a fact that is not gathered here yet."""
    [id_] = await service.register(household(1))
    await publish(service, with_red("number_of_cows > 1"))
    await publish(service, {"what": "ever"}, version=3)
    await set_facts(service, id_, **RED)
    await again(service, id_)
    assert await grade(service, id_) == "red", "the version before goes on counting"


def this_month() -> str:
    """As the routes take it."""
    return f"{local_date(utc_now()):%Y-%m}"


async def movement(service: Households, role: str = "county", area: str = COUNTY, **params: str) -> dict[str, Any]:
    """Of this month, by grade."""
    asked = {"from": this_month(), "to": this_month(), **params}
    found = await service.get("/grade-movements", role, area, params=asked)
    assert all(one["balanced"] for one in found["months"])
    assert all(
        one["closing"] == one["opening"] + sum(one["ins"].values()) - sum(one["outs"].values())
        for one in found["total"]
    )
    return {one["grade"]: one for one in found["total"]}


async def test_half_a_year_of_movement(service: Households) -> None:
    """Each month is kept when the next begins, whoever looks later sees the same, and every sum balances."""
    today = local_date(utc_now())
    months = [today.replace(day=1)]
    while len(months) < 4:
        months.insert(0, (months[0] - timedelta(days=1)).replace(day=1))
    ids = await service.register(household(1), household(2, BAMBOO), household(3, BRIDGE))
    # As if they had been entered in the first month.
    await service.sql("UPDATE grade_change SET at = :at", at=start_of(months[0]) + timedelta(days=1))

    def moment(month: int, day: int) -> datetime:
        return start_of(months[month]) + timedelta(days=day, hours=12)

    await set_facts(service, ids[0], **RED)
    await set_facts(service, ids[1], safe_water=False)
    await again(service, *ids, now=moment(0, 3))
    await snapshot(service, months[1])
    await set_facts(service, ids[0], dwelling_level="A")
    await set_facts(service, ids[1], dwelling_level="D")
    await again(service, *ids, now=moment(1, 3))
    await snapshot(service, months[2])
    await set_facts(service, ids[0], dwelling_level="D")
    await set_facts(service, ids[2], safe_water=False)
    await again(service, *ids[:2], now=moment(2, 3))
    await again(service, ids[2], now=moment(2, 4), cause="correction")
    await snapshot(service, months[3])
    await snapshot(service, months[3])
    asked = {"from": f"{months[0]:%Y-%m}", "to": f"{months[3]:%Y-%m}"}
    found = await service.get("/grade-movements", params=asked)
    shown = {(one["month"], line["grade"]): line for one in found["months"] for line in one["grades"]}
    assert all(one["balanced"] for one in found["months"])

    def of(month: int, grade: str) -> tuple[int, dict[str, int], dict[str, int], int]:
        line = shown[f"{months[month]:%Y-%m}", grade]
        return line["opening"], line["ins"], line["outs"], line["closing"]

    assert of(0, "green") == (0, {"registered": 3}, {"new": 2}, 1)
    assert of(0, "red") == (0, {"new": 1}, {}, 1)
    assert of(1, "red") == (1, {"reclassified": 1}, {"cleared": 1}, 1)
    assert of(1, "yellow") == (1, {}, {"reclassified": 1}, 0)
    assert of(2, "red") == (1, {"re_entered": 1}, {}, 2)
    assert of(2, "yellow") == (0, {"correction": 1}, {}, 1)
    assert of(3, "red") == (2, {}, {}, 2)
    assert found["kinds"]["re_entered"] == "再次进入"
    [red] = [one for one in found["total"] if one["grade"] == "red"]
    assert (red["opening"], red["closing"]) == (0, 2)
    listed = await service.get(f"/grade-movements/households?month={months[2]:%Y-%m}&to=red")
    assert [one["household_id"] for one in listed["items"]] == ids[:1]
    assert listed["items"][0]["head_name"] == "张三"
    township = await service.get("/grade-movements", "township", RIVER, params=asked)
    assert {one["grade"]: one["closing"] for one in township["total"]} == {"red": 0, "yellow": 1, "green": 0}
    assert await service.sql("SELECT count(*) FROM grade_snapshot") == [(3 + 3 + 3,)]


async def snapshot(service: Households, month: date) -> None:
    """What the night of the first does."""
    async with service.database.write(EVERYWHERE) as session:
        await take_snapshots(session, start_of(month) + SETTLED)


async def test_a_snapshot_is_of_the_moment_the_month_began(service: Households) -> None:
    [id_] = await service.register(household(1))
    month = next_month(local_date(utc_now()).replace(day=1))
    await set_facts(service, id_, **RED)
    await again(service, id_, now=start_of(month) + timedelta(minutes=1))
    async with service.database.write(EVERYWHERE) as session:
        await take_snapshots(session, start_of(month) + timedelta(minutes=9))
    assert await service.sql("SELECT month, grade, households FROM grade_snapshot") != [(month, "green", 1)]
    await snapshot(service, month)
    kept = await service.sql(
        "SELECT area_code, grade, households FROM grade_snapshot WHERE month = :month", month=month
    )
    assert kept == [(PINE, "green", 1)]


async def test_months_that_were_missed_are_made_up_for(service: Households) -> None:
    await service.register(household(1))
    first = next_month(local_date(utc_now()).replace(day=1))
    await snapshot(service, first)
    third = next_month(next_month(first))
    await snapshot(service, third)
    assert await service.sql("SELECT month FROM grade_snapshot ORDER BY 1") == [
        (first,),
        (next_month(first),),
        (third,),
    ]


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"from": "2026-03", "to": "2026-02"}, "months-reversed"),
        ({"from": "2026-03", "to": "2999-01"}, "months-reversed"),
        ({"from": "2020-01", "to": "2026-01"}, "months-too-many"),
        ({"from": "2026-13", "to": "2026-02"}, "invalid-input"),
    ],
)
async def test_months_that_cannot_be(service: Households, params: dict[str, str], code: str) -> None:
    answer = await service.call("GET", "/grade-movements", params=params)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_the_board_by_village_and_scope(service: Households) -> None:
    ids = await service.register(household(1), household(2, BAMBOO), household(3, BRIDGE), household(4, BRIDGE))
    await set_facts(service, ids[2], **RED)
    await again(service, ids[2])
    board = await service.get("/grades", "supervisor")
    assert board["total"] == {"red": 1, "yellow": 0, "green": 3, "by_hand": 0}
    assert {one["area"]["code"]: (one["red"], one["green"]) for one in board["villages"]} == {
        PINE: (0, 1),
        BAMBOO: (0, 1),
        BRIDGE: (1, 1),
    }
    assert board["villages"][0]["area"]["names"][-1] == "松林村"
    assert (await service.get("/grades", "township", STONE))["total"]["red"] == 0
    assert (await service.get("/grades", area=COUNTY, params={"area": RIVER}))["total"]["red"] == 1
    for role, status in (("bureau", 403), ("admin", 403)):
        assert (await service.call("GET", "/grades", role)).status_code == status


async def test_a_trial(service: Households) -> None:
    ids = await service.register(household(1), household(2, BAMBOO), household(3, BRIDGE), household(4, BRIDGE))
    await set_facts(service, ids[0], **RED)
    for id_ in ids[1:3]:
        await set_facts(service, id_, dwelling_level="C", only_home=False)
    await again(service, *ids)
    body = {"rules": with_red("dwelling_level = 'C'"), "area": COUNTY}
    before = await service.sql("SELECT * FROM household_grade ORDER BY household_id")
    answer = await service.post("/grade-trials", body)
    assert answer.status_code == 200, answer.text
    tried = answer.json()
    assert (tried["households"], tried["moved"]) == (4, 3)
    assert tried["moves"] == [
        {"before": "green", "after": "red", "households": 2},
        {"before": "red", "after": "green", "households": 1},
    ]
    assert [(one["area"]["code"], len(one["moves"])) for one in tried["areas"]] == [(STONE, 2), (RIVER, 1)]
    villages = (await service.post("/grade-trials", {**body, "by": "village"})).json()["areas"]
    assert [one["area"]["code"] for one in villages] == [PINE, BAMBOO, BRIDGE]
    first = (await service.post("/grade-trials/households?limit=2", body)).json()
    rest = (await service.post(f"/grade-trials/households?limit=2&after={first['next']}", body)).json()
    listed = first["items"] + rest["items"]
    assert [one["household_id"] for one in listed] == ids[:3]
    assert [(one["before"], one["after"]) for one in listed] == [("red", "green"), ("green", "red"), ("green", "red")]
    assert listed[1]["text"] == "红色重点帮扶：房屋鉴定等级为 C级，等于 C级"
    assert (listed[1]["head_name"], rest["next"]) == ("张三", None)
    assert await service.sql("SELECT * FROM household_grade ORDER BY household_id") == before


async def test_a_trial_of_a_part(service: Households) -> None:
    ids = await service.register(household(1), household(2, BAMBOO), household(3, BRIDGE))
    await publish(service, with_red("people > 100"), area_prefix=BAMBOO)
    body = {"rules": with_red("people > 0"), "area": STONE}
    tried = (await service.post("/grade-trials", body)).json()
    assert (tried["households"], tried["moved"]) == (2, 1), "Bamboo has rules of its own, Bridge lies elsewhere"
    masked = (await service.call("POST", "/grade-trials/households", "admin", json=body)).json()
    assert [(one["household_id"], one["head_name"]) for one in masked["items"]] == [(ids[0], "张*")]
    village = (await service.post("/grade-trials", {**body, "area": PINE})).json()
    assert (village["households"], village["moved"]) == (1, 1)
    assert (await service.post("/grade-trials", body, "township", STONE)).status_code == 403


async def test_a_trial_tells_the_place_of_a_mistake(service: Households) -> None:
    answer = await service.post("/grade-trials", {"rules": with_red("peple > 0"), "area": COUNTY})
    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert error["field"] == "rules.levels.0.conditions.0.when"
    assert error["code"] == "expression-field-unknown"
    assert "第 1 行第 1 列" in error["message"]
