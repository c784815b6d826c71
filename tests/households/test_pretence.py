"""What looks like pretence: found as it comes and in the night, told once, answered by the village, stopping nobody."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from services.households.background import look_for_pretence
from shared.clock import CHINA, utc_now
from shared.contracts.households import TaskOpened
from shared.contracts.pretence import PretenceSuspected
from shared.ids import new_id
from tests.households.conftest import BAMBOO, BRIDGE, PINE, RIVER, STONE, Households, household, id_number, person
from tests.households.monitoring import open_case
from tests.households.test_area_answers import asked, said, task_of, tell
from tests.households.test_area_checks import area_alert, villages
from tests.households.test_pretence_rules import TEXT
from tests.households.test_tasks import VERDICT, visit
from tests.households.test_visit_photos import send
from tests.households.test_visits import one_household, publish
from tests.shared.test_photos import camera, picture, written

LIMITS: dict[str, Any] = {
    "echo": {"least_answers": 8, "hours": 24, "share": 0.95},
    "copied_text": {"least_characters": 30, "similarity": 0.9, "days": 180, "compare_last": 50},
    "same_photo": {"days": 365, "distance": 4},
    "photo_origin": {"hours": 48, "kilometres": 5},
    "pace": {"kilometres_an_hour": 90, "least_kilometres": 3},
    "place": {
        "household_kilometres": 5,
        "least_of_household": 3,
        "village_kilometres": 15,
        "least_of_village": 10,
    },
    "reopened": {"days": 183, "verdicts": ["no_risk", "already_helped"]},
}
HERE = {"latitude": 27.1, "longitude": 104.2, "accuracy_m": 12}
FAR = {"latitude": 27.5, "longitude": 104.2, "accuracy_m": 12}  # 44 km to the north
MORNING = utc_now() - timedelta(days=30)


@pytest.fixture
async def watched(service: Households) -> Households:
    """With limits in force."""
    await publish(service, "pretence-detectors", LIMITS)
    return service


async def go(
    service: Households, household_id: str, minutes: float = 0, place: Any = None, text: str | None = None, **who: str
) -> dict[str, Any]:
    """A visit that is taken, whatever is thought of it."""
    at = (MORNING + timedelta(minutes=minutes)).isoformat()
    body = visit(visited_at=at, place=place, findings=text)
    role, area = who.get("role", "village"), who.get("area", PINE)
    answer = await service.post(f"/households/{household_id}/visits", body, role, area)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def found(service: Households, query: str = "") -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await service.get(f"/pretence-findings{query}"))["items"]
    return items


async def test_copied_words(watched: Households) -> None:
    first, _ = await one_household(watched)
    second, _ = await one_household(watched, number=2)
    one = await go(watched, first, 0, text=TEXT)
    assert await found(watched) == []
    await go(watched, first, 60 * 24 * 20, text=TEXT)
    assert await found(watched) == [], "a household may stay as it is"
    two = await go(watched, second, 60, text=TEXT.replace("，", "。"))
    [seen] = await found(watched)
    assert (seen["kind"], seen["visit_id"], seen["household_id"]) == ("copied-text", two["id"], second)
    assert one["id"] in seen["values"]["visits"]
    assert (seen["values"]["similarity"], seen["limits"]["similarity"]) == (1.0, 0.9)
    assert seen["kind_text"] == "走访记录雷同"
    assert seen["reason"] == "走访情况与同一走访人或本村在其他农户的 2 次记录相似，最高 100%"
    nearly = TEXT.replace("，", "。", 1) + "好"
    await go(watched, second, 90, text=nearly, role="township", area=STONE)
    assert len(await found(watched)) == 1, "somebody else found nearly the same words for it"
    copied = await go(watched, second, 95, text=TEXT, role="township", area=STONE)
    assert (await found(watched))[0]["visit_id"] == copied["id"], "word for word is a colleague's copy"


async def test_words_that_stand_far_back_are_found_by_their_index(watched: Households) -> None:
    limits = {**LIMITS["copied_text"], "compare_last": 2}
    await publish(watched, "pretence-detectors", {"copied_text": limits})
    ids = [(await one_household(watched, number=n))[0] for n in range(1, 6)]
    await go(watched, ids[0], 0, text=TEXT)
    for n, id_ in enumerate(ids[1:4], 1):
        await go(watched, id_, n, text=f"第{n}户" + TEXT[::-1][n * 4 :] + "！" * n)
    before = len(await found(watched))
    await go(watched, ids[4], 9, text=TEXT)
    [seen, *_] = await found(watched)
    assert len(await found(watched)) == before + 1
    assert seen["values"]["similarity"] == 1.0


async def test_impossible_pace(watched: Households) -> None:
    first, _ = await one_household(watched)
    second, _ = await one_household(watched, number=2)
    await go(watched, first, 0, HERE)
    late = await go(watched, second, 5, FAR)
    [seen] = await found(watched)
    assert (seen["kind"], seen["visit_id"]) == ("pace", late["id"])
    assert (seen["values"]["kilometres"], seen["values"]["minutes"]) == (44.5, 5.0)
    assert seen["reason"] == "与同一走访人的另一次走访至少相距 44.5 公里，间隔仅 5.0 分钟"
    between = await go(watched, first, 2, FAR)  # recorded after both, made between them
    pairs = [one for one in await found(watched) if one["visit_id"] == between["id"]]
    assert len(pairs) == 0, "of the same place and the same household nothing is impossible"


async def test_a_car_is_fast_enough(watched: Households) -> None:
    first, _ = await one_household(watched)
    second, _ = await one_household(watched, number=2)
    await go(watched, first, 0, HERE)
    await go(watched, second, 40, FAR)
    await go(watched, second, 1, FAR, role="township", area=STONE)  # two people may be in two places
    assert await found(watched) == []


async def test_a_visit_far_from_the_village(watched: Households) -> None:
    ids = [(await one_household(watched, number=n))[0] for n in range(1, 13)]
    for day, id_ in enumerate(ids[:10]):
        await go(watched, id_, day * 1440, HERE)
    assert await found(watched) == []
    away = await go(watched, ids[10], 12 * 1440, FAR)
    [seen] = await found(watched)
    assert (seen["kind"], seen["visit_id"], seen["values"]["basis"]) == ("place", away["id"], "village")
    assert seen["reason"] == "走访地点距本村以往 10 次走访的中心至少 44.5 公里"


async def test_a_household_that_lives_far_from_its_village(watched: Households) -> None:
    """Relocated households are visited where they live: their own places come before the village's."""
    ids = [(await one_household(watched, number=n))[0] for n in range(1, 13)]
    moved = ids[11]
    for day in range(3):
        await go(watched, moved, day * 1440, FAR)
    for day, id_ in enumerate(ids[:10], 4):
        await go(watched, id_, day * 1440, HERE)
    assert await found(watched) == []
    await go(watched, moved, 20 * 1440, FAR)
    assert await found(watched) == []
    await go(watched, moved, 21 * 1440, HERE)
    [seen] = await found(watched)
    assert (seen["kind"], seen["values"]["basis"]) == ("place", "household")


async def test_one_photo_for_two_households(watched: Households) -> None:
    first, _ = await one_household(watched)
    second, _ = await one_household(watched, number=2)
    here, again, there = [(await go(watched, id_, n))["id"] for n, id_ in enumerate((first, first, second))]
    original = written(picture())
    sent = (await send(watched, here, original)).json()
    await send(watched, again, original)
    assert await found(watched) == [], "of one household a photo may be sent twice"
    await send(watched, there, written(picture(9)))
    assert await found(watched) == []
    copy = (await send(watched, there, original)).json()
    smaller = (await send(watched, there, written(picture().resize((500, 375)), quality=40))).json()
    [like, same] = await found(watched, "?kind=same-photo")
    assert (same["values"]["exact"], same["visit_id"]) == (True, there)
    assert sent["id"] in same["values"]["photos"]
    assert (like["values"]["exact"], like["reason"][:6]) == (False, "照片与其他农")
    assert {copy["sha256"]} != {smaller["sha256"]}


async def test_one_photo_in_two_townships_is_found_in_the_night(watched: Households) -> None:
    first, _ = await one_household(watched)
    second, _ = await one_household(watched, BRIDGE, 2)
    here = (await go(watched, first))["id"]
    there = (await go(watched, second, area=BRIDGE))["id"]
    original = written(picture())
    await send(watched, here, original)
    await send(watched, there, original, area=BRIDGE)
    assert await found(watched) == [], "one village does not see the other's"
    for _ in range(2):
        await look_for_pretence(watched.database, utc_now())
    [seen] = await found(watched)
    assert (seen["kind"], seen["visit_id"], seen["values"]["exact"]) == ("same-photo", there, True)
    assert seen["area"]["code"] == BRIDGE


async def test_a_photo_of_another_day_and_place(watched: Households) -> None:
    id_, _ = await one_household(watched)
    at = datetime(2026, 3, 4, 9, tzinfo=CHINA)
    for moment, place, expected in (
        (at, {"latitude": 27.4417, "longitude": 104.875, "accuracy_m": 10}, set()),
        (at + timedelta(days=3), None, {"hours"}),
        (at + timedelta(days=3), HERE, {"hours", "kilometres"}),
    ):
        body = visit(visited_at=moment.isoformat(), place=place, findings=None)
        await watched.post(f"/households/{id_}/visits", body, "village", PINE)
        photo = (await send(watched, body["id"], written(picture(), exif=camera()))).json()
        seen = {tuple(one["values"]): one for one in await found(watched) if one["values"]["photo_id"] == photo["id"]}
        assert {name for values in seen for name in values} - {"photo_id"} == expected
    assert (await found(watched))[0][
        "reason"
    ] == "照片拍摄时间与走访时间相差 70.5 小时；照片拍摄地点与走访地点至少相距 76.7 公里"


async def open_tasks(service: Households, count: int, area: str = PINE, first: int = 1) -> list[str]:
    """So many households with an alert on each; their tasks."""
    numbers = range(first, first + count)
    await service.register(*(household(n, area, [person(n)]) for n in numbers))
    await service.deliver(*(service.alert(n, area=area, feed="upper.clue") for n in numbers))
    mine = {service.vault.person_key(id_number(n)) for n in numbers}
    assert len(mine) == count
    return [str(one.task_id) for one in (await service.told(TaskOpened))[-count:]]


async def give_back(service: Households, tasks: list[str], area: str = PINE, **more: Any) -> None:
    verdicts = [{"task_id": id_, "verdict": "risk_confirmed", "reason": "属实", **more} for id_ in tasks]
    report = (await service.post("/verdicts", {"verdicts": verdicts}, "village", area)).json()
    assert report["given"] == len(tasks), report


async def nights(service: Households, days: int = 6) -> None:
    """Every night from today on."""
    for day in range(days):
        await look_for_pretence(service.database, utc_now() + timedelta(days=day, hours=1))


async def test_a_list_given_back_as_it_came(watched: Households) -> None:
    await give_back(watched, await open_tasks(watched, 12))
    await give_back(watched, await open_tasks(watched, 12, BAMBOO, 101), BAMBOO, contact="本人")
    await give_back(watched, (await open_tasks(watched, 12, BRIDGE, 201))[:9], BRIDGE)
    await look_for_pretence(watched.database, utc_now())
    assert await found(watched) == [], "the day of an answer is not over"
    await nights(watched)
    [seen] = await found(watched)
    assert (seen["kind"], seen["area"]["code"], seen["household_id"]) == ("echo", PINE, None)
    assert seen["values"] == {"verdict": "risk_confirmed", "count": 12, "of": 12, "share": 1.0}
    assert seen["reason"] == ("当日下达的 12 项任务中，100% 在 24.0 小时内作出同一结论“存在风险”，且未附走访或联系人")
    assert len(await watched.told(PretenceSuspected)) == 1


async def test_a_risk_that_was_gone_and_is_back(watched: Households) -> None:
    await watched.register(household(1, PINE, [person(1)]), household(2, PINE, [person(2)]))
    for verdicts in (("no_risk", "no_risk"), ("risk_confirmed", "no_risk")):
        await watched.deliver(watched.alert(1), watched.alert(2))
        opened = {one.household_id: one.task_id for one in (await watched.told(TaskOpened))[-2:]}
        for task_id, verdict in zip(opened.values(), verdicts, strict=True):
            body = {"verdict": verdict, "reason": "核实"}
            assert (await watched.post(f"/tasks/{task_id}/verdict", body, "village", PINE)).status_code == 201
    await nights(watched, 2)
    [seen] = await found(watched)
    assert (seen["kind"], seen["values"]["verdict"], seen["values"]["after_days"]) == ("reopened", "no_risk", 0)
    assert seen["reason"] == "以“无风险”结案 0 天后，同一农户同类风险被确认"


async def test_a_risk_that_an_areas_list_said_was_none_and_is_back(watched: Households) -> None:
    (first, second, *_), task = await asked(watched)
    await tell(watched, task, said(first, at_risk=False))
    harmless, body = {**VERDICT, "basis": "phone"}, {**VERDICT, "basis": "phone", "verdict": "risk_confirmed"}
    assert (await watched.post(f"/tasks/{task['id']}/verdict", harmless, "village", PINE)).status_code == 201
    await watched.deliver(area_alert(watched, PINE))
    await tell(watched, await task_of(watched), said(first, at_risk=True), said(second, at_risk=True))
    await nights(watched, 2)
    both = await found(watched)
    assert {(one["kind"], one["household_id"], one["area"]["code"], one["values"]["verdict"]) for one in both} == {
        ("reopened", first, PINE, "no_risk"),
        ("reopened", second, PINE, "no_risk"),
    }, "the village's verdict answered for the second"

    await watched.deliver(watched.alert(1, feed="water.supply"))
    own = (await watched.told(TaskOpened))[-1]
    assert (await watched.post(f"/tasks/{own.task_id}/verdict", body, "village", PINE)).status_code == 201
    await nights(watched, 2)
    assert [(one["household_id"], one["case_id"]) for one in (await found(watched))[:-2]] == [(first, str(own.case_id))]


async def test_a_risk_of_its_own_that_was_none_and_an_areas_list_confirms(watched: Households) -> None:
    first, second, *_ = await villages(watched)
    await watched.deliver(watched.alert(1, feed="water.supply"), watched.alert(2, feed="income.monthly"))
    for one in (await watched.told(TaskOpened))[-2:]:
        body = {**VERDICT, "basis": "phone"}
        assert (await watched.post(f"/tasks/{one.task_id}/verdict", body, "village", PINE)).status_code == 201
    await watched.deliver(area_alert(watched, PINE))
    await tell(watched, await task_of(watched), said(first, at_risk=True), said(second, at_risk=True))
    await nights(watched, 2)
    [seen] = await found(watched)
    assert (seen["kind"], seen["household_id"]) == ("reopened", first), "the second was asked about another risk"


async def test_a_national_case_that_was_eliminated_and_is_back(watched: Households) -> None:
    cases = [await open_case(watched, number) for number in (1, 2, 3)]
    moved = """
    INSERT INTO case_move (id, case_id, area_code, round, to_state, happened_on, at, by, evidence)
    SELECT CAST(:move AS uuid), id, area_code, 1, :state, current_date - CAST(:days AS int), now(), opened_by, '{}'
    FROM monitoring_case WHERE id = CAST(:id AS uuid)
    """
    for case, days in zip(cases, (100, 200, None), strict=True):
        if days is not None:
            await watched.sql(moved, move=str(new_id()), id=case["id"], state="eliminated", days=days)
        await watched.sql(moved, move=str(new_id()), id=case["id"], state="monitored", days=0)
    await nights(watched, 2)
    [seen] = await found(watched)
    assert (seen["kind"], seen["case_id"], seen["values"]["after_days"]) == ("reopened", cases[0]["id"], 100)
    assert seen["reason"] == "监测对象风险消除 100 天后再次纳入监测"


async def test_a_finding_is_told_once_and_says_nothing_of_people(watched: Households) -> None:
    first, _ = await one_household(watched)
    second, _ = await one_household(watched, number=2)
    await go(watched, first, 0, HERE, TEXT)
    last = await go(watched, second, 5, FAR, TEXT)
    told = await watched.told(PretenceSuspected)
    assert sorted(one.kind for one in told) == ["copied-text", "pace"]
    assert {(one.area_code, str(one.visit_id), str(one.household_id)) for one in told} == {(PINE, last["id"], second)}
    stored = await watched.sql("SELECT detail::text FROM pretence_finding")
    rows = await watched.sql("SELECT value FROM outbox WHERE type = 'households.pretence-suspected'")
    assert not [row for row in (*stored, *rows) if "户主" in row[0] or "张三" in row[0]]


async def test_without_limits_in_force_nobody_looks(service: Households) -> None:
    first, _ = await one_household(service)
    second, _ = await one_household(service, number=2)
    await go(service, first, 0, HERE, TEXT)
    await go(service, second, 1, FAR, TEXT)
    await give_back(service, await open_tasks(service, 12, first=100))
    await nights(service)
    assert await found(service) == []


async def test_nothing_has_changed_said_of_two_places_at_once(watched: Households) -> None:
    ids = [(await one_household(watched, number=number))[0] for number in (1, 2)]
    for minutes, (id_, place) in enumerate(zip(ids, (HERE, FAR), strict=True)):
        body = {"id": str(uuid4()), "at": (MORNING + timedelta(minutes=minutes)).isoformat(), "place": place}
        assert (await watched.post(f"/households/{id_}/no-change", body, "village", PINE)).status_code == 201
    assert [one["kind"] for one in await found(watched)] == ["pace"]


async def test_nothing_has_changed_with_many_of_one_place_is_not_suspected(watched: Households) -> None:
    for number in range(1, 6):
        id_, _ = await one_household(watched, number=number)
        body = {"id": str(uuid4()), "at": (MORNING + timedelta(minutes=number)).isoformat(), "place": HERE}
        assert (await watched.post(f"/households/{id_}/no-change", body, "village", PINE)).status_code == 201
    assert await found(watched) == []


@pytest.fixture
async def two_findings(watched: Households) -> Households:
    """One in a village of each township."""
    for number, area in ((1, PINE), (3, BRIDGE)):
        for n in (number, number + 1):
            id_, _ = await one_household(watched, area, n)
            await go(watched, id_, n, HERE if n == number else FAR, area=area)
    return watched


async def test_who_sees_which(two_findings: Households) -> None:
    everything = [BRIDGE, PINE]
    for role, area, query, seen in (
        ("county", "539921000000", "", everything),
        ("supervisor", "539921000000", "", everything),
        ("supervisor", "539921000000", "?kind=pace", everything),
        ("supervisor", "539921000000", "?kind=echo", []),
        ("county", "539921000000", f"?area={RIVER}", [BRIDGE]),
        ("county", "539921000000", "?answered=true", []),
        ("county", "539921000000", "?answered=false", everything),
        ("township", STONE, "", [PINE]),
        ("township", STONE, f"?area={RIVER}", []),
        ("village", PINE, "", [PINE]),
        ("village", BAMBOO, "", []),
    ):
        items = (await two_findings.get(f"/pretence-findings{query}", role, area))["items"]
        assert [one["area"]["code"] for one in items] == seen, (role, area, query)
    page = await two_findings.get("/pretence-findings?limit=1")
    rest = await two_findings.get(f"/pretence-findings?limit=1&after={page['next']}")
    assert [one["area"]["code"] for one in (*page["items"], *rest["items"])] == everything
    assert rest["next"] is None


async def test_the_village_answers_once(two_findings: Households) -> None:
    [seen] = (await two_findings.get("/pretence-findings", "village", PINE))["items"]
    path, body = f"/pretence-findings/{seen['id']}/answer", {"answer": "device", "text": "手机定位漂移，张三可证"}
    for role, area, status in (("village", BRIDGE, 404), ("supervisor", "539921000000", 403)):
        assert (await two_findings.post(path, body, role, area)).status_code == status
    wrong = await two_findings.post(path, {"answer": "nonsense"}, "village", PINE)
    assert (wrong.status_code, wrong.json()["errors"][0]["code"]) == (422, "choice-invalid")
    given = await two_findings.post(path, body, "village", PINE)
    assert given.status_code == 200, given.text
    assert (given.json()["answer"], given.json()["answer_text"]) == ("device", body["text"])
    assert given.json()["answer_code_text"] == "手机时间或定位有误"
    assert (await two_findings.post(path, body, "village", PINE)).json() == given.json()
    other = await two_findings.post(path, {"answer": "other"}, "village", PINE)
    assert (other.status_code, other.json()["code"]) == (409, "pretence-answered")
    [masked] = (await two_findings.get(f"/pretence-findings?area={PINE}", "supervisor"))["items"]
    assert (masked["answer"], masked["answer_text"]) == ("device", None)
    [(sealed,)] = await two_findings.sql("SELECT answer_sealed FROM pretence_finding WHERE answer IS NOT NULL")
    assert two_findings.vault.open(sealed, "pretence-answer").decode() == body["text"]
    [(action,)] = await two_findings.sql("SELECT action FROM audit_entry WHERE subject = :id", id=seen["id"])
    assert action == "pretence:answer"


async def test_findings_in_english(two_findings: Households) -> None:
    page = await two_findings.get("/pretence-findings", headers={"Accept-Language": "en"})
    assert (
        page["items"][0]["reason"]
        == "Another visit of the same person lies at least 44.5 km away and 1.0 minutes apart."
    )
