"""Posts: entry, lists, states, and openings under many hands."""

import asyncio
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from services.jobs import background
from services.jobs.background import sweep_posts
from services.jobs.rules.post_refusals import PostClosed, PostFilled
from services.jobs.usecases.openings import fill_opening, free_opening
from shared.areas import Scope
from shared.clock import utc_now
from tests.jobs.conftest import PINE, STONE, Jobs
from tests.jobs.posts import OTHER_CODE, POST, codes, employer, post

ANY = {"If-Match": "*"}


async def test_a_post_is_offered_and_shown_to_all_villages(service: Jobs) -> None:
    made = await post(service, await employer(service), certificates=["61804"], physical_demand="medium")
    assert (made["state"], made["free"], made["place"]) == ("open", 2, "441900000000")
    shown = await service.get(f"/posts/{made['id']}", "village", PINE)
    assert shown["trade"] == {"code": "61804", "text": "五金制品和工装工具制造人员"}
    assert shown["physical_demand"]["code"] == "medium"
    assert shown["employer"]["name"] == "东莞市示例五金有限公司"
    assert shown["policy_id"] is not None


async def test_a_bar_by_sex_is_refused_naming_the_law(service: Jobs) -> None:
    draft = {**POST, "employer_id": str(await employer(service)), "sex": "1", "age_high": 45}
    answer = await service.post("/posts", draft, headers={"Accept-Language": "zh"})
    assert answer.status_code == 422
    assert codes(answer) == ["sex-bar-unlawful", "age-bar-unlawful"]
    told = " ".join(one["message"] for one in answer.json()["errors"])
    assert "就业促进法》第三条、第二十七条" in told
    assert "人力资源市场暂行条例" in told
    pit = {**draft, "age_high": None, "trade": "61600", "sex_reason": "forbidden_for_women"}
    assert (await service.post("/posts", pit)).status_code == 201


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"pay_low": "6500"}, "pay-order"),
        ({"place": "44"}, "place-to-county"),
        ({"place": "440100"}, "place-to-county"),
        ({"place": "东莞"}, "area-code-characters"),
        ({"trade": "99999"}, "choice-invalid"),
        ({"openings": 0}, "number-out-of-range"),
        ({"until_on": "2026-01-01"}, "post-until-past"),
        ({"age_low": 15}, "age-below-working"),
    ],
)
async def test_what_cannot_be_offered(service: Jobs, terms: dict[str, object], code: str) -> None:
    answer = await service.post("/posts", {**POST, "employer_id": str(await employer(service)), **terms})
    assert (answer.status_code, codes(answer)) == (422, [code])


async def test_work_abroad(service: Jobs) -> None:
    made = await post(service, await employer(service), place="abroad")
    assert made["place"] == "abroad"
    found = await service.get("/posts", params={"place": "abroad"})
    assert [one["id"] for one in found["items"]] == [made["id"]]


async def test_lists_by_trade_place_pay_lodging_and_page(service: Jobs) -> None:
    one = await employer(service)
    mason = await post(service, one, trade="62901", place="440106", pay_low="5500", lodging=False)
    night = await post(service, one, place="330106001000", pay_low="4000", shift="night")
    bench = await post(service, one)

    async def listed(**params: object) -> list[str]:
        return [each["id"] for each in (await service.get("/posts", params=params))["items"]]

    assert await listed() == [bench["id"], night["id"], mason["id"]]
    assert await listed(trade="62901") == [mason["id"]]
    assert await listed(place="44") == [bench["id"], mason["id"]]
    assert await listed(pay_from=4500) == [bench["id"], mason["id"]]
    assert await listed(lodging=True) == [bench["id"], night["id"]]
    assert await listed(night=True) == [night["id"]]
    assert await listed(night=False, lodging=False) == [mason["id"]]
    first = await service.get("/posts", params={"limit": 2})
    rest = await service.get("/posts", params={"limit": 2, "after": first["next"]})
    assert [each["id"] for each in rest["items"]] == [mason["id"]]
    assert rest["next"] is None


async def test_a_township_proposes_and_the_county_confirms(service: Jobs) -> None:
    made = await post(service, await employer(service), "township", STONE)
    path = f"/posts/{made['id']}"
    assert made["state"] == "proposed"
    assert (await service.get("/posts"))["items"] == []
    refused = await service.post(f"{path}/confirmation", role="township", area=STONE, headers=ANY)
    assert refused.status_code == 403
    assert (await service.post(f"{path}/confirmation", headers=ANY)).json()["state"] == "open"
    own = await service.post(f"{path}/closing", {"reason": "withdrawn"}, "township", STONE, headers=ANY)
    assert (own.status_code, codes(own)) == (409, ["post-not-yours"])
    assert codes(await service.post(f"{path}/confirmation", headers=ANY)) == ["post-move-illegal"]
    assert (
        await service.post("/posts", {**POST, "employer_id": made["employer"]["id"]}, "village", PINE)
    ).status_code == 403


async def test_a_change_needs_the_version_read(service: Jobs) -> None:
    made = await post(service, await employer(service))
    path = f"/posts/{made['id']}"
    assert (await service.call("PUT", f"{path}/terms", json=POST)).status_code == 428
    changed = await service.call("PUT", f"{path}/terms", json={**POST, "openings": 5}, headers={"If-Match": '"1"'})
    assert (changed.json()["openings"], changed.headers["etag"]) == (5, '"2"')
    stale = await service.call("PUT", f"{path}/terms", json=POST, headers={"If-Match": '"1"'})
    assert stale.status_code == 412


async def test_the_same_number_of_one_employer_once(service: Jobs) -> None:
    one = await employer(service)
    await post(service, one, ref="A-1")
    again = await service.post("/posts", {**POST, "employer_id": str(one), "ref": "A-1"})
    assert codes(again) == ["post-ref-known"]
    draft = {**POST, "employer_id": str(one), "ref": "A-2"}
    answers = await asyncio.gather(*(service.post("/posts", draft) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    await post(service, await employer(service, credit_code=OTHER_CODE), ref="A-1")


async def test_however_many_come_at_once_no_opening_is_given_twice(service: Jobs, now: datetime) -> None:
    made = await post(service, await employer(service), openings=3)

    async def take() -> bool:
        try:
            async with service.database.write(Scope.everywhere()) as session:
                await fill_opening(session, made["id"], now)
        except PostFilled:
            return False
        return True

    taken = await asyncio.gather(*(take() for _ in range(6)))
    assert sum(taken) == 3
    shown = await service.get(f"/posts/{made['id']}")
    assert (shown["state"], shown["filled"], shown["free"]) == ("filled", 3, 0)
    below = await service.call("PUT", f"/posts/{made['id']}/terms", json=POST, headers=ANY)
    assert codes(below) == ["post-openings-below"]
    more = await service.call("PUT", f"/posts/{made['id']}/terms", json={**POST, "openings": 4}, headers=ANY)
    assert more.json()["state"] == "open"
    async with service.database.write(Scope.everywhere()) as session:
        await free_opening(session, made["id"], now)
    assert (await service.get(f"/posts/{made['id']}"))["free"] == 2


async def test_posts_close_by_date(service: Jobs, now: datetime, today: date) -> None:
    one = await employer(service)
    last_day = await post(service, one, until_on=today.isoformat())
    past = await post(service, one, until_on=today.isoformat())
    await service.sql("UPDATE post SET until_on = :day WHERE id = :id", day=today - timedelta(days=1), id=past["id"])
    assert [each["id"] for each in (await service.get("/posts"))["items"]] == [last_day["id"]]
    await sweep_posts(service.database, utc_now())
    assert (await service.get(f"/posts/{last_day['id']}"))["state"] == "open"
    closed = await service.get(f"/posts/{past['id']}")
    assert (closed["state"], closed["closed_reason"]["code"]) == ("closed", "past")
    again = await service.post(f"/posts/{past['id']}/reopening", headers=ANY)
    assert codes(again) == ["post-until-past"]


async def test_courses_that_do_not_end_keep_no_seat_from_who_waits(
    service: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = []

    async def fails(*_: Any, **__: Any) -> int:
        raise RuntimeError

    async def seat_waiting(*_: Any, **__: Any) -> int:
        done.append("seats")
        return 0

    monkeypatch.setattr(background, "end_past", fails)
    monkeypatch.setattr(background, "seat_waiting", seat_waiting)
    with pytest.raises(ExceptionGroup):
        await sweep_posts(service.database, utc_now())
    assert done == ["seats"]


async def test_a_closed_post_takes_nobody(service: Jobs) -> None:
    made = await post(service, await employer(service))
    await service.post(f"/posts/{made['id']}/closing", {"reason": "withdrawn"}, headers=ANY)
    with pytest.raises(PostClosed):
        async with service.database.write(Scope.everywhere()) as session:
            await fill_opening(session, made["id"], utc_now())


async def test_another_county_sees_nothing(service: Jobs) -> None:
    made = await post(service, await employer(service))
    elsewhere = await service.call("GET", f"/posts/{made['id']}", area="539922")
    assert (elsewhere.status_code, codes(elsewhere)) == (404, ["post-not-found"])
    assert (await service.get("/posts", area="539922"))["items"] == []
