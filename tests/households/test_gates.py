"""The whole road through the service: it is open to who has everything, and to nobody else."""

import random

import pytest

from tests.households.conftest import COUNTY, RIVER, Households, policy_id
from tests.households.monitoring import CASES, evidence, minutes, move
from tests.households.road import Road

KINDS = ("gate-terms", "measure-fit", "asset-comparison", "case-clocks", "income-line")
ALL = (*Road.IDENTIFICATION, *Road.HELP, *Road.ELIMINATION)


async def test_who_does_everything_gets_out_of_risk(service: Households) -> None:
    road = await (await Road(service).open()).walk(*ALL)
    assert [(step, answer.text) for step, answer in road.refused] == []
    assert await road.state() == "eliminated"
    judged = await service.sql(
        "SELECT evidence->'policies' FROM case_move WHERE to_state IN ('monitored', 'eliminated')"
    )
    versions = {kind: str(policy_id(kind)) for kind in KINDS}
    assert judged == [(versions,), (versions,)]


IDENTIFYING = ("visit", "authorise", "ask", "answer", "settle", "draft", "post", "wait", "end")
ENDING = ("plan", "deliver", "half_a_year", "assure", "earn", "look_again", "check", "draft", "post", "wait", "end")


@pytest.mark.parametrize("left_out", IDENTIFYING)
async def test_nobody_is_identified_who_lacks_anything(service: Households, left_out: str) -> None:
    road = await (await Road(service).open()).walk(*Road.IDENTIFICATION, skip={left_out})
    assert await road.state() in ("comparison", "deliberation", "notice")
    refused = {answer.json()["code"] for step, answer in road.refused if step.startswith("to_")}
    assert refused <= {"gate-not-met", "case-move-illegal"}
    assert "gate-not-met" in refused


@pytest.mark.parametrize("left_out", ENDING)
async def test_nobody_is_out_of_risk_who_lacks_anything(service: Households, left_out: str) -> None:
    road = await (await Road(service).open()).walk(*Road.IDENTIFICATION)
    assert await road.state() == "monitored"
    await road.walk(*Road.HELP, *Road.ELIMINATION, skip={left_out})
    assert await road.state() != "eliminated"
    await road.walk(*(step for step in ALL if step.startswith("to_")))  # pushing does not help
    assert await road.state() != "eliminated"


@pytest.mark.parametrize("seed", range(3))
async def test_no_order_of_steps_leads_round_the_gates(service: Households, seed: int) -> None:
    """Steps in any order, again and again: whoever arrives has done what the gate asks."""
    rng = random.Random(seed)
    road = await (await Road(service).open()).walk(*(ALL if seed == 0 else ()), skip={"half_a_year", "deliver"})
    done: set[str] = set()
    moves = [step for step in dict.fromkeys(ALL) if step.startswith("to_")]
    deeds = [step for step in dict.fromkeys(ALL) if step not in moves]
    for _ in range(40):
        deed = rng.choice(deeds)
        done.add(deed)
        await road.step(deed)
        await road.walk(*rng.sample(moves, 4))
        if await road.state() == "eliminated":
            break
    if await road.state() == "eliminated":
        assert await road.missing("eliminated") == set()
        assert {"half_a_year", "deliver"} <= done


async def test_a_household_without_labour_is_kept_in_sight(service: Households) -> None:
    road = await (await Road(service).open()).walk(*Road.IDENTIFICATION, *Road.HELP[:-1])
    await service.sql("UPDATE member SET labour_skill = 'lost'")
    answer_before = await road.missing("elimination_check")
    assert answer_before == {"labour"}
    await road.walk("to_elimination_check", *Road.ELIMINATION)
    assert await road.state() == "observation"
    told = next(answer for step, answer in road.refused if step == "to_elimination_check").json()
    assert [one["code"] for one in told["errors"]] == ["unmet-labour"]
    assert "整户无劳动力" in told["errors"][0]["message"]


async def test_a_vote_that_is_not_enough_is_told_before_anything_is_published(service: Households) -> None:
    road = await Road(service).open()
    await road.walk(*Road.IDENTIFICATION[: Road.IDENTIFICATION.index("to_notice")])
    few = evidence(minutes=minutes(4, 0, attendees=9))
    answer = await move(service, road.case_id, "notice", "village", evidence=few)
    assert answer.status_code == 409, answer.text
    assert [one["code"] for one in answer.json()["errors"]] == ["unmet-votes", "unmet-quorum"]
    assert "到会 9 人，同意 4 人，同意须超过到会人数的 50%" in answer.json()["errors"][0]["message"]
    assert (await road.state(), await road.missing("notice")) == ("deliberation", set())
    await road.walk("to_notice", "draft", "post", "wait", "end")
    assert await road.state() == "notice"
    case = await service.get(f"{CASES}/{road.case_id}", "village")
    assert case["elimination_way"] is None, "nobody calls the risk gone yet, whatever came along"
    nobody_came = evidence(minutes=minutes(4, 0, attendees=9))  # minutes that no move asks for count for nothing
    assert (await move(service, road.case_id, "township_review", "village", evidence=nobody_came)).status_code == 200


async def test_a_vote_told_with_another_move_does_not_mend_the_one_there_was(service: Households) -> None:
    road = await Road(service).open()
    await road.walk(*Road.IDENTIFICATION[: Road.IDENTIFICATION.index("to_township_review")])
    await service.sql("UPDATE case_move SET evidence = jsonb_set(evidence, '{minutes,votes_for}', '4')")
    answer = await move(service, road.case_id, "township_review", "village")
    assert [one["code"] for one in answer.json()["errors"]] == ["unmet-votes"]


async def test_the_gate_shows_each_condition_long_before(service: Households) -> None:
    road = await Road(service).open()
    found = await road.gate("eliminated", "supervisor", COUNTY)
    assert (found["state"], found["to"], found["open"]) == ("clue", "eliminated", False)
    unmet = {one["code"]: one["missing"] for one in found["conditions"] if not one["met"]}
    assert {"months", "main-risk", "income-known", "votes", "notice", "water", "contact"} <= unmet.keys()
    assert unmet["months"] == "认定后监测不满 6 个月"
    assert unmet["income-line"] == "人均收入未知，无法认定超过现行监测范围"
    assert not [text for text in unmet.values() if "…" in text]
    assert all(one["missing"] is None for one in found["conditions"] if one["met"])
    assert found["policies"] == {kind: str(policy_id(kind)) for kind in KINDS}
    english = await service.get(
        f"{CASES}/{road.case_id}/gate?to=eliminated", "county", COUNTY, headers={"Accept-Language": "en"}
    )
    assert "Monitored for less than 6 months." in [one["missing"] for one in english["conditions"]]


async def test_risks_are_said_in_words(service: Households) -> None:
    road = await Road(service).open()
    await road.settle()
    missing = [one["missing"] for one in (await road.gate("planned"))["conditions"] if one["missing"]]
    assert "针对“因病”还没有匹配的帮扶措施" in missing


async def test_gates_of_others_are_not_there(service: Households) -> None:
    road = await Road(service).open()
    path = f"{CASES}/{road.case_id}/gate?to=monitored"
    assert (await service.call("GET", path, "township", RIVER)).status_code == 404
    for role in ("bureau", "admin"):
        assert (await service.call("GET", path, role)).status_code == 403
    answer = await service.call("GET", f"{CASES}/{road.case_id}/gate?to=dismissed")
    assert (answer.status_code, answer.json()["code"]) == (422, "no-gate")


async def test_without_terms_no_gate_opens(service: Households) -> None:
    road = await Road(service).open()
    await service.sql("DELETE FROM policy WHERE kind = 'gate-terms'")
    answer = await service.call("GET", f"{CASES}/{road.case_id}/gate?to=monitored")
    assert (answer.status_code, answer.json()["code"]) == (409, "policy-missing")
