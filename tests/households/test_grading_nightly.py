"""The register graded by night, and other rules that come into force."""

from datetime import timedelta

from services.households.background import grade_by_night
from services.households.queries.grade_nights import only_one
from services.households.rules.grade_movement import start_of
from services.households.usecases.grading_nightly import grade_county, grade_township
from shared.clock import local_date, utc_now
from tests.households.conftest import (
    BAMBOO,
    BRIDGE,
    RIVER,
    STONE,
    Households,
    household,
)
from tests.households.graded import RED, again, draft, grade, kinds, publish, set_facts, with_red
from tests.households.road import ANY


async def test_the_night_finds_what_nobody_told(service: Households) -> None:
    ids = await service.register(household(1), household(2, BAMBOO), household(3, BRIDGE))
    await set_facts(service, ids[0], **RED)
    await set_facts(service, ids[2], safe_water=False)
    now = utc_now()
    assert await grade_county(service.database, lambda: now) == 2, "two townships"
    assert [await grade(service, one) for one in ids] == ["red", "green", "yellow"]
    assert await service.sql("SELECT township, households, changed FROM grading_progress ORDER BY 1") == [
        (STONE[:9], 2, 1),
        (RIVER[:9], 1, 1),
    ]
    assert await grade_county(service.database, lambda: now) == 0, "once a day"
    assert await grade_county(service.database, lambda: now + timedelta(days=1)) == 2
    assert await service.sql("SELECT sum(changed)::int FROM grading_progress") == [(0,)], "nothing is written twice"


async def test_the_night_goes_on_where_it_was_broken_off(service: Households) -> None:
    ids = await service.register(household(1), household(3, BRIDGE))
    for id_ in ids:
        await set_facts(service, id_, **RED)
    now = utc_now()
    assert await grade_township(service.database, STONE[:9], now) == 1
    async with only_one(service.database) as alone:
        assert alone
        assert await grade_county(service.database, lambda: now) == 0, "one process at a time"
    assert await grade_county(service.database, lambda: now) == 1, "the township that is left"
    assert [await grade(service, one) for one in ids] == ["red", "red"]


async def test_the_night_is_after_half_past_one(service: Households) -> None:
    await service.register(household(1))
    midnight = start_of(local_date(utc_now()).replace(day=1))
    await grade_by_night(service.database, lambda: midnight + timedelta(hours=1))
    assert await service.sql("SELECT count(*) FROM grading_progress") == [(0,)]
    await grade_by_night(service.database, lambda: midnight + timedelta(hours=2))
    assert await service.sql("SELECT count(*) FROM grading_progress") == [(1,)]


async def test_other_rules(service: Households) -> None:
    ids = await service.register(household(1), household(2), household(3))
    await set_facts(service, ids[0], **RED)
    await set_facts(service, ids[1], safe_water=False)
    now = utc_now()
    await grade_county(service.database, lambda: now)
    await set_facts(service, ids[2], dwelling_level="D", only_home=False)
    newer = await publish(service, with_red("dwelling_level = 'D'"))
    await grade_county(service.database, lambda: now + timedelta(days=1))
    assert [await grade(service, one) for one in ids] == ["red", "green", "red"]
    assert await kinds(service, ids[0]) == ["registered", "new"]
    assert await kinds(service, ids[1]) == ["registered", "new", "rule"]
    assert await kinds(service, ids[2]) == ["registered", "rule"], "by the rules before it would still be green"
    shown = await service.get(f"/households/{ids[0]}/grade")
    assert (shown["policy_id"], shown["policy_version"]) == (str(newer), 2)
    assert shown["text"] == "红色重点帮扶：房屋鉴定等级为D级"


async def test_the_version_behind_a_green_household_advances(service: Households) -> None:
    [id_] = await service.register(household(1))
    newer = await publish(service, with_red("dwelling_level = 'D'"))
    await grade_county(service.database, utc_now)
    assert await service.sql("SELECT policy_id FROM household_grade") == [(newer,)]
    await set_facts(service, id_, **RED)
    await again(service, id_)
    assert await kinds(service, id_) == ["registered", "new"], "the rules were there before"


async def test_rules_of_an_area_and_none_at_all(service: Households) -> None:
    await service.sql("DELETE FROM policy WHERE kind = 'grade-rules'")
    ids = await service.register(household(1), household(2, BAMBOO))
    for id_ in ids:
        await set_facts(service, id_, **RED)
    shown = await service.get(f"/households/{ids[0]}/grade")
    assert (shown["grade"], shown["text"], shown["reasons"]) == (None, None, [])
    await publish(service, with_red("dwelling_level = 'D'"), area_prefix=BAMBOO)
    await grade_county(service.database, utc_now)
    assert (await service.get(f"/households/{ids[0]}/grade"))["grade"] is None
    assert await grade(service, ids[1]) == "red"
    answer = await service.post(f"/households/{ids[0]}/grade-override", draft(), headers=ANY)
    assert (answer.status_code, answer.json()["code"]) == (409, "grade-rules-missing")


async def test_rules_that_this_service_cannot_read(service: Households) -> None:
    """The directory may be newer, and know a fact that is not gathered here yet."""
    [id_] = await service.register(household(1))
    await publish(service, with_red("number_of_cows > 1"))
    await publish(service, {"what": "ever"}, version=3)
    await set_facts(service, id_, **RED)
    await again(service, id_)
    assert await grade(service, id_) == "red", "the version before goes on counting"
