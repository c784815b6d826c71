"""Grades over HTTP: at once when a fact changes, told with their reasons, set by hand, counted by village."""

import asyncio
from datetime import date, timedelta
from uuid import UUID, uuid4

from sqlalchemy import text

from services.households.background import grade_waiting
from services.households.usecases.grading import regrade_later
from shared.clock import local_date, utc_now
from shared.contracts.grades import GradesChanged
from tests.households.conftest import (
    BAMBOO,
    BRIDGE,
    COUNTY,
    PINE,
    POLICIES,
    RIVER,
    STONE,
    Households,
    household,
    person,
    policy_id,
)
from tests.households.graded import (
    EVERYWHERE,
    RED,
    again,
    draft,
    grade,
    kinds,
    movement,
    publish,
    set_facts,
    this_month,
    with_red,
)
from tests.households.road import ANY


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
    masked = await service.get(f"/households/{id_}/grade", "supervisor")
    assert masked["text"] == "红色重点帮扶：唯一住房为危房；自付支出过重", "no sums, no illness"
    assert [one["values"] for one in masked["reasons"]] == [{}, {}]
    [told] = await service.told(GradesChanged)
    [record] = told.households
    assert (record.before, record.grade, record.kind, record.by_hand) == ("green", "red", "new", False)


async def test_told_by_the_comparisons_that_hold(service: Households) -> None:
    [id_] = await service.register(household(1))
    await service.deliver(service.alert(1))
    [reason] = (await service.get(f"/households/{id_}/grade"))["reasons"]
    assert reason["text"] == "待核查预警最高等级为中，属于中、高"
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
        await regrade_later(session, [UUID(id_), uuid4()], utc_now())
    assert await grade(service, id_) == "green"
    await grade_waiting(service.database, utc_now())
    assert await grade(service, id_) == "red"
    assert await service.sql("SELECT count(*) FROM grade_due") == [(0,)]


async def test_nobody_waits_for_a_household_that_others_hold(service: Households) -> None:
    [id_] = await service.register(household(1))
    await set_facts(service, id_, **RED)
    async with service.database.write(EVERYWHERE) as session:
        await session.execute(text("SELECT 1 FROM household FOR UPDATE"))
        async with asyncio.timeout(5):
            assert await again(service, id_) == 0
        await grade_waiting(service.database, utc_now())
        assert await service.sql("SELECT count(*) FROM grade_due") == [(1,)], "it goes on waiting"
    await grade_waiting(service.database, utc_now())
    assert await grade(service, id_) == "red"


async def test_by_hand(service: Households) -> None:
    [id_] = await service.register(household(1))
    url = f"/households/{id_}/grade-override"
    answer = await service.post(url, draft(), "township", STONE, headers=ANY)
    assert answer.status_code == 201, answer.text
    shown = answer.json()
    assert (shown["grade"], shown["calculated"], shown["by_hand"]["reason"]) == ("red", "green", "户主突发重病")
    assert (await service.get(f"/households/{id_}/grade", "supervisor"))["by_hand"]["reason"] is None
    board = await service.get("/grades")
    assert board["total"] == {"red": 1, "yellow": 0, "green": 0, "by_hand": 1}
    page = await service.get(f"/households/{id_}")
    [listed] = (await service.get("/households"))["items"]
    assert page["grade_by_hand_until"] == listed["grade_by_hand_until"] == draft()["until"], "shown as such"
    [audited] = await service.sql("SELECT detail FROM audit_entry WHERE action = 'grade:override'")
    assert "户主" not in str(audited)
    [sealed] = await service.sql("SELECT reason_sealed FROM grade_override")
    assert "户主突发重病".encode() not in sealed[0]

    second = await service.post(url, draft(grade="yellow"), headers=ANY)
    assert second.json()["grade"] == "yellow"
    await set_facts(service, id_, **RED)
    await again(service, id_)
    shown = await service.get(f"/households/{id_}/grade")
    assert (shown["grade"], shown["calculated"], shown["calculated_text"]) == ("yellow", "red", "红色重点帮扶")
    assert shown["text"] == f"人工调整为黄色重点监测至 {draft()['until']}，按规则为红色重点帮扶：房屋鉴定为D级"
    assert (await service.call("DELETE", url, "village", PINE)).status_code == 403
    ended = await service.call("DELETE", url, headers=ANY)
    assert (ended.json()["grade"], ended.json()["by_hand"]) == ("red", None)
    assert (await service.get(f"/households/{id_}"))["grade_by_hand_until"] is None
    assert (await service.call("DELETE", url, headers=ANY)).status_code == 404
    assert await kinds(service, id_) == ["registered", "override", "override", "override"]
    [first_line] = (await service.get(f"/households/{id_}/grade-changes?limit=1"))["items"]
    assert first_line["text"] == "黄色重点监测 → 红色重点帮扶（人工调整）"


async def test_who_may_not_set_it(service: Households) -> None:
    [id_] = await service.register(household(1))
    url = f"/households/{id_}/grade-override"
    assert (await service.post(url, draft(), "village", PINE, headers=ANY)).status_code == 403
    assert (await service.post(url, draft(), "township", RIVER, headers=ANY)).status_code == 404
    for until in (local_date(utc_now()) - timedelta(days=1), local_date(utc_now()) + timedelta(days=92)):
        answer = await service.post(url, draft(until=str(until)), headers=ANY)
        assert (answer.status_code, answer.json()["code"]) == (422, "grade-override-days")
    await publish(service, {**POLICIES["grade-rules"], "override": {"roles": ["county"], "max_days": 3}})
    answer = await service.post(url, draft(), "township", STONE, headers=ANY)
    assert (answer.status_code, answer.json()["code"]) == (403, "grade-override-role")
    await set_facts(service, id_, dissolved_on=date(2026, 1, 1))
    assert (await service.post(url, draft(), headers=ANY)).json()["code"] == "grade-household-gone"


async def test_of_several_at_once_one_wins_and_the_others_hear_of_it(service: Households) -> None:
    [id_] = await service.register(household(1))
    url, seen = f"/households/{id_}/grade-override", await service.call("GET", f"/households/{id_}/grade")
    assert (seen.headers["etag"], seen.json()["version"]) == ('"0"', 0)
    unread = await service.post(url, draft())
    assert (unread.status_code, unread.json()["code"]) == (428, "if-match-required")
    headers = {"If-Match": seen.headers["etag"]}
    answers = await asyncio.gather(*(service.post(url, draft(), headers=headers) for _ in range(5)))
    assert sorted(one.status_code for one in answers) == [201, 412, 412, 412, 412]
    assert await service.sql("SELECT count(*) FROM grade_override") == [(1,)]
    [won] = [one for one in answers if one.status_code == 201]
    assert (await service.call("DELETE", url, headers=headers)).status_code == 412
    ended = await service.call("DELETE", url, headers={"If-Match": won.headers["etag"]})
    assert (ended.status_code, ended.headers["etag"]) == (200, '"2"')
    assert (await service.post(url, draft(), headers=headers)).status_code == 412, "what was read is long gone"


async def test_it_expires_by_itself(service: Households) -> None:
    [id_] = await service.register(household(1))
    await service.post(f"/households/{id_}/grade-override", draft(), headers=ANY)
    await grade_waiting(service.database, utc_now() + timedelta(days=9))
    assert await grade(service, id_) == "red", "its last day counts"
    await grade_waiting(service.database, utc_now() + timedelta(days=10))
    shown = await service.get(f"/households/{id_}/grade")
    assert (shown["grade"], shown["by_hand"]) == ("green", None)
    assert await service.sql("SELECT count(*) FROM grade_override WHERE ended_at IS NULL") == [(0,)]


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
