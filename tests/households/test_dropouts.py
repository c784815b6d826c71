"""Dropout cases: a scripted year, who may do what, what nobody may, and what follows for household, tasks and others."""

from datetime import timedelta
from typing import Any

import pytest

from services.households.background import sweep_deadlines
from services.households.queries.household_facts import find_facts
from shared.areas import Scope
from shared.clock import local_date, utc_now
from shared.contracts.households import TaskClosed, TaskEscalated, TaskOpened, TaskOverdue, VerdictGiven
from shared.contracts.schooling import DropoutClosed
from tests.households.conftest import (
    BAMBOO,
    BRIDGE,
    COUNTY,
    PINE,
    RIVER,
    STONE,
    Households,
    household,
    id_number,
    person,
)
from tests.households.schooling import (
    BORN,
    CASES,
    SCHOOL,
    Pupil,
    ago,
    answer,
    child,
    confirmed,
    family,
    missing,
    today,
)


async def grade_of(service: Households, household_id: str) -> Any:
    [row] = await service.sql(
        "SELECT schooling_met, grade FROM household WHERE id = CAST(:id AS uuid)", id=household_id
    )
    return row


async def test_a_year_of_one_pupil(service: Households) -> None:
    pupil = await confirmed(service)
    found = await pupil.view()
    assert (found["state"], found["school"], found["grade"], found["source"]) == ("found", SCHOOL, "七年级", "check")
    assert (await grade_of(service, pupil.household_id))[0] is False

    for _ in range(2):
        assert (await pupil.persuade()).status_code == 201
    assert await pupil.state() == "persuading"
    assert (await pupil.step("publicity", "township")).status_code == 201
    early = await pupil.step("order", "township")
    assert (early.status_code, early.json()["code"]) == (409, "legal-step-too-early")
    await pupil.let_pass(7)
    assert (await pupil.step("order", "township")).json()["legal_step"] == 2

    assert (await pupil.move("returned")).status_code == 200
    back = await pupil.view()
    assert (back["state"], back["returns"], back["legal_step"]) == ("returned", 1, 0)
    assert [one["withdrawn_on"] for one in back["legal_steps"]] == [today(), today()]
    assert (await grade_of(service, pupil.household_id))[0] is False  # not stable yet

    await pupil.until_planned()
    assert (await pupil.seen()).json()["state"] == "returned"
    await pupil.until_planned()
    assert (await pupil.waiting())["days"] == 30
    again = await pupil.seen(present=False, reason="working", note="在县城打工")
    assert again.json()["state"] == "again_absent"
    assert (await pupil.persuade(result="agreed")).json()["state"] == "persuading"

    assert (await pupil.move("returned")).json()["returns"] == 2
    for days in (7, 30, 60, 90):
        assert await service.told(DropoutClosed) == []
        await pupil.until_planned()
        assert (await pupil.waiting())["days"] == days
        assert (await pupil.seen()).status_code == 201
    ended = await pupil.view()
    assert ended["state"] == "stable"
    assert [(one["round"], one["days"], one["state"]) for one in ended["stay_checks"]] == [
        (1, 7, "present"),
        (1, 30, "absent"),
        *[(2, days, "present") for days in (7, 30, 60, 90)],
    ]
    assert [one["to_state"] for one in ended["moves"]] == [
        *("found", "persuading", "returned", "again_absent", "persuading", "returned", "stable")
    ]
    assert (await grade_of(service, pupil.household_id))[0] is True
    [closed] = await service.told(DropoutClosed)
    assert (str(closed.case_id), closed.outcome) == (pupil.case_id, "stable")
    assert closed.person_key == service.vault.person_key(id_number(3, BORN))
    states = await service.sql("SELECT DISTINCT state FROM task")
    assert states == [("done",)]


async def test_one_child_has_one_case(service: Households) -> None:
    pupil = await confirmed(service)
    await service.deliver(missing(service, 1))
    assert (await answer(service, pupil.household_id, "risk_confirmed")).status_code == 201
    member = (await pupil.view())["pupil"]["member_id"]
    body = {"member_id": member, "found_on": today(), "note": "村里发现"}
    refused = await service.post(CASES, body, "village", PINE)
    assert (refused.status_code, refused.json()["code"]) == (409, "dropout-active")
    assert await service.sql("SELECT count(*) FROM dropout_case") == [(1,)]


@pytest.mark.parametrize("verdict", ["no_risk", "already_helped", "wrong_person"])
async def test_an_alert_that_was_none_opens_nothing(service: Households, verdict: str) -> None:
    [household_id] = await service.register(family(1))
    await service.deliver(missing(service, 1))
    assert (await answer(service, household_id, verdict)).status_code == 201
    assert await service.sql("SELECT count(*) FROM dropout_case") == [(0,)]


async def test_other_alerts_and_older_people_open_nothing(service: Households) -> None:
    first, second = await service.register(family(1), family(2, born="20001001"))
    await service.deliver(missing(service, 1, feed="education.cost"), missing(service, 2, born="20001001"))
    for one in (first, second):
        assert (await answer(service, one, "risk_confirmed")).status_code == 201
    assert await service.sql("SELECT count(*) FROM dropout_case") == [(0,)]


async def test_without_the_policy_a_verdict_is_given_all_the_same(service: Households) -> None:
    await service.sql("DELETE FROM policy WHERE kind = 'schooling'")
    [household_id] = await service.register(family(1))
    await service.deliver(missing(service, 1))
    assert (await answer(service, household_id, "risk_confirmed")).status_code == 201
    assert await service.sql("SELECT count(*) FROM dropout_case") == [(0,)]


async def test_by_hand_and_once_by_its_key(service: Households) -> None:
    [household_id] = await service.register(family(1))
    [(member,)] = await service.sql("SELECT id FROM member WHERE relation = '20'")
    [(head,)] = await service.sql("SELECT id FROM member WHERE relation = '02'")
    body = {"member_id": str(member), "found_on": ago(3), "school": SCHOOL, "note": "村里发现"}
    first, second = [
        await service.post(CASES, body, "village", PINE, headers={"Idempotency-Key": "one"}) for _ in range(2)
    ]
    assert first.status_code == second.status_code == 201
    assert first.json() == second.json()
    refused = await service.post(CASES, {**body, "member_id": str(head)}, "village", PINE)
    assert (refused.status_code, refused.json()["code"]) == (409, "owes-no-school")
    elsewhere = await service.post(CASES, body, "village", BAMBOO)
    assert elsewhere.status_code == 404
    assert (await grade_of(service, household_id))[0] is False


async def test_an_alert_undoes_a_return_and_only_a_later_one(service: Households) -> None:
    pupil = await confirmed(service)
    await pupil.move("returned")
    await service.deliver(missing(service, 1, at=utc_now() - timedelta(days=2)))
    assert await pupil.state() == "returned"
    await pupil.let_pass(3)
    alert = missing(service, 1, feed="education.cost")
    await service.deliver(alert)
    assert await pupil.state() == "returned"
    alert = missing(service, 1)
    await service.deliver(alert)
    found = await pupil.view()
    assert (found["state"], found["moves"][-1]["cause"]) == ("again_absent", "alert")
    assert found["moves"][-1]["ref"] == str(alert.alert_id)
    assert [one["state"] for one in found["stay_checks"]] == ["dropped"]
    tasks = await service.sql("SELECT state FROM task WHERE dropout_case_id IS NOT NULL")
    assert tasks == [("cancelled",)]


async def test_a_check_is_a_task_of_the_village_and_no_bureaus_matter(service: Households) -> None:
    pupil = await confirmed(service)
    await pupil.move("returned")
    [task] = (await service.get(f"/tasks?mine=true&household={pupil.household_id}", "village", PINE))["items"]
    assert (task["level"], task["dropout_case_id"], task["evidence"]) == ("village", pupil.case_id, [])
    assert task["without_visit"] == []
    assert task["title"] == "返校稳定核查：张小三 — 张1家（松林村）"
    for path, body, role, area in (
        ("verdict", {"verdict": "no_risk", "reason": "在校"}, "village", PINE),
        ("cancellation", {"reason": "ordered"}, "township", STONE),
    ):
        refused = await service.post(f"/tasks/{task['id']}/{path}", body, role, area)
        assert (refused.status_code, refused.json()["code"]) == (409, "task-is-stay-check")
    assert (await service.post(f"/tasks/{task['id']}/acceptance", None, "village", PINE)).status_code == 200
    await service.deliver(missing(service, 1, at=utc_now() - timedelta(days=30)))  # joins no check of a return
    assert await service.sql("SELECT count(*) FROM risk_case WHERE state = 'open'") == [(2,)]
    [(opened, judged)] = [(len(await service.told(TaskOpened)), len(await service.told(VerdictGiven)))]
    assert (opened, judged) == (2, 1)

    await pupil.let_pass(400)
    for _ in range(3):
        await sweep_deadlines(service.database, utc_now())
    assert str((await service.told(TaskOverdue))[0].task_id) == task["id"]
    assert [one.to_level for one in await service.told(TaskEscalated)][:1] == ["township"]
    [late] = [
        one
        for one in (await service.get("/tasks?mine=true&overdue=true", "township", STONE))["items"]
        if one["dropout_case_id"]
    ]
    assert late["overdue"] is True
    assert (await pupil.seen()).status_code == 201
    closed = (await service.told(TaskClosed))[-1]
    assert (str(closed.task_id), closed.state, closed.late) == (task["id"], "done", True)


async def test_checks_are_not_answered_early_or_twice(service: Households) -> None:
    pupil = await confirmed(service)
    await pupil.move("returned")
    early = await pupil.seen()
    assert (early.status_code, early.json()["code"]) == (409, "stay-check-too-early")
    check = await pupil.waiting()
    await pupil.until_planned()
    assert (await pupil.seen()).status_code == 201
    body = {"present": True, "seen_on": today()}
    twice = await pupil.post(f"stay-checks/{check['id']}/answer", body)
    assert (twice.status_code, twice.json()["code"]) == (409, "stay-check-answered")
    for bad in ({**body, "reason": "weary"}, {"present": False, "seen_on": today()}):
        refused = await pupil.post(f"stay-checks/{check['id']}/answer", bad)
        assert refused.status_code == 422, refused.text


async def test_a_moment_before_anybodys_time_is_refused(service: Households) -> None:
    pupil = await confirmed(service)
    typed = await pupil.persuade(at="0001-01-01T00:00:00+08:00")
    assert (typed.status_code, typed.json()["code"]) == (422, "invalid-input")


async def test_facts_count_a_dropout_once_and_a_return_not(service: Households) -> None:
    async def dropouts() -> Any:
        async with service.database.read(Scope.everywhere()) as session:
            [facts] = (await find_facts(session, [household_id], local_date(utc_now()))).values()
        return facts.dropouts, facts.open_checks

    pupil = await confirmed(service)
    [(household_id,)] = await service.sql("SELECT household_id FROM dropout_case")
    assert await dropouts() == (1, 0)
    await service.sql("UPDATE member SET school_stage = NULL WHERE relation = '20'")
    assert await dropouts() == (1, 0)
    await pupil.move("returned")
    assert await dropouts() == (0, 0)  # and the check of the return is no alert


async def test_legal_steps_in_their_order_by_those_who_may(service: Households) -> None:
    pupil = await confirmed(service)
    await pupil.let_pass(100)
    assert (await pupil.step("publicity", "village")).json()["code"] == "role-not-permitted"
    refused = await pupil.step("order", "township")
    assert (refused.status_code, refused.json()["code"]) == (409, "legal-step-out-of-order")
    for kind, level, back in (("publicity", "township", 90), ("order", "township", 80), ("penalty", "county", 61)):
        taken = await pupil.step(kind, level, issued_on=ago(back), served_on=ago(back))
        assert taken.status_code == 201, taken.text
        if kind == "order":
            refused = await pupil.step("penalty", "township")
            assert (refused.status_code, refused.json()["code"]) == (403, "legal-step-not-yours")
    twice = await pupil.step("penalty")
    assert (twice.status_code, twice.json()["code"]) == (409, "legal-step-taken")
    assert (await pupil.step("court")).json()["legal_step"] == 4
    assert (await service.get("/dropout-board"))["all"]["legal_steps"]["court"] == 1
    await pupil.move("returned")
    refused = await pupil.step("publicity")
    assert (refused.status_code, refused.json()["code"]) == (409, "legal-step-child-back")


async def test_taught_at_home_by_disability_alone(service: Households) -> None:
    pupil = await confirmed(service)
    lessons = {"at": utc_now().isoformat(), "lessons": 2, "teacher": "李老师"}
    assert (await pupil.post("lessons", lessons)).json()["code"] == "not-taught-at-home"
    assert (await pupil.move("home_taught")).json()["code"] == "dropout-move-not-yours"
    assert (await pupil.move("home_taught", "township")).json()["code"] == "home-teaching-not-due"
    await service.sql("UPDATE member SET disability_class = 6, disability_level = 3 WHERE relation = '20'")
    assert (await pupil.move("home_taught", "township")).json()["code"] == "home-teaching-paper-missing"
    taught = await pupil.move("home_taught", "township", paper=True)
    assert taught.json()["state"] == "home_taught"
    assert (await grade_of(service, pupil.household_id))[0] is True
    assert (await pupil.post("lessons", lessons)).json()["entries"][0]["lessons"] == 2
    assert (await pupil.persuade()).json()["code"] == "dropout-takes-no-entry"
    assert (await pupil.move("persuading", "township")).json()["state"] == "persuading"
    assert (await grade_of(service, pupil.household_id))[0] is False


async def test_an_exemption_needs_its_reason_and_ends_the_case(service: Households) -> None:
    pupil = await confirmed(service)
    assert (await pupil.move("exempt", "village", exemption="moved_abroad")).status_code == 403
    assert (await pupil.move("exempt", "county")).json()["code"] == "dropout-exemption-missing"
    ended = await pupil.move("exempt", "county", exemption="moved_abroad")
    assert (ended.json()["state"], ended.json()["exemption_text"]) == ("exempt", "出国（境）")
    [closed] = await service.told(DropoutClosed)
    assert closed.outcome == "exempt"
    assert (await pupil.move("returned")).json()["code"] == "dropout-move-illegal"
    again = await service.post(
        CASES, {"member_id": ended.json()["pupil"]["member_id"], "found_on": today(), "note": "回国"}, "village", PINE
    )
    assert again.status_code == 201  # the child may drop out once more


async def test_what_a_move_lacks(service: Households) -> None:
    pupil = await confirmed(service)
    assert (await pupil.move("returned", school=None)).json()["code"] == "dropout-school-missing"
    assert (await pupil.move("returned", on=ago(3))).json()["code"] == "dropout-day-out-of-order"
    body = {"to": "returned", "on": today(), "note": "班主任确认", "school": SCHOOL}
    assert (await pupil.post("moves", body)).status_code == 428
    assert (await pupil.post("moves", body, headers={"If-Match": '"9"'})).status_code == 412
    assert (await pupil.post("moves", {**body, "to": "stable"}, headers={"If-Match": "*"})).status_code == 422
    assert (await pupil.persuade(cadre="李老师")).status_code == 422
    for at in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"):
        assert (await pupil.persuade(at=at)).status_code == 422, "no moment that can be stored"


async def test_supervisors_see_no_names_and_reading_is_on_record(service: Households) -> None:
    pupil = await confirmed(service)
    await pupil.persuade(place={"latitude": 25.1, "longitude": 102.7})
    plan = {"at": utc_now().isoformat(), "until": ago(-60), "by": "李老师", "text": "每周家访"}
    assert (await pupil.post("plans", plan)).status_code == 201
    await pupil.step("publicity")
    seen, shown = await pupil.view("supervisor"), await pupil.view("village", PINE)
    assert (seen["pupil"]["name"], shown["pupil"]["name"]) == ("张**", "张小三")
    assert [one["words"] for one in seen["entries"]] == [None, None]
    assert seen["entries"][0]["latitude"] is None
    assert shown["entries"][0]["words"]["cadre"] == "王干部"
    assert (seen["legal_steps"][0]["proof"], shown["legal_steps"][0]["proof"]) == (None, "张三当面签收")
    rows = await service.sql(
        "SELECT role FROM audit_entry WHERE action = 'dropout:read' AND subject = :id ORDER BY id", id=pupil.case_id
    )
    assert rows == [("supervisor",), ("village",)]
    stored = await service.sql("SELECT sealed FROM dropout_entry")
    assert not any("李老师".encode() in row[0] for row in stored)


async def test_other_areas_see_and_do_nothing(service: Households) -> None:
    pupil = await confirmed(service)
    for role, area in (("village", BAMBOO), ("township", RIVER)):
        assert (await service.call("GET", pupil.path, role, area)).status_code == 404
        assert (await service.get(CASES, role, area))["items"] == []
        body = {"to": "returned", "on": today(), "note": "在校", "school": SCHOOL}
        moved = await service.post(f"{pupil.path}/moves", body, role, area, headers={"If-Match": "*"})
        assert moved.status_code == 404
    assert (await service.call("GET", pupil.path, "bureau", COUNTY)).status_code == 403


async def test_the_case_goes_where_the_child_goes(service: Households) -> None:
    pupil = await confirmed(service)
    await pupil.move("returned")
    [target] = await service.register(household(9, BRIDGE, [person(90)]))
    member = (await pupil.view())["pupil"]["member_id"]
    moved = await service.post(
        f"/members/{member}/move", {"household_id": target, "relation": "20"}, headers={"If-Match": "*"}
    )
    assert moved.status_code == 200, moved.text
    rows = await service.sql(
        """SELECT d.area_code, s.area_code, t.area_code, r.area_code, CAST(t.household_id AS text)
        FROM dropout_case d JOIN stay_check s ON s.case_id = d.id
        JOIN task t ON t.id = s.task_id JOIN risk_case r ON r.id = t.case_id"""
    )
    assert rows == [(BRIDGE, BRIDGE, BRIDGE, BRIDGE, target)]


async def test_two_children_of_one_household(service: Households) -> None:
    members = [person(2, "张1"), child(3), child(5, "张小四")]
    [household_id] = await service.register(household(1, PINE, members))
    await service.deliver(missing(service, 1), missing(service, 2))
    assert (await answer(service, household_id, "risk_confirmed")).status_code == 201
    found = (await service.get(f"{CASES}?household={household_id}"))["items"]
    assert [one["pupil"]["name"] for one in found] == ["张小四", "张小三"]
    first, second = [Pupil(service, one["id"], household_id) for one in found]
    await first.move("exempt", "county", exemption="moved_abroad")
    assert (await grade_of(service, household_id))[0] is False
    await second.move("exempt", "county", exemption="moved_abroad")
    assert (await grade_of(service, household_id))[0] is True
