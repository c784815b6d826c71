"""Acting on what a matching run proposes: many at once, each checked as any other."""

from typing import Any
from uuid import UUID

from shared.contracts.jobs import MinorWorking
from shared.ids import new_id
from tests.jobs.conftest import BRIDGE, COUNTY, PINE, STONE, Jobs
from tests.jobs.placements import Placing, born, employer, post, refer, today


async def run(service: Jobs, *pairs: tuple[UUID, UUID]) -> tuple[UUID, list[UUID]]:
    """A run that proposes a post to each person, and its proposals."""
    made = new_id()
    await service.sql(
        "INSERT INTO matching_run (id, area_code, state, progress, attempts, asked_by, asked_at)"
        " VALUES (:id, :area, 'done', 100, 1, :id, now())",
        id=made,
        area=COUNTY,
    )
    proposals = []
    for person, post_id in pairs:
        need = (await service.post("/needs", {"person_id": str(person)})).json()["id"]
        proposals.append(new_id())
        await service.sql(
            "INSERT INTO matching_proposal (id, run_id, person_id, area_code, need_id, post_id, state, priority, groups,"
            " possible, policy_id, version) SELECT :id, :run, id, area_code, CAST(:need AS uuid), :post, 'proposed', 0,"
            " '{}', 1, :id, 1 FROM person WHERE id = :person",
            id=proposals[-1],
            run=made,
            need=need,
            post=post_id,
            person=person,
        )
    return made, proposals


async def choose(service: Jobs, run_id: UUID, *chosen: UUID, role: str = "county", area: str = COUNTY) -> Any:
    """Act on them, or on all."""
    body: dict[str, Any] = {"run_id": str(run_id), "on": today().isoformat()}
    if chosen:
        body["proposal_ids"] = [str(one) for one in chosen]
    answer = await service.post("/placements/from-proposals", body, role, area)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_what_is_right_with_one_is_kept_whatever_is_wrong_with_another(service: Jobs) -> None:
    good, full, bad, young = await service.people(1, 2, 3, 4)
    here = await post(service)
    closed = await post(service, state="closed")
    blacklisted = await post(service, await employer(service, blacklisted="unpaid_wages"))
    run_id, proposals = await run(service, (good, here), (full, closed), (bad, blacklisted), (young, here))
    await service.sql("UPDATE person SET birth_on = :day WHERE id = :id", day=born(15), id=young)
    answer = await choose(service, run_id)
    assert (answer["referred"], answer["repeated"], answer["refused"]) == (1, 0, 3)
    outcomes = {one["proposal_id"]: (one["outcome"], one["code"]) for one in answer["items"]}
    assert [outcomes[str(one)] for one in proposals] == [
        ("referred", None),
        ("refused", "placement-post-not-open"),
        ("refused", "placement-employer-blacklisted"),
        ("refused", "placement-under-sixteen"),
    ]
    assert all(one["reasons"] for one in answer["items"] if one["outcome"] == "refused")
    assert len(await service.told(MinorWorking)) == 1
    assert await service.sql("SELECT id, state FROM matching_proposal WHERE state <> 'proposed'") == [
        (proposals[0], "accepted")
    ]
    [placement] = await service.sql("SELECT person_id, post_id, proposal_id FROM placement")
    assert placement == (good, here, proposals[0])
    assert await service.sql("SELECT subject FROM audit_entry WHERE action = 'matching-proposal:accept'") == [
        (str(proposals[0]),)
    ]


async def test_the_same_again_is_a_repetition(service: Jobs) -> None:
    people = await service.people(1, 2)
    here = await post(service)
    run_id, proposals = await run(service, *((one, here) for one in people))
    assert (await choose(service, run_id, proposals[0]))["referred"] == 1
    again = await choose(service, run_id, *proposals)
    assert (again["referred"], again["repeated"]) == (1, 1)
    other, [foreign] = await run(service, (people[0], await post(service)))
    del other
    mixed = await choose(service, run_id, foreign)
    assert [(one["outcome"], one["code"]) for one in mixed["items"]] == [("refused", "placement-proposal-of-another")]


async def test_of_a_minor_somebody_hears_whatever_else_is_wrong(service: Jobs) -> None:
    [young] = await service.people(1)
    run_id, _ = await run(service, (young, await post(service, state="closed")))
    await service.sql("UPDATE person SET birth_on = :day WHERE id = :id", day=born(15), id=young)
    await service.sql("UPDATE work_need SET state = 'withdrawn', closed_at = now()")
    [outcome] = (await choose(service, run_id))["items"]
    assert (outcome["outcome"], outcome["code"]) == ("refused", "placement-under-sixteen")
    assert len(await service.told(MinorWorking)) == 1


async def test_whoever_declined_is_not_referred(service: Jobs) -> None:
    [person] = await service.people(1)
    run_id, [one] = await run(service, (person, await post(service)))
    declined = await service.post(
        f"/matching-proposals/{one}/refusal", {"reason": "too_far"}, headers={"If-Match": '"1"'}
    )
    assert declined.status_code == 200, declined.text
    [outcome] = (await choose(service, run_id, one))["items"]
    assert (outcome["outcome"], outcome["code"]) == ("refused", "matching-proposal-decided")
    assert "（未采纳）" in outcome["reasons"][0]
    assert await service.sql("SELECT id FROM placement") == []


async def test_all_of_a_run_again_asks_no_refuser_again(service: Jobs) -> None:
    one, two = await service.people(1, 2)
    here = await post(service)
    run_id, proposals = await run(service, (one, here), (two, here))
    first = await choose(service, run_id)
    refuser = Placing(service, first["items"][0]["placement_id"])
    assert (await refuser.move("refused", reason="family")).status_code == 200
    assert (await choose(service, run_id))["items"] == []
    named = await choose(service, run_id, *proposals)
    assert (named["referred"], named["repeated"]) == (0, 2)
    assert await service.sql("SELECT count(*) FROM placement") == [(2,)]


async def test_a_township_acts_on_its_own_people_alone(service: Jobs) -> None:
    [here] = await service.people(1, area_code=PINE)
    [there] = await service.people(2, area_code=BRIDGE)
    place = await post(service)
    run_id, proposals = await run(service, (here, place), (there, place))
    answer = await choose(service, run_id, role="township", area=STONE)
    assert [one["proposal_id"] for one in answer["items"]] == [str(proposals[0])]
    refused = await service.post(
        "/placements/from-proposals", {"run_id": str(run_id), "on": today().isoformat()}, "village", PINE
    )
    assert refused.status_code == 403


async def test_more_people_than_openings(service: Jobs) -> None:
    """A referral promises nothing, but where every opening is promised none is made."""
    people = await service.people(*range(1, 5))
    place = await post(service, openings=1)
    taken: Placing = await (await refer(service, people[0], place)).to("accepted")
    run_id, _ = await run(service, *((one, place) for one in people[1:]))
    assert (await choose(service, run_id))["refused"] == 3
    assert (await taken.move("refused", reason="family")).status_code == 200
    assert (await choose(service, run_id))["referred"] == 3
