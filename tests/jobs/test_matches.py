"""The posts for one person at once: ranked, explained, and what keeps the person from the others."""

from typing import Any
from uuid import uuid4

import pytest

from tests.jobs.conftest import BAMBOO, PINE, Jobs
from tests.jobs.matching_county import MASON, SEWING, SHOES, at_work, employer, matched, post, proposals, seeker
from tests.jobs.placements import born


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


@pytest.mark.parametrize("closed", [{"hazardous": True}, {"physical_demand": "very_heavy"}, {"trade": "61600"}])
async def test_list_and_run_close_to_minors_what_the_law_closes(service: Jobs, closed: dict[str, Any]) -> None:
    works = await employer(service)
    fit = await post(service, works, pay_low=3000, openings=2)
    barred = await post(service, works, pay_low=8000, pay_high=9000, openings=2, **closed)
    young = await seeker(service, 1, birth_on=born(17))
    grown = await seeker(service, 2, birth_on=born(18))
    found = await service.get(f"/people/{young}/matches")
    assert [one["post"]["id"] for one in found["best"]] == [str(fit)]
    assert {one["code"]: one["posts"] for one in found["excluded"]} == {"minor_hazardous": 1}
    explained = await service.get(f"/people/{young}/matches/{barred}")
    assert [one["code"] for one in explained["excluded"]] == ["minor_hazardous"]
    assert (await service.get(f"/people/{grown}/matches"))["possible"] == 2
    await matched(service)
    proposed = {one["person"]["id"]: one["post"]["id"] for one in await proposals(service)}
    assert proposed == {str(young): str(fit), str(grown): str(barred)}


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
