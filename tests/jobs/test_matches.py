"""The posts for one person at once: ranked, explained, and what keeps the person from the others."""

from uuid import uuid4

from tests.jobs.conftest import BAMBOO, PINE, Jobs
from tests.jobs.matching_county import MASON, SEWING, SHOES, at_work, employer, matched, post, proposals, seeker


async def test_posts_are_ranked_and_explained(service: Jobs) -> None:
    works = await employer(service)
    best = await post(service, works, trade=SEWING)
    good = await post(service, works, trade=SHOES)
    walls = await post(service, works, trade=MASON, certificates=[MASON])
    night = await post(service, works, shift="night", pay_low=2000, pay_high=2500)
    person = await seeker(service, 1, {"wanted_trades": [SEWING], "wage_floor": "3000", "night_ok": False})
    found = await service.get(f"/people/{person}/matches", "village", PINE)
    assert [one["post"]["id"] for one in found["best"]] == [str(best), str(good)]
    assert (found["possible"], found["looked_at"]) == (2, 4)
    assert {one["code"]: one["posts"] for one in found["excluded"]} == {
        "certificate_missing": 1,
        "wage_floor": 1,
        "night_refused": 1,
    }
    [near] = found["near"]
    assert (near["post"]["id"], near["change"]["code"]) == (str(walls), "certificate_missing")
    first = found["best"][0]
    assert sum(part["points"] for part in first["parts"]) == first["score"]
    one = await service.get(f"/people/{person}/matches/{night}")
    assert [reason["code"] for reason in one["excluded"]] == ["wage_floor", "night_refused"]
    english = await service.get(f"/people/{person}/matches/{night}", headers={"Accept-Language": "en"})
    assert english["excluded"][1]["text"] == "the person does not want to work at night"


async def test_the_list_says_the_same_as_a_run_would(service: Jobs) -> None:
    works = await employer(service)
    await post(service, works, trade=SHOES, pay_low=5200)
    await post(service, works, trade=SEWING, pay_low=4100)
    person = await seeker(service, 1, {"wanted_trades": [SHOES]})
    await at_work(service, person)
    found = await service.get(f"/people/{person}/matches")
    await matched(service)
    [proposed] = await proposals(service)
    assert proposed["post"]["id"] == found["best"][0]["post"]["id"]
    assert (proposed["score"], proposed["parts"]) == (found["best"][0]["score"], found["best"][0]["parts"])


async def test_somebody_who_asked_for_nothing_may_be_looked_at(service: Jobs) -> None:
    works = await employer(service)
    await post(service, works)
    [person] = await service.people(1)
    found = await service.get(f"/people/{person}/matches")
    assert found["possible"] == 1


async def test_only_people_of_the_own_areas(service: Jobs) -> None:
    await post(service, await employer(service))
    person = await seeker(service, 1)
    for path in (f"/people/{person}/matches", f"/people/{person}/matches/{uuid4()}"):
        assert (await service.call("GET", path, "village", BAMBOO)).status_code == 404
    answer = await service.call("GET", f"/people/{person}/matches/{uuid4()}", "village", PINE)
    assert answer.status_code == 404


async def test_no_post_is_no_error(service: Jobs) -> None:
    person = await seeker(service, 1)
    found = await service.get(f"/people/{person}/matches")
    assert (found["best"], found["possible"], found["looked_at"]) == ([], 0, 0)
