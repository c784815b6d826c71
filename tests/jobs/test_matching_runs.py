"""Runs of matching on a database: what goes in, what comes out, who may do what, and what a crash does."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from services.jobs.background import forget_inputs
from services.jobs.codes import LISTS
from services.jobs.matching_worker import MatchingWorker
from services.jobs.rules import matching_snapshot
from services.jobs.rules.matching import match
from services.jobs.usecases.matching_runs import INPUT, begin_run, count_attempt, finish_run
from shared.areas import Scope
from shared.clock import local_date, utc_now
from shared.contracts.jobs import MinorWorking
from shared.db.listening import MOST_ATTEMPTS
from tests.jobs.conftest import BRIDGE, PINE, RIVER, STONE, Jobs
from tests.jobs.matching_county import (
    MASON,
    SEWING,
    SHOES,
    ask,
    at_work,
    certificate,
    employer,
    matched,
    placement,
    post,
    proposals,
    seeker,
    work,
)
from tests.jobs.placements import born


async def input_of(service: Jobs, run_id: str) -> matching_snapshot.Input:
    [[sealed]] = await service.sql("SELECT input_sealed FROM matching_run WHERE id = :id", id=UUID(run_id))
    return matching_snapshot.read(matching_snapshot.unpacked(service.vault.open(sealed, INPUT)))


async def test_a_run_proposes_a_post_for_each_and_says_why(service: Jobs) -> None:
    works = await employer(service)
    sewing = await post(service, works, trade=SEWING)
    walls = await post(service, works, trade=MASON, title="砌筑工", certificates=[MASON])
    tailor = await seeker(service, 1, {"wanted_trades": [SEWING]}, household_class="monitored", grade="red")
    mason = await seeker(service, 2, {"wanted_trades": [MASON]})
    await certificate(service, mason, MASON)
    run = await matched(service)
    assert (run["people"], run["posts"], run["openings"], run["placed"]) == (2, 2, 2, 2)
    assert run["progress"] == 100
    assert run["proposals"] == {"proposed": 2}
    assert set(run["policies"]) == {"matching-weights", "labour-distances", "post-rules"}
    found = {one["person"]["id"]: one for one in await proposals(service, run=run["id"])}
    assert found[str(tailor)]["post"]["id"] == str(sewing)
    assert found[str(mason)]["post"]["id"] == str(walls)
    one = found[str(tailor)]
    assert sum(part["points"] for part in one["parts"]) == one["score"]
    assert {part["code"]: (part["points"], part["most"]) for part in one["parts"]}["trade"] == (250, 250)
    assert {group["code"] for group in one["groups"]} == {"registered_poor", "grade_red", "zero_employment", "jobless"}
    assert one["priority"] == 1000 + 300 + 400 + 400 + 200
    assert one["parts"][0]["text"] == "意向工种"


async def test_whoever_stays_without_a_post_hears_what_would_open_one(service: Jobs) -> None:
    works = await employer(service)
    walls = await post(service, works, trade=MASON, certificates=[MASON])
    unskilled = await seeker(service, 1, {"wanted_trades": [MASON]})
    far = await seeker(service, 2, {"care_within_km": 5, "wage_floor": "9000"})
    run = await matched(service)
    assert run["proposals"] == {"left": 2}
    found = {one["person"]["id"]: one for one in await proposals(service, run=run["id"], state="left")}
    one = found[str(unskilled)]
    assert one["why"]["code"] == "no_possible_post"
    assert one["post"]["id"] == str(walls)
    assert (one["change"]["code"], one["change"]["facts"]) == (
        "certificate_missing",
        {"certificates": [MASON], "course": 0},
    )
    assert found[str(far)]["change"] is None
    assert [each["person"]["id"] for each in await proposals(service, state="left", change="certificate_missing")] == [
        str(unskilled)
    ]


async def test_what_goes_in_is_what_is_true_today(service: Jobs) -> None:
    works, blamed = await employer(service), await employer(service, "黑名单厂", blacklisted_reason="wages_unpaid")
    good = await post(service, works, openings=3, filled=1, until_on=local_date(utc_now()))
    await post(service, works, until_on=local_date(utc_now()) - timedelta(days=1))
    await post(service, works, state="closed")
    await post(service, works, openings=2, filled=1, reserved=1)
    await post(service, blamed)
    person = await seeker(service, 1, {"wage_floor": "2999.50", "wanted_trades": [SHOES], "night_ok": False})
    await at_work(service, person, wage=3400, trade=SHOES)
    promised = await seeker(service, 2)
    await placement(service, promised, good, works)
    gone = await seeker(service, 3)
    await service.sql("UPDATE person SET active = false WHERE id = :id", id=gone)
    run = await matched(service)
    given = await input_of(service, run["id"])
    [one] = given.seekers
    assert (one.person_id, one.wage, one.own_trade, one.wage_floor) == (str(person), 3400, SHOES, 3000)
    assert (one.wanted_trades, one.night_ok, one.groups) == ((SHOES,), False, frozenset())
    [opening] = given.openings
    assert (opening.post_id, opening.free) == (str(good), 1)  # of three one is filled and one promised
    assert given.terms.villagers == {(PINE, "440306"): 1}


async def test_who_stayed_counts_for_the_employer(service: Jobs) -> None:
    works = await employer(service)
    good = await post(service, works, openings=9)
    today = local_date(utc_now())
    for number, answer in enumerate(("same_post", "home_without_work", "not_reached", None), start=1):
        [person] = await service.people(number)
        arrived = today - timedelta(days=100)
        await placement(service, person, good, works, state="ended", arrived_on=arrived, stay_90=answer)
    [late] = await service.people(9)
    await placement(service, late, good, works, state="arrived", arrived_on=today, stay_90=None)
    await seeker(service, 10)
    run = await matched(service)
    stays = (await input_of(service, run["id"])).terms.stays
    assert {key: (seen.placed, seen.stayed) for key, seen in stays.items()} == {str(works): (2, 1)}


async def test_the_same_input_gives_the_same_result(service: Jobs) -> None:
    works = await employer(service)
    for number in range(1, 6):
        await post(service, works, pay_low=4000 + number * 100)
        await seeker(service, number)
    run = await matched(service)
    await service.sql("UPDATE post SET state = 'closed'")  # whatever is true by now
    answer = await service.post(f"/matching-runs/{run['id']}/repetition")
    assert answer.status_code == 202
    await work(service)
    again = await service.get(f"/matching-runs/{answer.json()['id']}")
    assert (again["state"], again["repeats"], again["same_result"]) == ("done", run["id"], True)
    assert (again["input_digest"], again["result_digest"]) == (run["input_digest"], run["result_digest"])
    assert again["proposals"] == {}
    assert len(await proposals(service, run=run["id"])) == 5  # and the first run's stand


async def test_a_later_run_takes_the_place_of_what_is_undecided(service: Jobs) -> None:
    works = await employer(service)
    await post(service, works, openings=2)
    first_person, second_person = await seeker(service, 1), await seeker(service, 2)
    first = await matched(service)
    [one, _] = await proposals(service, run=first["id"])
    assert {one["person"]["id"]} < {str(first_person), str(second_person)}
    declined = await service.post(
        f"/matching-proposals/{one['id']}/refusal", {"reason": "too_far"}, headers={"If-Match": '"1"'}
    )
    assert declined.status_code == 200
    assert declined.json()["reason"]["code"] == "too_far"
    second = await matched(service)
    states = {each["id"]: each["state"] for each in await proposals(service, state=["lapsed", "declined"])}
    assert states[one["id"]] == "declined"
    assert sorted(states.values()) == ["declined", "lapsed"]
    assert second["proposals"] == {"proposed": 2}


async def test_accepting_looks_at_everything_once_more(service: Jobs) -> None:
    works = await employer(service)
    wanted = await post(service, works, openings=2)
    await seeker(service, 1)
    await seeker(service, 2)
    run = await matched(service)
    [one, two] = await proposals(service, run=run["id"])
    path = f"/matching-proposals/{one['id']}/acceptance"
    assert (await service.post(path)).status_code == 428
    assert (await service.post(path, headers={"If-Match": '"7"'})).status_code == 412
    taken = await service.post(path, "", "village", PINE, headers={"If-Match": '"1"'})
    assert taken.status_code == 200, taken.text
    assert (taken.json()["state"], taken.headers["etag"]) == ("accepted", '"2"')
    placed = await service.get(taken.headers["location"].removeprefix("/jobs/v1"), "village", PINE)
    assert (placed["state"], placed["person"]["id"]) == ("referred", one["person"]["id"])
    [[proposal]] = await service.sql("SELECT proposal_id FROM placement")
    assert str(proposal) == one["id"]
    again = await service.post(path, headers={"If-Match": '"2"'})
    assert (again.status_code, again.json()["code"]) == (409, "matching-proposal-decided")
    assert "（已采纳）" in again.json()["title"]
    await service.sql("UPDATE post SET pay_low = 100, shift = 'night' WHERE id = :id", id=wanted)
    await service.sql("UPDATE work_need SET night_ok = false, wage_floor = 4000")
    other = f"/matching-proposals/{two['id']}/acceptance"
    worse = await service.post(other, headers={"If-Match": '"1"'})
    assert (worse.status_code, worse.json()["code"]) == (409, "placement-barred")
    reasons = LISTS["exclusion"].texts
    told = [reasons["wage_floor"]["zh"], reasons["night_refused"]["zh"]]
    assert [fault["message"] for fault in worse.json()["errors"]] == told
    worse = await service.post(other, headers={"If-Match": '"1"', "Accept-Language": "en"})
    assert worse.json()["errors"][0]["message"] == reasons["wage_floor"]["en"]
    await service.sql("UPDATE post SET state = 'closed' WHERE id = :id", id=wanted)
    closed = await service.post(other, headers={"If-Match": '"1"'})
    assert closed.json()["code"] == "placement-barred"  # the person's own reasons are told before the post's
    await service.sql("UPDATE post SET pay_low = 4500, shift = 'day'")
    closed = await service.post(other, headers={"If-Match": '"1"'})
    assert closed.json()["code"] == "placement-post-not-open"
    assert (await service.get(f"/matching-proposals/{two['id']}"))["state"] == "proposed"
    assert await service.sql("SELECT subject FROM audit_entry WHERE action = 'matching-proposal:accept'") == [
        (one["id"],)
    ]


@pytest.mark.parametrize("post_state", ["open", "closed"])
async def test_nobody_under_sixteen_is_accepted_and_it_is_told(service: Jobs, post_state: str) -> None:
    await post(service, await employer(service))
    person = await seeker(service, 1)
    run = await matched(service)
    [one] = await proposals(service, run=run["id"])
    await service.sql("UPDATE person SET birth_on = :day WHERE id = :id", day=born(15), id=person)
    await service.sql("UPDATE post SET state = :state", state=post_state)
    path = f"/matching-proposals/{one['id']}/acceptance"
    stale = await service.post(path, "", "village", PINE, headers={"If-Match": '"7"'})
    assert stale.status_code == 412
    assert await service.told(MinorWorking) == []
    refused = await service.post(path, "", "village", PINE, headers={"If-Match": '"1"'})
    assert (refused.status_code, refused.json()["code"]) == (409, "placement-under-sixteen")
    [told] = await service.told(MinorWorking)
    assert (told.found_in, told.age) == ("placement", 15)
    assert await service.sql("SELECT subject FROM audit_entry WHERE action = 'placement:minor'") == [(str(person),)]
    assert await service.sql("SELECT id FROM placement") == []
    assert (await service.get(f"/matching-proposals/{one['id']}"))["state"] == "proposed"


async def test_a_run_is_repeated_once_at_a_time(service: Jobs) -> None:
    await post(service, await employer(service))
    await seeker(service, 1)
    run = await matched(service)
    path = f"/matching-runs/{run['id']}/repetition"
    answers = await asyncio.gather(*(service.post(path) for _ in range(3)))
    assert sorted(one.status_code for one in answers) == [202, 409, 409]
    assert {one.json()["code"] for one in answers if one.status_code == 409} == {"matching-run-goes"}
    await work(service)
    assert (await service.post(path)).status_code == 202  # it is over
    assert await service.sql("SELECT count(*) FROM matching_run WHERE repeats IS NOT NULL") == [(2,)]


async def test_each_sees_the_proposals_of_their_own_people(service: Jobs) -> None:
    works = await employer(service)
    await post(service, works, openings=2)
    here = await seeker(service, 1)
    there = await seeker(service, 2, area_code=BRIDGE)
    run = await matched(service)
    seen = await service.get("/matching-proposals", "village", PINE)
    assert [one["person"]["id"] for one in seen["items"]] == [str(here)]
    assert seen["items"][0]["parts"][0]["most"] == 250
    seen = await service.get("/matching-proposals", "township", RIVER)
    [other] = seen["items"]
    assert other["person"]["id"] == str(there)
    assert (await service.call("GET", f"/matching-proposals/{other['id']}", "village", PINE)).status_code == 404
    assert (await service.call("GET", f"/matching-runs/{run['id']}", "township", RIVER)).status_code == 404
    masked = await service.get("/matching-proposals", "supervisor")
    assert {one["person"]["name"] for one in masked["items"]} == {"张*"}


async def test_a_township_matches_its_own_people(service: Jobs) -> None:
    works = await employer(service)
    await post(service, works, openings=2)
    here = await seeker(service, 1)
    await seeker(service, 2, area_code=BRIDGE)
    answer = await service.post("/matching-runs", {}, "township", STONE)
    assert answer.status_code == 202
    outside = await service.post("/matching-runs", {"area_code": RIVER}, "township", STONE)
    assert outside.status_code == 404
    await work(service)
    [one] = await proposals(service)
    assert one["person"]["id"] == str(here)


async def test_two_runs_do_not_go_on_in_one_area(service: Jobs) -> None:
    await ask(service)
    for draft in ({}, {"area_code": STONE}):
        answer = await service.post("/matching-runs", draft)
        assert (answer.status_code, answer.json()["code"]) == (409, "matching-run-goes")
    assert await work(service) == 1
    await ask(service)


async def test_a_run_that_waits_is_cancelled(service: Jobs) -> None:
    await post(service, await employer(service))
    await seeker(service, 1)
    run_id = await ask(service)
    answer = await service.post(f"/matching-runs/{run_id}/cancellation")
    assert answer.json()["state"] == "cancelled"
    assert await work(service) == 0
    assert await proposals(service) == []
    assert (await service.post(f"/matching-runs/{run_id}/cancellation")).json()["code"] == "matching-run-over"


async def test_a_run_that_goes_on_stops_when_it_is_cancelled(service: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    await post(service, await employer(service))
    await seeker(service, 1)
    run_id = await ask(service)
    monkeypatch.setattr("services.jobs.matching_worker.TELL_SECONDS", 0.0)
    told = MatchingWorker._note

    async def note(worker: MatchingWorker, run: UUID, percent: int) -> bool:
        answer = await service.post(f"/matching-runs/{run_id}/cancellation")
        assert answer.status_code in (200, 409)
        return await told(worker, run, percent)

    monkeypatch.setattr(MatchingWorker, "_note", note)
    assert await work(service) == 1
    run = await service.get(f"/matching-runs/{run_id}")
    assert (run["state"], run["placed"]) == ("cancelled", None)
    assert await proposals(service) == []


async def test_a_killed_worker_leaves_a_run_that_goes_on_with_its_input(service: Jobs) -> None:
    works = await employer(service)
    await post(service, works)
    person = await seeker(service, 1)
    run_id = await ask(service)
    async with service.database.write(Scope.everywhere()) as session:
        assert await begin_run(session, service.vault, UUID(run_id), utc_now()) is not None
    # here it died; meanwhile the world has changed
    await post(service, works, pay_low=9000, pay_high=9000)
    await seeker(service, 2)
    assert await work(service) == 1
    run = await service.get(f"/matching-runs/{run_id}")
    assert (run["state"], run["people"], run["posts"]) == ("done", 1, 1)
    [one] = await proposals(service)
    assert one["person"]["id"] == str(person)


async def test_a_run_that_kills_every_worker_is_given_up(service: Jobs) -> None:
    await post(service, await employer(service))
    await seeker(service, 1)
    run_id = await ask(service)
    for _ in range(MOST_ATTEMPTS):
        async with service.database.write(Scope.everywhere()) as session:
            assert await count_attempt(session, UUID(run_id), utc_now())
    assert await work(service) == 1
    run = await service.get(f"/matching-runs/{run_id}")
    assert (run["state"], bool(run["failure"])) == ("failed", True)


async def test_an_attempt_is_counted_before_its_input_is_read(service: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is killed in the middle of that leaves it counted; an orderly stop takes back its own and no other."""
    run_id, reading = UUID(await ask(service)), asyncio.Event()

    async def read(*_: object) -> None:
        reading.set()
        await asyncio.sleep(600)

    async def attempts() -> int:
        [[number]] = await service.sql("SELECT attempts FROM matching_run WHERE id = :id", id=run_id)
        return int(number)

    async with service.database.write(Scope.everywhere()) as session:
        assert await count_attempt(session, run_id, utc_now())  # by one that was killed
    monkeypatch.setattr("services.jobs.matching_worker.begin_run", read)
    working = asyncio.create_task(work(service))
    await asyncio.wait_for(reading.wait(), 30)
    assert await attempts() == 2
    working.cancel()
    await asyncio.wait([working])
    assert await attempts() == 1


async def test_a_failure_ends_the_run_and_says_so(service: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    await post(service, await employer(service))
    await seeker(service, 1)
    run_id = await ask(service)

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("services.jobs.matching_worker.match", broken)
    await work(service)
    assert (await service.get(f"/matching-runs/{run_id}"))["state"] == "failed"


async def test_what_was_cancelled_while_it_was_reckoned_is_not_written(service: Jobs) -> None:
    await post(service, await employer(service))
    await seeker(service, 1)
    run_id = UUID(await ask(service))
    async with service.database.write(Scope.everywhere()) as session:
        given = await begin_run(session, service.vault, run_id, utc_now())
    assert given is not None
    outcome = match(given.seekers, given.openings, given.terms)
    await service.post(f"/matching-runs/{run_id}/cancellation")
    async with service.database.write(Scope.everywhere()) as session:
        assert not await finish_run(session, run_id, given, outcome, utc_now())
    assert await proposals(service) == []


async def test_exposure_and_unlawful_bars_are_told(service: Jobs) -> None:
    works = await employer(service)
    await post(service, works, openings=9, age_high=35)
    for number in range(1, 7):
        await seeker(service, number, {"wage_floor": "9000"} if number > 3 else {}, sex="1" if number > 3 else "2")
    run = await matched(service)
    lines = {(one["kind"], one["group"]): one for one in run["exposure"]}
    assert (lines["everybody", "all"]["people"], lines["everybody", "all"]["placed"]) == (6, 3)
    assert (lines["sex", "1"]["placed"], lines["sex", "2"]["placed"]) == (0, 3)
    [bar] = run["unlawful"]
    assert (bar["kind"], bar["reason"]) == ("age", None)


async def test_inputs_are_forgotten_and_then_no_run_is_repeated(service: Jobs) -> None:
    await post(service, await employer(service))
    await seeker(service, 1)
    run = await matched(service)
    await forget_inputs(service.database, 1, utc_now())
    assert (await service.post(f"/matching-runs/{run['id']}/repetition")).status_code == 202
    await work(service)
    await service.sql("UPDATE matching_run SET asked_at = asked_at - interval '2 days'")
    await forget_inputs(service.database, 1, utc_now())
    answer = await service.post(f"/matching-runs/{run['id']}/repetition")
    assert (answer.status_code, answer.json()["code"]) == (409, "matching-run-not-done")
    assert (await service.get(f"/matching-runs/{run['id']}"))["input_digest"] == run["input_digest"]


async def test_proposals_come_page_by_page_best_first(service: Jobs) -> None:
    works = await employer(service)
    for number in range(1, 6):
        await post(service, works, pay_low=3000 + number * 200)
        await seeker(service, number)
    await matched(service)
    scores, after = [], None
    while True:
        page = await service.get("/matching-proposals", params={"limit": 2, **({"after": after} if after else {})})
        scores += [one["score"] for one in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert len(scores) == 5
    assert scores == sorted(scores, reverse=True)
