"""Placements through the routes: the road to an arrival, what bars it, who may do what, and two at once."""

import asyncio
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from httpx import Response

from services.jobs.background import sweep_placements
from services.jobs.queries.employers import lock_employer
from services.jobs.queries.posts import lock_post
from services.jobs.rules.months import month_of, move
from services.jobs.rules.placement_states import FINAL, moves_from
from shared.areas import Scope
from shared.clock import utc_now
from shared.contracts.jobs import JoblessAgain, MinorWorking, PlacementEnded, PlacementStarted, WageReported
from shared.contracts.labour import LabourChanged
from shared.ids import new_id
from tests.jobs.checks import ask, compared, hr, table
from tests.jobs.conftest import BAMBOO, BRIDGE, PINE, STONE, Jobs
from tests.jobs.placements import WAGE, Placing, ago, asked, born, code, employer, post, refer, today
from tests.jobs.posts import POST
from tests.jobs.test_corrections import LOW, set_corrections
from tests.jobs.test_ledger import OUT, changed, put


async def test_the_road_to_an_arrival(service: Jobs) -> None:
    [person] = await service.people(1)
    need = (await service.post("/needs", {"person_id": str(person)}, "village", PINE)).json()
    post_id = await post(service)
    placing = await refer(service, person, post_id, note="本人愿意")
    found = await placing.view()
    assert (found["state"], found["need_id"], found["post_title"]) == ("referred", need["id"], "五金装配工")
    assert found["due_on"] == (today() + timedelta(days=7)).isoformat()
    assert [one["to"] for one in found["possible"]] == ["offered", "refused"]
    assert await service.told(PlacementStarted) == []

    await placing.to("arrived")
    found = await placing.view()
    assert (found["state"], found["wage"], found["due_on"]) == ("arrived", WAGE, None)
    assert found["next_call_on"] == (today() + timedelta(days=30)).isoformat()
    assert [one["to_state"] for one in found["moves"]] == ["referred", "offered", "accepted", "placed", "arrived"]
    assert found["moves"][0]["note"] == "本人愿意"
    assert await service.sql("SELECT filled, state FROM post") == [(1, "open")]
    assert (await service.get(f"/needs/{need['id']}", "village", PINE))["state"] == "met"
    [started] = await service.told(PlacementStarted)
    assert (str(started.placement_id), started.need_source, started.work_area) == (placing.id, "hand", "441900")
    assert (started.started_on, started.wage, started.trade) == (today(), 5500, "61804")
    row = (await service.get(f"/ledger/months/{today():%Y-%m}/people/{person}", "village", PINE))["row"]
    assert (row["status"]["code"], row["work_area"], row["wage"]) == ("out", "441900", WAGE)
    assert (row["source"]["code"], row["started_on"], row["organised"]) == ("placement", today().isoformat(), True)
    [wage] = await service.told(WageReported)  # by the ledger, once: nothing is told twice
    assert (wage.wage, wage.month, wage.employer_area) == (5500, f"{today():%Y-%m}", "441900")


async def test_an_arrival_longer_ago_than_anybody_may_write_is_in_the_months_since(service: Jobs) -> None:
    [person] = await service.people(1)
    placing = await refer(service, person, await post(service))
    await placing.arrived(900)
    row = (await service.get(f"/ledger/months/{today():%Y-%m}/people/{person}", "village", PINE))["row"]
    assert row["status"]["code"] == "out"
    [(first,)] = await service.sql("SELECT min(month) FROM labour_row")
    assert first == move(month_of(today()), -12), "as far back as the rules let anybody write"


async def test_what_the_ledger_does_not_know_becomes_a_task(service: Jobs) -> None:
    [person] = await service.people(1)
    placing = await (await refer(service, person, await post(service))).to("placed")
    assert (await placing.move("arrived", wage=WAGE)).status_code == 200  # nobody told the industry
    [task] = (await service.get("/tasks", "village", PINE))["items"]
    assert (task["kind"], task["kind_text"], task["subject_id"]) == ("complete_row", "补正台账", placing.id)
    assert await service.told(WageReported) == []
    await put(service, person, changed(started_on=today().isoformat()))  # the village completes it: nothing is asked
    [done] = (await service.get("/tasks", "village", PINE, params={"state": "done"}))["items"]
    assert (done["id"], done["outcome"], done["overdue"]) == (task["id"], "completed", False)


async def test_tasks_of_placements_do_not_use_up_those_of_comparisons(service: Jobs) -> None:
    [out, placed] = await service.people(1, 2)
    await put(service, out, OUT)
    await (await (await refer(service, placed, await post(service))).to("placed")).move("arrived", wage=WAGE)
    await set_corrections(service, most_open_per_village=1)
    run = await compared(service, table([hr(1, **LOW)]))
    assert await ask(service, run) == 1


async def test_the_industry_is_taken_from_others_at_the_employer(service: Jobs) -> None:
    first, second = await service.people(1, 2)
    post_id = await post(service)
    await (await refer(service, first, post_id)).to("arrived")
    placing = await (await refer(service, second, post_id)).to("placed")
    assert (await placing.move("arrived", wage=WAGE)).status_code == 200
    assert await service.sql("SELECT DISTINCT industry, count(*) FROM labour_row GROUP BY 1") == [("C", 2)]


@pytest.mark.parametrize(
    ("facts", "terms", "reason"),
    [
        ({"birth_on": born(17)}, {"hazardous": True}, "minor_hazardous"),
        ({"birth_on": born(17)}, {"physical_demand": "very_heavy"}, "minor_hazardous"),
        ({"birth_on": born(17)}, {"trade": "61600"}, "minor_hazardous"),
        ({"birth_on": born(17)}, {"shift": "night"}, "minor_night"),
        ({"birth_on": born(17)}, {"shift": "rotating"}, "minor_night"),
        ({"health": ["chronic"]}, {"health_limits": ["chronic"]}, "health_limit"),
        ({}, {"certificates": ["61804"]}, "certificate_missing"),
        (
            {"sex": "2"},
            {"sex": "1", "sex_reason": "forbidden_loads", "physical_demand": "very_heavy"},
            "sex_by_law",
        ),
    ],
)
async def test_the_law_and_health_bar_a_post(
    service: Jobs, facts: dict[str, object], terms: dict[str, object], reason: str
) -> None:
    [person] = await service.people(1, **facts)
    refused = await asked(service, person, await post(service, **terms))
    assert code(refused) == (409, "placement-barred")
    assert [one["code"] for one in refused.json()["errors"]] == [reason]
    assert (await asked(service, person, await post(service))).status_code == 201


@pytest.mark.parametrize("harder", [{"shift": "night"}, {"hazardous": True}, {"physical_demand": "very_heavy"}])
async def test_work_gets_no_harder_under_the_feet_of_the_young(service: Jobs, harder: dict[str, Any]) -> None:
    [young], [grown] = await service.people(1, birth_on=born(17)), await service.people(2)
    there = await post(service)
    placings = [await (await refer(service, person, there)).to("arrived") for person in (young, grown)]

    async def change() -> Response:
        terms = {**POST, "openings": 3, **harder}
        return await service.call("PUT", f"/posts/{there}/terms", json=terms, headers={"If-Match": "*"})

    refused = await change()
    assert code(refused) == (409, "post-minors-there")
    assert "有1名" in refused.json()["title"]
    await placings[0].move("ended", reason="other_employer")
    assert (await change()).status_code == 200


async def test_a_referral_waits_for_nobody_who_changes_what_it_names(service: Jobs) -> None:
    """The foreign keys of a placement wait for FOR UPDATE: a referral and a blacklisting waited for each other."""
    [person] = await service.people(1)
    there = await post(service)
    everywhere = Scope.everywhere()
    async with service.database.write(everywhere) as session:
        held = await lock_post(session, everywhere, there)
        await lock_employer(session, everywhere, held.employer.id)
        async with asyncio.timeout(10):
            await refer(service, person, there)


async def test_a_bar_without_ground_in_law_bars_nobody(service: Jobs) -> None:
    [person] = await service.people(1, sex="2")
    unlawful = await post(service, sex="1", sex_reason="forbidden_loads", physical_demand="light")
    assert (await asked(service, person, unlawful)).status_code == 201


async def test_wishes_bar_a_referral_and_no_acceptance(service: Jobs) -> None:
    [person] = await service.people(1)
    post_id = await post(service)
    placing = await refer(service, person, post_id)
    wishes = {"person_id": str(person), "wage_floor": "7000", "refused_areas": ["44"]}
    assert (await service.post("/needs", wishes, "village", PINE)).status_code == 201
    refused = await asked(service, person, await post(service))
    assert [one["code"] for one in refused.json()["errors"]] == ["wage_floor", "place_refused"]
    await placing.to("accepted")  # who says yes has thought better of it


async def test_a_wage_is_what_the_ledger_takes(service: Jobs) -> None:
    """An arrival is written into the ledger, whose own form takes no 0."""
    [person] = await service.people(1)
    placing = await (await refer(service, person, await post(service))).to("placed")
    for wage in ("0", "0.00", "1000000", "5500.001"):
        refused = await placing.move("arrived", wage=wage, industry="C")
        assert refused.status_code == 422, wage
        assert refused.json()["errors"][0]["field"] == "wage"
    assert (await placing.move("arrived", wage="999999.99", industry="C")).status_code == 200
    assert await service.sql("SELECT wage::text FROM labour_row") == [("999999.99",)]


async def test_a_referral_is_for_no_less_than_today(service: Jobs) -> None:
    [person] = await service.people(1)
    await (await refer(service, person, await post(service))).arrived(40)
    assert (await service.post("/needs", {"person_id": str(person)}, "village", PINE)).status_code == 201
    refused = await asked(service, person, await post(service))  # 5,000 are sure, and 5,500 are earned
    assert [one["code"] for one in refused.json()["errors"]] == ["no_better_pay"]
    assert (await asked(service, person, await post(service, pay_low=5500))).status_code == 201


async def test_the_wishes_of_the_need_that_is_named_count(service: Jobs) -> None:
    [person] = await service.people(1)
    wishes = ({"wage_floor": "4000"}, {"wage_floor": "7000"})
    low, high = [(await service.post("/needs", {"person_id": str(person), **one})).json()["id"] for one in wishes]
    refused = await asked(service, person, await post(service), need_id=high)
    assert [one["code"] for one in refused.json()["errors"]] == ["wage_floor"]
    assert (await asked(service, person, await post(service), need_id=low)).status_code == 201


async def test_a_post_that_nobody_knows(service: Jobs) -> None:
    [person] = await service.people(1)
    assert code(await asked(service, person, new_id())) == (404, "post-not-found")


@pytest.mark.parametrize("step", ["referred", "accepted", "arrived"])
async def test_nobody_under_sixteen_and_it_is_told(service: Jobs, step: str) -> None:
    [person] = await service.people(1, birth_on=born(20))
    placing = await refer(service, person, await post(service))
    if step != "referred":
        await placing.to({"accepted": "offered", "arrived": "placed"}[step])
    await service.sql("UPDATE person SET birth_on = :day", day=born(15))
    for _ in range(2):
        if step == "referred":
            refused = await asked(service, person, await post(service))
        else:
            refused = await placing.move(step, wage=WAGE)
        assert code(refused) == (409, "placement-under-sixteen")
    told = await service.told(MinorWorking)
    assert {(one.found_in, one.age) for one in told} == {("placement", 15)}
    assert len({one.finding_id for one in told}) == 1  # the same finding, told again
    assert (await placing.view())["state"] == {"referred": "referred", "accepted": "offered", "arrived": "placed"}[step]


@pytest.mark.parametrize(("state", "end"), [("referred", "refused"), ("placed", "ended"), ("arrived", "ended")])
async def test_a_corrected_birthday_ends_a_placement(service: Jobs, state: str, end: str) -> None:
    [person] = await service.people(1)
    placing = await refer(service, person, await post(service))
    if state != "referred":
        await placing.to(state)
    await service.sql("UPDATE person SET birth_on = :day", day=born(15))
    await sweep_placements(service.database, service.vault, utc_now())
    assert (await placing.view())["state"] == end
    assert (await placing.view())["reason"]["code"] == "underage"
    assert len(await service.told(MinorWorking)) == 1
    assert await service.told(JoblessAgain) == []
    assert await service.sql("SELECT filled FROM post") == [(0,)]


async def test_on_the_sixteenth_birthday_nothing_ends(service: Jobs) -> None:
    [person] = await service.people(1)
    placing = await refer(service, person, await post(service))
    birthday = born(16) + timedelta(days=1)
    await service.sql("UPDATE person SET birth_on = :day", day=birthday)
    await sweep_placements(service.database, service.vault, utc_now())
    assert (await placing.view())["state"] == "referred"
    await service.sql("UPDATE person SET birth_on = :day", day=birthday + timedelta(days=1))
    await sweep_placements(service.database, service.vault, utc_now())
    assert (await placing.view())["state"] == "refused"


async def test_nobody_is_sent_to_a_blacklisted_employer(service: Jobs) -> None:
    [person] = await service.people(1)
    bad = await employer(service, blacklisted="unpaid_wages")
    assert code(await asked(service, person, await post(service, bad))) == (409, "placement-employer-blacklisted")
    good = await employer(service, "好厂")
    placing = await (await refer(service, person, await post(service, good))).to("placed")
    await service.sql("UPDATE employer SET blacklisted_reason = 'unpaid_wages'")
    assert code(await placing.move("arrived", wage=WAGE)) == (409, "placement-employer-blacklisted")


@pytest.mark.parametrize(
    ("terms", "wrong"),
    [
        ({"state": "closed"}, "placement-post-not-open"),
        ({"until_on": today() - timedelta(days=2)}, "placement-post-not-open"),
        ({"openings": 1, "filled": 1}, "placement-post-taken"),
        ({"openings": 1, "reserved": 1}, "placement-post-taken"),
    ],
)
async def test_posts_that_take_nobody(service: Jobs, terms: dict[str, object], wrong: str) -> None:
    [person] = await service.people(1)
    assert code(await asked(service, person, await post(service, **terms))) == (409, wrong)


async def test_an_acceptance_holds_the_opening_and_ends_other_referrals(service: Jobs) -> None:
    first, second = await service.people(1, 2)
    one_place, elsewhere = await post(service, openings=1), await post(service)
    mine = await (await refer(service, first, one_place)).to("offered")
    other = await refer(service, first, elsewhere)
    rival = await (await refer(service, second, one_place)).to("offered")
    await mine.to("accepted")
    assert (await other.view())["state"] == "refused"
    assert (await other.view())["reason"]["code"] == "other_post"
    assert code(await rival.move("accepted", wage=WAGE)) == (409, "placement-post-taken")
    again = await (await refer(service, first, elsewhere)).to("offered")
    assert code(await again.move("accepted", wage=WAGE)) == (409, "placement-person-bound")
    assert (await mine.move("refused", reason="family")).status_code == 200
    assert (await rival.move("accepted", wage=WAGE)).status_code == 200


async def test_a_refusal_teaches_the_need(service: Jobs) -> None:
    [person] = await service.people(1)
    need = (await service.post("/needs", {"person_id": str(person)}, "village", PINE)).json()
    placing = await refer(service, person, await post(service, shift="night", lodging=False))
    wrong = await placing.move("refused", reason="too_far", learn={"place": "33"})
    assert code(wrong) == (422, "placement-learns-nothing")
    learn = {"place": "4419", "wage_floor": "6500", "no_nights": True, "lodging_needed": True}
    assert (await placing.move("refused", reason="too_far", learn=learn)).status_code == 200
    taught = await service.get(f"/needs/{need['id']}", "village", PINE)
    assert (taught["refused_areas"], taught["wage_floor"]) == (["4419"], "6500.00")
    assert (taught["night_ok"], taught["lodging_needed"]) == (False, True)
    refused = await asked(service, person, await post(service))
    assert {one["code"] for one in refused.json()["errors"]} == {"wage_floor", "place_refused"}


async def test_moves_that_are_refused(service: Jobs) -> None:
    [person] = await service.people(1)
    post_id = await post(service)
    placing = await refer(service, person, post_id)
    assert code(await placing.move("arrived", wage=WAGE)) == (409, "placement-move-illegal")
    assert code(await placing.move("refused")) == (422, "invalid-input")
    assert code(await placing.move("refused", reason="no-such-reason")) == (422, "invalid-input")
    assert code(await placing.move("offered", on=ago(1))) == (422, "placement-day-out-of-order")
    assert (await placing.move("offered", on=ago(-1))).status_code == 422
    assert code(await asked(service, person, post_id)) == (409, "placement-lives")
    body = {"to": "offered", "on": today().isoformat()}
    stale = await service.post(f"/placements/{placing.id}/moves", body, "village", PINE, headers={"If-Match": '"7"'})
    assert code(stale) == (412, "stale-version")
    missing = await service.post(f"/placements/{placing.id}/moves", body, "village", PINE)
    assert code(missing) == (428, "if-match-required")
    other = (await service.people(9, area_code=BAMBOO))[0]
    foreign = (await service.post("/needs", {"person_id": str(other)})).json()["id"]
    wrong = await asked(service, person, await post(service), need_id=foreign)
    assert code(wrong) == (422, "placement-need-of-another")
    await service.sql("UPDATE person SET active = false")
    assert code(await asked(service, person, await post(service))) == (409, "placement-person-inactive")


async def test_a_better_post_ends_the_last_one(service: Jobs) -> None:
    [person] = await service.people(1)
    old_post, new_post = await post(service), await post(service, place="330106")
    old = await (await refer(service, person, old_post)).arrived(40)
    await sweep_placements(service.database, service.vault, utc_now())
    assert len((await service.get("/tasks?kind=stay_check", "village", PINE))["items"]) == 1
    new = await (await refer(service, person, new_post)).to("arrived")
    ended = await old.view()
    assert (ended["state"], ended["reason"]["code"], ended["moves"][-1]["cause"]["code"]) == (
        *("ended", "better_post"),
        "moved_on",
    )
    assert [one["state"]["code"] for one in ended["stay_checks"]] == ["dropped"]
    assert (await service.get("/tasks?kind=stay_check", "village", PINE))["items"] == []
    assert sorted(await service.sql("SELECT id, filled FROM post")) == sorted([(old_post, 0), (new_post, 1)])
    assert [one.reason for one in await service.told(PlacementEnded)] == ["better_post"]
    assert await service.told(JoblessAgain) == []
    assert (await new.view())["state"] == "arrived"
    row = (await service.get(f"/ledger/months/{today():%Y-%m}/people/{person}", "village", PINE))["row"]
    assert row["work_area"] == "330106"


async def test_who_never_came_has_lost_nothing(service: Jobs) -> None:
    [person] = await service.people(1)
    placing = await (await refer(service, person, await post(service))).to("placed")
    assert (await placing.move("ended", reason="never_came")).status_code == 200
    assert [one.reason for one in await service.told(PlacementEnded)] == ["never_came"]
    assert await service.told(JoblessAgain) == []
    assert await service.sql("SELECT filled FROM post") == [(0,)]
    assert await service.sql("SELECT count(*) FROM labour_row") == [(0,)]


async def test_who_lost_the_work_is_told(service: Jobs) -> None:
    [person] = await service.people(1)
    placing = await (await refer(service, person, await post(service))).arrived(3)
    assert (await placing.move("ended", reason="dismissed")).status_code == 200
    [jobless] = await service.told(JoblessAgain)
    assert (str(jobless.finding_id), jobless.since_on, jobless.reason) == (placing.id, today(), "dismissed")
    row = (await service.get(f"/ledger/months/{today():%Y-%m}/people/{person}", "village", PINE))["row"]
    assert row["ended_on"] == today().isoformat()
    assert await service.sql("SELECT filled FROM post") == [(0,)]


async def test_the_placement_follows_the_person(service: Jobs) -> None:
    [person] = await service.people(1)
    placing = await (await refer(service, person, await post(service))).arrived(40)
    await sweep_placements(service.database, service.vault, utc_now())
    record = service.record(1, area_code=BRIDGE)
    await service.deliver(LabourChanged.model_validate({"people": [record]}))
    placing.area = BRIDGE
    assert (await placing.view())["area"]["code"] == BRIDGE
    assert code(await service.call("GET", f"/placements/{placing.id}", "village", PINE)) == (404, "placement-not-found")
    for place in ("placement_move", "stay_check", "labour_task"):
        assert await service.sql(f"SELECT DISTINCT area_code FROM {place}") == [(BRIDGE,)], place


async def test_lists_are_pages_within_the_area(service: Jobs) -> None:
    post_id = await post(service, openings=9)
    mine = [await refer(service, person, post_id) for person in await service.people(1, 2, 3)]
    [theirs] = await service.people(4, area_code=BRIDGE)
    await refer(service, theirs, post_id, BRIDGE)
    seen: list[str] = []
    after = ""
    while True:
        page = await service.get(f"/placements?limit=2{after}", "township", STONE)
        seen += [one["id"] for one in page["items"]]
        if "next" not in page or page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert seen == [one.id for one in reversed(mine)]
    await mine[0].move("refused", reason="low_pay")
    assert [one["id"] for one in (await service.get("/placements?state=refused"))["items"]] == [mine[0].id]
    assert (await service.get("/placements?late=true"))["items"] == []
    await service.sql("UPDATE placement SET due_on = due_on - 30 WHERE due_on IS NOT NULL")
    late = await service.get("/placements?late=true&limit=2")
    rest = await service.get(f"/placements?late=true&limit=2&after={late['next']}")
    assert len(late["items"] + rest["items"]) == 3
    assert all(one["overdue"] for one in late["items"])


async def test_supervisors_see_masked_people_and_no_words(service: Jobs) -> None:
    [person] = await service.people(1, name="欧阳小明")
    placing = await refer(service, person, await post(service), note="家里有老人")
    seen = str(await service.get(f"/placements/{placing.id}", "supervisor"))
    assert "小明" not in seen
    assert "老人" not in seen


async def test_once_by_its_key(service: Jobs) -> None:
    [person] = await service.people(1)
    body = {"person_id": str(person), "post_id": str(await post(service)), "on": today().isoformat()}
    one, two = [
        await service.post("/placements", body, "village", PINE, headers={"Idempotency-Key": "a"}) for _ in range(2)
    ]
    assert (one.status_code, one.json()) == (two.status_code, two.json()) == (201, one.json())
    assert await service.sql("SELECT count(*) FROM placement") == [(1,)]


async def test_two_people_and_the_last_opening(service: Jobs) -> None:
    people = await service.people(*range(1, 7))
    post_id = await post(service, openings=1)
    placings = [await (await refer(service, person, post_id)).to("offered") for person in people]
    answers = await asyncio.gather(*(one.move("accepted", wage=WAGE) for one in placings))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409, 409]
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"placement-post-taken"}
    assert await service.sql("SELECT count(*) FROM placement WHERE state = 'accepted'") == [(1,)]


async def test_the_same_placement_twice_at_once(service: Jobs) -> None:
    [person] = await service.people(1)
    post_id = await post(service)
    answers = await asyncio.gather(*(asked(service, person, post_id) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]
    placing = Placing(service, next(one for one in answers if one.status_code == 201).json()["id"])
    await placing.to("placed")
    version = (await service.sql("SELECT version FROM placement"))[0][0]
    body = {"to": "arrived", "on": today().isoformat(), "wage": WAGE, "industry": "C"}
    path, headers = f"/placements/{placing.id}/moves", {"If-Match": f'"{version}"'}
    arrivals = await asyncio.gather(*(service.post(path, body, headers=headers) for _ in range(4)))
    assert sorted(answer.status_code for answer in arrivals) == [200, 412, 412, 412]
    assert await service.sql("SELECT filled FROM post") == [(1,)]
    assert len(await service.told(PlacementStarted)) == 1


async def test_two_posts_swap_their_people_at_once(service: Jobs) -> None:
    """Each arrival frees the other's opening: posts are locked in one order, so neither waits for the other for ever."""
    first, second = await service.people(1, 2)
    here, there = await post(service, openings=2), await post(service, openings=2)
    for person, post_id in ((first, here), (second, there)):
        await (await refer(service, person, post_id)).arrived(5)
    swaps = [
        await (await refer(service, first, there)).to("placed"),
        await (await refer(service, second, here)).to("placed"),
    ]
    answers = await asyncio.gather(*(one.move("arrived", wage=WAGE, industry="C") for one in swaps))
    assert [answer.status_code for answer in answers] == [200, 200]
    assert await service.sql("SELECT filled FROM post") == [(1,), (1,)]


@pytest.mark.parametrize("seed", range(6))
async def test_random_walks_keep_the_books(service: Jobs, seed: int) -> None:
    """Whatever three people do at two posts of two openings and one: openings are never exceeded, nobody is bound or at
    work twice, and what is filled is what has arrived."""
    chance = Random(seed)
    people = await service.people(1, 2, 3)
    posts = [await post(service, openings=2), await post(service, openings=1)]
    steps = [(chance.randrange(3), chance.randrange(2), chance.randrange(6)) for _ in range(45)]
    await _walk(service, people, posts, steps)
    assert await service.sql("SELECT count(*) > 0 FROM placement_move WHERE to_state = 'arrived'") == [(True,)]


async def _walk(service: Jobs, people: list[UUID], posts: list[UUID], steps: list[tuple[int, int, int]]) -> None:
    placings: dict[tuple[int, int], Placing] = {}
    for who, where, choice in steps:
        placing = placings.get((who, where))
        state = (await placing.view())["state"] if placing else None
        if placing is None or state in FINAL:
            answer = await asked(service, people[who], posts[where])
            if answer.status_code == 201:
                placings[who, where] = Placing(service, answer.json()["id"])
        else:
            moves = moves_from(state)
            move = moves[0] if choice else moves[-1]  # mostly onwards
            brought = {"reason": {"reason": "family"}, "wage": {"wage": WAGE}}
            answer = await placing.move(move.to, **{k: v for need in move.needs for k, v in brought[need].items()})
        assert answer.status_code in (200, 201, 409), answer.text
        await _books_are_right(service)


async def _books_are_right(service: Jobs) -> None:
    wrong = await service.sql(
        "SELECT p.id FROM post p LEFT JOIN placement q ON q.post_id = p.id"
        " GROUP BY p.id HAVING p.filled <> count(*) FILTER (WHERE q.state = 'arrived')"
        " OR p.filled + count(*) FILTER (WHERE q.state IN ('accepted', 'placed')) > p.openings"
    )
    twice = await service.sql(
        "SELECT person_id FROM placement GROUP BY person_id HAVING count(*) FILTER (WHERE state = 'arrived') > 1"
        " OR count(*) FILTER (WHERE state IN ('accepted', 'placed')) > 1"
    )
    assert (wrong, twice) == ([], [])
