"""Lists, details, feeds, withdrawal: one's own feeds and areas, and nobody in clear."""

from typing import Any

import pytest

from shared.contracts.alerts import AlertRaised, AlertWithdrawn
from tests.alerts.conftest import (
    ALERTS,
    EDUCATION,
    FIRST_ID_NUMBER,
    MEDICAL,
    OTHER_COUNTY,
    Service,
    absence,
    absences,
    bearer,
    cost,
    days_ago,
    key_changed,
    pupil,
)

FEEDS = "/alerts/v1/feeds"
READERS = ("county", "supervisor", "admin")


async def refs(service: Service, headers: Any = EDUCATION, **query: Any) -> list[str]:
    """The source_refs of a list, over all pages."""
    found, after = [], {}
    while True:
        answer = await service.get(ALERTS, headers=headers, params={**query, **after})
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found += [item["source_ref"] for item in page["items"]]
        if page["next"] is None:
            return found
        after = {"after": page["next"]}


async def test_a_list_is_newest_first_and_pages_join(service: Service) -> None:
    for draft in absences(7):
        await service.post(ALERTS, draft)
    newest = [f"JY-{n}" for n in range(6, -1, -1)]
    assert await refs(service) == newest
    assert await refs(service, limit=3) == newest
    assert await refs(service, limit=7) == newest


async def test_filters(service: Service) -> None:
    await service.post(ALERTS, absence(source_ref="a", occurred_on=days_ago(9), severity="high"))
    await service.post(ALERTS, absence(source_ref="b", area_code="539921100002", person=pupil(1)))
    withdrawn = await service.post(ALERTS, absence(source_ref="c", person=pupil(2)))
    await service.post(f"{withdrawn.headers['location']}/withdrawal", {"reason": "误报"})

    assert await refs(service, severity="high") == ["a"]
    assert await refs(service, area="539921100002") == ["b"]
    assert await refs(service, area="5399") == ["c", "b", "a"]
    assert await refs(service, state="withdrawn") == ["c"]
    assert await refs(service, occurred_from=days_ago(3)) == ["c", "b"]
    assert await refs(service, occurred_to=days_ago(3)) == ["a"]
    assert await refs(service, occurred_from=days_ago(9), occurred_to=days_ago(9)) == ["a"]
    assert await refs(service, feed="education.absence", state="reported") == ["b", "a"]
    for query in ({"area": "5_"}, {"state": "x"}, {"after": "x"}, {"after": "WyJ4Il0"}, {"limit": 0}):
        assert (await service.get(ALERTS, params=query)).status_code == 422, query


async def test_each_bureau_sees_its_own(service: Service) -> None:
    mine = await service.post(ALERTS, absence())
    await service.post(ALERTS, cost(), headers=MEDICAL)

    assert (await refs(service), await refs(service, MEDICAL)) == (["JY-1"], ["YB-1"])
    assert await refs(service, MEDICAL, feed="education.absence") == []
    other = await service.get(mine.headers["location"], headers=MEDICAL)
    assert (other.status_code, other.json()["code"]) == (404, "alert-not-found")
    assert (await service.get(f"{ALERTS}/01890000-0000-7000-8000-000000000000")).status_code == 404
    assert await refs(service, bearer("bureau", ["*"])) == ["YB-1", "JY-1"]
    assert await refs(service, bearer("bureau")) == []


async def test_the_county_sees_all_and_villages_what_a_feed_means(service: Service) -> None:
    place = (await service.post(ALERTS, absence())).headers["location"]
    await service.post(ALERTS, cost(), headers=MEDICAL)
    for role in READERS:
        assert await refs(service, bearer(role)) == ["YB-1", "JY-1"], role
        assert (await service.get(place, headers=bearer(role))).json()["person"]["name"] == "张**"
    for role in ("township", "village"):
        for path in (ALERTS, place, f"{FEEDS}/medical.cost/versions"):
            answer = await service.get(path, headers=bearer(role))
            assert (answer.status_code, answer.json()["code"]) == (403, "role-not-permitted"), (role, path)
        feed = await service.get(f"{FEEDS}/medical.cost", headers=bearer(role))
        assert (feed.status_code, feed.json()["code"]) == (200, "medical.cost"), role


async def test_nobody_sees_beyond_the_own_areas(service: Service) -> None:
    await service.tell(
        key_changed("everywhere", ["education.absence"], "education").model_copy(update={"areas": ["*"]})
    )
    everywhere = {"X-API-Key": "everywhere"}
    far = await service.post(ALERTS, absence(source_ref="far", area_code=OTHER_COUNTY), headers=everywhere)
    await service.post(ALERTS, absence(source_ref="near", person=pupil(1)))

    assert await refs(service, everywhere) == ["near", "far"]
    assert await refs(service) == ["near"]
    assert await refs(service, bearer("county", areas=["539922"])) == ["far"]
    assert (await service.get(far.headers["location"])).status_code == 404
    withdrawal = await service.post(f"{far.headers['location']}/withdrawal", {"reason": "误报"})
    assert withdrawal.status_code == 404


async def test_a_withdrawal_is_told_behind_its_alert(service: Service) -> None:
    place = (await service.post(ALERTS, absence())).headers["location"]
    answer = await service.post(f"{place}/withdrawal", {"reason": "学校误报，张小明已返校"})

    assert answer.status_code == 200
    assert (answer.json()["state"], answer.json()["withdrawal_reason"]) == ("withdrawn", "学校误报，张小明已返校")
    (raised,), (withdrawn,) = await service.heard.hear(AlertRaised), await service.heard.hear(AlertWithdrawn)
    assert (withdrawn.alert_id, withdrawn.key) == (raised.alert_id, raised.key)
    assert [message.type for message in service.heard.messages] == [AlertRaised.type, AlertWithdrawn.type]
    again = await service.post(f"{place}/withdrawal", {"reason": "再次"})
    assert (again.status_code, again.json()["code"]) == (409, "alert-already-withdrawn")
    (entry,) = await service.sql("SELECT action, subject, area_code FROM audit_entry")
    assert tuple(entry) == ("alert:withdraw", answer.json()["id"], "539921100001")
    repeated = await service.post(ALERTS, absence())
    assert (repeated.status_code, repeated.json()["state"]) == (200, "withdrawn"), "a repeated row revives nothing"


async def test_who_may_withdraw(service: Service) -> None:
    place = (await service.post(ALERTS, absence())).headers["location"]
    body = {"reason": "误报"}
    for headers, status in ((MEDICAL, 404), *((bearer(role), 403) for role in (*READERS, "township", "village"))):
        assert (await service.post(f"{place}/withdrawal", body, headers=headers)).status_code == status
    for bad in ({}, {"reason": ""}, {"reason": "x" * 501}, {"reason": "误报", "more": 1}):
        assert (await service.post(f"{place}/withdrawal", bad)).status_code == 422, bad
    assert (await service.get(place)).json()["state"] == "reported"
    account = bearer("bureau", ["education.absence"])
    assert (await service.post(f"{place}/withdrawal", body, headers=account)).status_code == 200


@pytest.mark.parametrize("role", ["supervisor", "admin"])
async def test_who_needs_no_free_text_gets_none(service: Service, role: str) -> None:
    place = (await service.post(ALERTS, absence())).headers["location"]
    await service.post(f"{place}/withdrawal", {"reason": "张小明已返校"})
    assert (await service.get(place, headers=bearer("county"))).json()["withdrawal_reason"] == "张小明已返校"
    answer = await service.get(place, headers=bearer(role))
    assert answer.json()["withdrawal_reason"] is None
    assert "张小明" not in answer.text
    assert FIRST_ID_NUMBER not in answer.text


async def test_feeds_tell_what_evidence_they_want(service: Service) -> None:
    own = (await service.get(FEEDS)).json()["items"]
    assert [feed["code"] for feed in own] == ["education.absence"]
    assert own[0]["bureau"] == "教育体育局"
    assert "days_absent" in own[0]["evidence_schema"]["properties"]
    english = await service.get(f"{FEEDS}/education.absence", headers={**EDUCATION, "Accept-Language": "en"})
    assert english.json()["name"] == "Pupil absent from school"
    every = (await service.get(FEEDS, headers=bearer("county"))).json()["items"]
    assert {"education.absence", "medical.cost"} <= {feed["code"] for feed in every}
    for code, headers in (("medical.cost", EDUCATION), ("no.such", bearer("county"))):
        answer = await service.get(f"{FEEDS}/{code}", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (404, "feed-not-found")
