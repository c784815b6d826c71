"""Courses, the waiting list, plans, attendance, certificates, and what others hear of them."""

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from services.jobs.background import sweep_posts
from services.jobs.queries.posts import lock_posts
from services.jobs.rules.courses import Entry
from services.jobs.usecases.courses import drop_left_over
from services.jobs.usecases.enrolments import enrol
from services.jobs.usecases.openings import fill_opening
from shared.areas import Scope
from shared.clock import local_date, utc_now
from shared.contracts.jobs import TrainingCompleted
from shared.contracts.labour import WorkNeeded
from tests.jobs.conftest import BRIDGE, PINE, STONE, Jobs, principal
from tests.jobs.matching_county import at_work
from tests.jobs.placements import born
from tests.jobs.posts import OTHER_CODE, codes, employer, post

ANY = {"If-Match": "*"}
TODAY = local_date(utc_now())


def draft(**facts: Any) -> dict[str, Any]:
    """A course that began ten days ago and ends today."""
    return {
        "trade": "61804",
        "title": "五金冲压工班",
        "level": "5",
        "place": "539921100",
        "venue": "factory",
        "seats": 2,
        "starts_on": (TODAY - timedelta(days=10)).isoformat(),
        "ends_on": TODAY.isoformat(),
        **facts,
    }


async def course(service: Jobs, **facts: Any) -> Any:
    """A course, as answered."""
    answer = await service.post("/courses", draft(**facts))
    assert answer.status_code == 201, answer.text
    return answer.json()


async def enrolled(service: Jobs, course_id: str, person: UUID, **entry: Any) -> Any:
    """An enrolment that must be taken."""
    answer = await service.post(f"/courses/{course_id}/enrolments", {"person_id": str(person), **entry})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def attend(service: Jobs, course_id: str, enrolment: str, present: int, absent: int = 0) -> None:
    """So many days attended and missed, from the first day on."""
    for number in range(present + absent):
        day = TODAY - timedelta(days=10 - number)
        marks = [{"enrolment_id": enrolment, "present": number < present}]
        answer = await service.post(f"/courses/{course_id}/attendance", {"day": day.isoformat(), "marks": marks})
        assert answer.status_code == 200, answer.text


async def test_a_course_is_offered_with_the_policys_allowance(service: Jobs) -> None:
    made = await course(service)
    assert (made["allowance"], made["seated"], made["state"]) == ("80.00", 0, "open")
    shown = await service.get(f"/courses/{made['id']}", "village", PINE)
    assert shown["venue"] == {"code": "factory", "text": "企业车间"}
    wrong = await service.post("/courses", draft(ends_on=(TODAY - timedelta(days=11)).isoformat()))
    assert codes(wrong) == ["course-days-order"]
    for end in ("2200-01-01", "9999-12-31"):  # an opening is kept for some days after it
        assert codes(await service.post("/courses", draft(ends_on=end))) == ["date-too-late"]
    assert (await service.post("/courses", draft(), "township", STONE)).status_code == 403


async def test_an_order_names_a_post_of_its_employer(service: Jobs) -> None:
    one, other = await employer(service), await employer(service, credit_code=OTHER_CODE)
    bench = await post(service, one)
    made = await course(service, employer_id=str(one), post_id=bench["id"])
    assert made["post_id"] == bench["id"]
    wrong = await service.post("/courses", draft(employer_id=str(other), post_id=bench["id"]))
    assert codes(wrong) == ["course-post-elsewhere"]


async def test_the_waiting_list_comes_up_in_its_order(service: Jobs) -> None:
    made = await course(service)
    people = await service.people(1, 2, 3)
    [far] = await service.people(4, area_code=BRIDGE)
    first, second, third = [await enrolled(service, made["id"], one) for one in people]
    fourth = await enrolled(service, made["id"], far)
    assert [one["state"] for one in (first, second, third, fourth)] == ["enrolled", "enrolled", "waiting", "waiting"]
    out = await service.post(f"/enrolments/{first['id']}/dropping", {"reason": "illness"}, "village", PINE, headers=ANY)
    assert (out.json()["state"], out.json()["dropped_reason"]["code"]) == ("dropped", "illness")
    [fifth_person] = await service.people(5)
    fifth = await enrolled(service, made["id"], fifth_person)
    assert fifth["state"] == "waiting"  # a seat is free, and yet others come first
    await sweep_posts(service.database, utc_now())
    states = {one["id"]: one["state"] for one in (await service.get("/enrolments"))["items"]}
    assert [states[one["id"]] for one in (second, third, fourth, fifth)] == [
        "enrolled",
        "enrolled",
        "waiting",
        "waiting",
    ]
    raised = await service.call("PUT", f"/courses/{made['id']}", json=draft(seats=3), headers=ANY)
    assert raised.status_code == 200
    await sweep_posts(service.database, utc_now())
    assert (await service.get(f"/enrolments/{fourth['id']}"))["state"] == "enrolled"
    shown = await service.get(f"/courses/{made['id']}")
    assert (shown["seated"], shown["waiting"]) == (3, 1)
    below = await service.call("PUT", f"/courses/{made['id']}", json=draft(seats=2), headers=ANY)
    assert codes(below) == ["course-seats-below"]


async def test_however_many_come_at_once_no_seat_is_given_twice(service: Jobs) -> None:
    made = await course(service, seats=3)
    people = await service.people(*range(1, 7))

    async def go(person: UUID) -> str:
        async with service.database.write(Scope.everywhere()) as session:
            row = await enrol(session, principal(), UUID(made["id"]), Entry(person), utc_now())
            return row.enrolment.state

    states = await asyncio.gather(*map(go, people))
    assert sorted(states) == ["enrolled"] * 3 + ["waiting"] * 3
    shown = await service.get(f"/courses/{made['id']}")
    assert (shown["seated"], shown["waiting"]) == (3, 3)


async def test_who_cannot_be_enrolled(service: Jobs) -> None:
    made = await course(service)
    [one, other] = await service.people(1, 2)
    [child] = await service.people(3, birth_on=date(TODAY.year - 15, 1, 1))
    await enrolled(service, made["id"], one)
    path = f"/courses/{made['id']}/enrolments"
    assert codes(await service.post(path, {"person_id": str(one)})) == ["enrolled-already"]
    assert codes(await service.post(path, {"person_id": str(child)})) == ["person-too-young"]
    assert codes(await service.post(path, {"person_id": str(one)}, "village", BRIDGE)) == ["person-not-found"]
    need = (await service.post("/needs", {"person_id": str(other), "services": ["training"]})).json()
    [third] = await service.people(4)
    assert codes(await service.post(path, {"person_id": str(third), "need_id": need["id"]})) == ["need-not-found"]
    await service.post(f"/courses/{made['id']}/cancellation", headers=ANY)
    assert codes(await service.post(path, {"person_id": str(other)})) == ["course-over"]


async def test_a_vocational_school_takes_school_leavers(service: Jobs) -> None:
    school = await course(service, kind="vocational_school", venue="school")
    [leaver] = await service.people(1, birth_on=date(TODAY.year - 16, 1, 1))
    [pupil] = await service.people(2, birth_on=date(TODAY.year - 16, 1, 1), pupil=True)
    [grown] = await service.people(3)
    [works] = await service.people(4, birth_on=date(TODAY.year - 17, 1, 1))
    await at_work(service, works)
    found = await service.get(f"/courses/{school['id']}/candidates", "village", PINE)
    assert [one["person"]["id"] for one in found["items"]] == [str(leaver)]
    for person in (pupil, grown, works):
        answer = await service.post(f"/courses/{school['id']}/enrolments", {"person_id": str(person)})
        assert (answer.status_code, codes(answer)) == (422, ["no-school-leaver"])
    [more] = await service.people(5, birth_on=date(TODAY.year - 16, 1, 1))
    page = await service.get(f"/courses/{school['id']}/candidates?limit=1")
    rest = await service.get(f"/courses/{school['id']}/candidates?limit=1&after={page['next']}")
    assert [one["person"]["id"] for one in page["items"] + rest["items"]] == sorted([str(leaver), str(more)])
    await enrolled(service, school["id"], leaver)
    [left] = (await service.get(f"/courses/{school['id']}/candidates"))["items"]
    assert left["person"]["id"] == str(more)


async def test_who_left_school_is_said_by_the_list_of_the_indicators(service: Jobs) -> None:
    school = await course(service, kind="vocational_school", venue="school")
    await service.people(1, birth_on=date(TODAY.year - 23, 1, 1))
    path = f"/courses/{school['id']}/candidates"
    assert (await service.get(path))["items"] == []
    await service.sql(
        "UPDATE policy SET body = jsonb_set(body, '{parameters,leaver_to}', '24'), id = gen_random_uuid()"
        " WHERE kind = 'labour-indicators'"
    )
    assert len((await service.get(path))["items"]) == 1


async def test_candidates_come_from_needs(service: Jobs) -> None:
    made = await course(service)
    wants, trade, other, learns = await service.people(1, 2, 3, 4)
    wishes: list[tuple[UUID, dict[str, Any]]] = [
        (wants, {"services": ["training"]}),
        (trade, {"wanted_trades": ["61804"]}),
        (other, {"wanted_trades": ["62901"]}),
        (learns, {"services": ["training"]}),
    ]
    needs = [(await service.post("/needs", {"person_id": str(who), **wish})).json()["id"] for who, wish in wishes]
    await enrolled(service, made["id"], learns, need_id=needs[3])
    found = await service.get(f"/courses/{made['id']}/candidates")
    assert [(one["person"]["id"], one["need_id"]) for one in found["items"]] == [
        (str(wants), needs[0]),
        (str(trade), needs[1]),
    ]
    masked = await service.get(f"/courses/{made['id']}/candidates", "supervisor")
    assert masked["items"][0]["person"]["name"] != "张三"


async def test_training_and_move_are_one_plan(service: Jobs) -> None:
    bench = await post(service, await employer(service), openings=1)
    made = await course(service, post_id=bench["id"])
    [learner, other] = await service.people(1, 2)
    planned = await enrolled(service, made["id"], learner, post_id=bench["id"])
    assert (planned["plan_state"], planned["plan_until"]) == ("held", (TODAY + timedelta(days=30)).isoformat())
    shown = await service.get(f"/posts/{bench['id']}")
    assert (shown["state"], shown["reserved"], shown["free"]) == ("filled", 1, 0)
    second = await service.post(f"/courses/{made['id']}/enrolments", {"person_id": str(other), "post_id": bench["id"]})
    assert codes(second) == ["post-filled"]
    async with service.database.write(Scope.everywhere()) as session:
        await fill_opening(session, UUID(bench["id"]), utc_now(), person_id=learner)
    shown = await service.get(f"/posts/{bench['id']}")
    assert (shown["filled"], shown["reserved"]) == (1, 0)
    assert (await service.get(f"/enrolments/{planned['id']}"))["plan_state"] == "used"


async def test_no_opening_is_kept_for_whom_the_law_keeps_out(service: Jobs) -> None:
    one = await employer(service)
    night, hidden = await post(service, one, shift="night"), await post(service, one, certificates=["61804"])
    made = await course(service)
    [young] = await service.people(1, birth_on=born(17))
    for there, status in ((night, 409), (hidden, 201)):  # the certificate is what they learn for
        answer = await service.post(
            f"/courses/{made['id']}/enrolments", {"person_id": str(young), "post_id": there["id"]}
        )
        assert answer.status_code == status, answer.text
        assert (await service.get(f"/posts/{there['id']}"))["reserved"] == int(status == 201)


async def test_an_opening_is_let_go_when_the_plan_fails(service: Jobs) -> None:
    bench = await post(service, await employer(service), openings=3)
    running, cancelled = await course(service), await course(service)
    drops, late, out = await service.people(1, 2, 3)
    first = await enrolled(service, running["id"], drops, post_id=bench["id"])
    await enrolled(service, running["id"], late, post_id=bench["id"])
    third = await enrolled(service, cancelled["id"], out, post_id=bench["id"])
    assert (await service.get(f"/posts/{bench['id']}"))["reserved"] == 3
    await service.post(f"/enrolments/{first['id']}/dropping", {"reason": "family"}, headers=ANY)
    assert (await service.get(f"/posts/{bench['id']}"))["reserved"] == 2
    await service.sql("UPDATE enrolment SET plan_until = :day WHERE person_id = :id", day=TODAY - timedelta(1), id=late)
    await service.post(f"/courses/{cancelled['id']}/cancellation", headers=ANY)
    await sweep_posts(service.database, utc_now())
    shown = await service.get(f"/posts/{bench['id']}")
    assert (shown["reserved"], shown["state"], shown["free"]) == (0, "open", 3)
    gone = await service.get(f"/enrolments/{third['id']}")
    assert (gone["state"], gone["dropped_reason"]["code"], gone["plan_state"]) == ("dropped", "cancelled", "released")


async def test_who_lets_go_of_many_openings_locks_their_posts_in_one_order(service: Jobs) -> None:
    """The first enrolment keeps the later post: whoever has the earlier post may still have the later one."""
    factory = await employer(service)
    early, late = [UUID((await post(service, factory))["id"]) for _ in range(2)]
    made = await course(service)
    for person, bench in zip(await service.people(1, 2), (late, early), strict=True):
        await enrolled(service, made["id"], person, post_id=str(bench))
    await service.post(f"/courses/{made['id']}/cancellation", headers=ANY)

    async def sweep() -> int:
        async with service.database.write(Scope.everywhere()) as session:
            return await drop_left_over(session, utc_now())

    async with service.database.write(Scope.everywhere()) as session:
        await lock_posts(session, [early])
        sweeping = asyncio.create_task(sweep())
        while not await service.sql("SELECT pid FROM pg_locks WHERE NOT granted"):
            await asyncio.sleep(0.05)
        await lock_posts(session, [late])
    assert await sweeping == 2


async def test_attendance_by_day(service: Jobs) -> None:
    made = await course(service, seats=1)
    one, two = await service.people(1, 2)
    first, second = await enrolled(service, made["id"], one), await enrolled(service, made["id"], two)
    path = f"/courses/{made['id']}/attendance"
    await attend(service, made["id"], first["id"], present=3, absent=2)
    shown = await service.get(f"/enrolments/{first['id']}")
    assert (shown["days_held"], shown["days_present"], shown["allowance"]) == (5, 3, "240.00")
    day = (TODAY - timedelta(days=10)).isoformat()
    await service.post(path, {"day": day, "marks": [{"enrolment_id": first["id"], "present": False}]})
    assert (await service.get(f"/enrolments/{first['id']}"))["days_present"] == 2
    waiting = await service.post(path, {"day": day, "marks": [{"enrolment_id": second["id"]}]})
    assert codes(waiting) == ["enrolment-waiting"]
    before = (TODAY - timedelta(days=11)).isoformat()
    early = await service.post(path, {"day": before, "marks": [{"enrolment_id": first["id"]}]})
    assert codes(early) == ["attendance-day"]


async def test_completion_with_a_certificate_is_told(service: Jobs) -> None:
    made = await course(service)
    [person] = await service.people(1)
    entry = await enrolled(service, made["id"], person)
    await attend(service, made["id"], entry["id"], present=4, absent=1)
    path = f"/enrolments/{entry['id']}/completion"
    done = await service.post(path, {"certificate_issued_on": TODAY.isoformat()}, headers=ANY)
    assert done.status_code == 200, done.text
    assert (done.json()["state"], done.json()["completed_on"]) == ("completed", TODAY.isoformat())
    [told] = await service.told(TrainingCompleted)
    assert (told.trade, told.certificate, told.need_ref, told.area_code) == ("61804", True, None, PINE)
    [held] = await service.get(f"/people/{person}/certificates", "village", PINE)
    assert (held["trade"]["code"], held["level"]["code"], held["enrolment_id"]) == ("61804", "5", entry["id"])
    again = await service.post(path, {}, headers=ANY)
    assert codes(again) == ["enrolment-over"]


async def test_a_case_hears_of_the_need_it_opened(service: Jobs) -> None:
    made = await course(service)
    case, ledger = await service.people(1, 2)
    asked = WorkNeeded.model_validate(
        {
            "source_ref": "measure:1",
            "household_id": service.record(1)["household_id"],
            "person_key": service.record(1)["person_key"],
            "area_code": PINE,
            "cause": "measure",
            "services": ["training"],
            "asked_at": utc_now(),
        }
    )
    await service.deliver(asked)
    [row] = await service.sql("SELECT id FROM work_need WHERE person_id = :id", id=case)
    by_hand = (await service.post("/needs", {"person_id": str(ledger), "services": ["training"]})).json()
    for person, need in ((case, str(row[0])), (ledger, by_hand["id"])):
        entry = await enrolled(service, made["id"], person, need_id=need)
        await attend(service, made["id"], entry["id"], present=1)
        done = await service.post(f"/enrolments/{entry['id']}/completion", {}, headers=ANY)
        assert done.status_code == 200, done.text
    told = await service.told(TrainingCompleted)
    assert [(one.need_ref, one.certificate) for one in told] == [("measure:1", False), (None, False)]


async def test_the_database_itself_hides_the_people_of_other_areas(service: Jobs) -> None:
    made = await course(service)
    [person] = await service.people(1)
    entry = await enrolled(service, made["id"], person)
    await attend(service, made["id"], entry["id"], present=1)
    await service.post(f"/people/{person}/certificates", {"trade": "63005", "issued_on": "2024-05-01"})
    for area, seen in ((PINE, 1), (STONE, 1), (BRIDGE, 0)):
        async with service.database.read(Scope.parse([area])) as session:
            for table in ("enrolment", "attendance", "certificate"):
                assert await session.scalar(text(f"SELECT count(*) FROM {table}")) == seen, (area, table)


async def test_an_enrolment_sent_twice_is_one(service: Jobs) -> None:
    made = await course(service)
    [person] = await service.people(1)
    path, body = f"/courses/{made['id']}/enrolments", {"person_id": str(person)}
    first, again = [await service.post(path, body, headers={"Idempotency-Key": "enrol-1"}) for _ in range(2)]
    assert (first.status_code, first.json()["id"]) == (again.status_code, again.json()["id"])
    assert (await service.get(f"/courses/{made['id']}"))["seated"] == 1


async def test_who_came_too_seldom_has_not_completed(service: Jobs) -> None:
    bench = await post(service, await employer(service))
    made = await course(service)
    [person] = await service.people(1)
    entry = await enrolled(service, made["id"], person, post_id=bench["id"])
    path = f"/enrolments/{entry['id']}"
    assert codes(await service.post(f"{path}/completion", {}, headers=ANY)) == ["attended-too-seldom"]
    await attend(service, made["id"], entry["id"], present=3, absent=2)
    assert codes(await service.post(f"{path}/completion", {}, headers=ANY)) == ["attended-too-seldom"]
    assert (await service.post(f"{path}/completion", {}, "village", PINE, headers=ANY)).status_code == 403
    failed = await service.post(f"{path}/failure", headers=ANY)
    assert (failed.json()["state"], failed.json()["plan_state"]) == ("failed", "released")
    assert await service.told(TrainingCompleted) == []


async def test_nobody_completes_a_course_that_goes_on(service: Jobs) -> None:
    made = await course(service, ends_on=(TODAY + timedelta(days=1)).isoformat())
    [person] = await service.people(1)
    entry = await enrolled(service, made["id"], person)
    await attend(service, made["id"], entry["id"], present=5)
    assert codes(await service.post(f"/enrolments/{entry['id']}/completion", {}, headers=ANY)) == ["course-running"]


async def test_a_certificate_brought_along(service: Jobs) -> None:
    [person] = await service.people(1)
    path = f"/people/{person}/certificates"
    paper = {"trade": "63005", "level": "special", "issued_on": "2024-05-01"}
    assert (await service.post(path, paper, "village", PINE)).status_code == 201
    assert codes(await service.post(path, paper, "village", PINE)) == ["certificate-known"]
    ahead = await service.post(path, {**paper, "level": "4", "issued_on": "2099-01-01"}, "village", PINE)
    assert codes(ahead) == ["date-in-future"]
    assert codes(await service.post(path, paper, "village", BRIDGE)) == ["person-not-found"]


async def test_the_result_counts_who_began_work_in_time(service: Jobs) -> None:
    ended = TODAY - timedelta(days=95)
    made = await course(service, seats=5, starts_on=(ended - timedelta(days=10)).isoformat(), ends_on=TODAY.isoformat())
    placed, _, before, last, late = people = await service.people(1, 2, 3, 4, 5)
    for person in people:
        await enrolled(service, made["id"], person)
    await service.sql("UPDATE course SET ends_on = :day", day=ended)
    await service.sql("UPDATE enrolment SET state = 'completed', completed_on = :day", day=ended)
    for person, days in ((placed, 5), (before, -100), (last, 90), (late, 91)):
        await _out(service, person, ended + timedelta(days=days))
    found = await service.get(f"/courses/{made['id']}/result")
    assert (found["completed"], found["placed"], found["placed_share"]) == (5, 2, pytest.approx(2 / 5))
    elsewhere = await service.get(f"/courses/{made['id']}/result", "village", BRIDGE)
    assert (elsewhere["completed"], elsewhere["placed"], elsewhere["placed_share"]) == (0, 0, None)


async def test_a_move_takes_the_enrolment_along(service: Jobs) -> None:
    made = await course(service)
    [person] = await service.people(1)
    entry = await enrolled(service, made["id"], person)
    await attend(service, made["id"], entry["id"], present=1)
    await service.people(1, area_code=BRIDGE)
    shown = await service.get(f"/enrolments/{entry['id']}", "village", BRIDGE)
    assert shown["days_present"] == 1
    assert codes(await service.call("GET", f"/enrolments/{entry['id']}", "village", PINE)) == ["enrolment-not-found"]


async def _out(service: Jobs, person: UUID, started: date) -> None:
    """A row of the ledger of this month."""
    await service.sql(
        "INSERT INTO labour_row (person_id, month, area_code, status, trade, wage, started_on, services, source, version,"
        " changed_at) VALUES (:person, :month, :area, 'out', '61804', 5000, :started, '{}', 'placement', 1, now())",
        person=person,
        month=TODAY.replace(day=1),
        area=PINE,
        started=started,
    )
