"""Cadres report the feeds that name them, within their own areas, one by one or in batches; and nothing else."""

import json
from typing import Any
from uuid import UUID

import pytest

from shared.contracts.alerts import AlertRaised
from shared.ids import new_id
from tests.alerts.conftest import ALERTS, BATCHES, EDUCATION, OTHER_COUNTY, VILLAGE, Service, absence, bearer, id_number
from tests.alerts.silence import tell_policies

PATROL = {"finding": "发现风险", "topic": "就医"}
HOTLINE = {"channel": "12345", "topic": "就学", "status": "待办"}
CLUE = {"level": "省", "topic": "饮水", "status": "待核实"}
REQUEST = {"topic": "住房", "kind": "新申报"}
EVIDENCE = {
    "cadre.patrol": PATROL,
    "household.request": REQUEST,
    "rural.hotline": HOTLINE,
    "upper.clue": CLUE,
    "education.absence": {"days_absent": 4},
}
FAMILIES = {
    "cadre.patrol": "medical",
    "household.request": "housing",
    "rural.hotline": "education",
    "upper.clue": "water",
    "education.absence": "education",
}
MAY = {
    "village": {"cadre.patrol", "household.request"},
    "township": {"cadre.patrol", "household.request"},
    "county": {"cadre.patrol", "household.request", "rural.hotline", "upper.clue"},
    "supervisor": set(),
    "admin": set(),
}


@pytest.fixture
async def told(service: Service) -> Service:
    """The service with its policies."""
    await tell_policies(service)
    return service


def draft(feed: str, n: int = 0, **changed: Any) -> dict[str, Any]:
    """A report under a feed."""
    person = {"id_number": id_number(n), "name": "某人"}
    return absence(**{"feed": feed, "source_ref": f"r-{n}", "person": person, "evidence": EVIDENCE[feed], **changed})


@pytest.mark.parametrize("feed", EVIDENCE)
@pytest.mark.parametrize("role", MAY)
async def test_role_by_feed(told: Service, role: str, feed: str) -> None:
    """Also with the feed in the token: an account's feeds are for bureaus."""
    answers = [await told.post(ALERTS, draft(feed), headers=bearer(role, feeds)) for feeds in ((), (feed,), ("*",))]
    if feed in MAY[role]:
        assert [a.status_code for a in answers] == [201, 200, 200]
        (event,) = await told.heard.hear(AlertRaised)
        assert (event.feed, event.risk_family) == (feed, FAMILIES[feed])
    else:
        assert {a.status_code for a in answers} == {403}
        assert {a.json()["code"] for a in answers} <= {"feed-not-permitted", "role-not-permitted"}
        assert await told.count("alert") == 0


@pytest.mark.parametrize("role", ["village", "township", "county"])
async def test_within_their_own_areas(told: Service, role: str) -> None:
    headers = bearer(role, areas=[VILLAGE])
    assert (await told.post(ALERTS, draft("cadre.patrol"), headers=headers)).status_code == 201
    for area in ("539921100002", OTHER_COUNTY):
        answer = await told.post(ALERTS, draft("cadre.patrol", 1, area_code=area), headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (404, "area-not-permitted")


async def test_a_bureau_reports_its_own_feeds_and_no_cadres(told: Service) -> None:
    own = bearer("bureau", ["cadre.patrol"])
    assert (await told.post(ALERTS, draft("cadre.patrol"), headers=own)).status_code == 201
    answer = await told.post(ALERTS, draft("cadre.patrol"), headers=EDUCATION)
    assert (answer.status_code, answer.json()["code"]) == (403, "feed-not-permitted")


async def batch(service: Service, headers: Any, drafts: list[Any]) -> tuple[str, dict[str, Any]]:
    content = "\n".join(json.dumps(one) for one in drafts)
    more = {"Content-Type": "application/x-ndjson"}
    answer = await service.http.post(BATCHES, content=content, headers={**headers, **more})
    assert answer.status_code == 202, answer.text
    batch_id: str = answer.json()["id"]
    for _ in range(500):
        found: dict[str, Any] = (await service.get(f"{BATCHES}/{batch_id}", headers=headers)).json()
        if found["state"] == "done":
            return batch_id, found
    raise AssertionError(found)


async def test_a_batch_may_hold_what_its_sender_may_report(told: Service) -> None:
    drafts = [
        draft("cadre.patrol", 1),
        draft("household.request", 2),
        draft("upper.clue", 3),
        draft("education.absence", 4),
        draft("cadre.patrol", 5, area_code="539921100002"),
    ]
    headers = bearer("village", ["education.absence", "*"], [VILLAGE], new_id())
    batch_id, found = await batch(told, headers, drafts)
    assert (found["accepted"], found["rejected"]) == (2, 3)
    errors = (await told.get(f"{BATCHES}/{batch_id}/errors", headers=headers)).json()["items"]
    assert [(e["row"], e["code"]) for e in errors] == [
        (3, "feed-not-permitted"),
        (4, "feed-not-permitted"),
        (5, "area-not-permitted"),
    ]
    assert {e.feed: e.risk_family for e in await told.heard.hear(AlertRaised, 2)} == {
        "cadre.patrol": "medical",
        "household.request": "housing",
    }


async def test_a_cadres_batch_is_his_own_and_the_countys(told: Service) -> None:
    me = UUID(int=7)
    batch_id, _ = await batch(told, bearer("village", (), [VILLAGE], me), [draft("cadre.patrol", 1)])
    for headers, status in (
        (bearer("village", (), [VILLAGE]), 404),
        (bearer("township"), 404),
        (bearer("bureau"), 404),
        (bearer("bureau", ["education.absence"]), 404),
        (EDUCATION, 404),
        (bearer("county"), 200),
        (bearer("supervisor"), 200),
    ):
        answer = await told.get(f"{BATCHES}/{batch_id}", headers=headers)
        assert answer.status_code == status, headers


async def test_what_they_reported_they_do_not_read_as_a_bureau(told: Service) -> None:
    made = (await told.post(ALERTS, draft("cadre.patrol"), headers=bearer("village"))).json()
    for path in (ALERTS, f"{ALERTS}/{made['id']}"):
        assert (await told.get(path, headers=bearer("village"))).status_code == 403
