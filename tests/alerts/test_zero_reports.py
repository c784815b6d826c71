"""Zero reports: who may say that there was nothing, of what, how often, and how it is taken back."""

import asyncio
from typing import Any

import pytest

from tests.alerts.conftest import ALERTS, EDUCATION, MEDICAL, Service, bearer, cost, faults, key_changed, today
from tests.alerts.silence import ZEROS, push, tell_policies, zero


@pytest.fixture
async def told(service: Service) -> Service:
    """The service with its policies."""
    await tell_policies(service)
    return service


async def test_a_zero_report_is_kept_and_the_same_again_is_the_first(told: Service) -> None:
    answer = await zero(told, "2026-02", body={"note": "本月无新增"})
    made = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"{ZEROS}/{made['id']}"
    assert (made["feed"], made["period"], made["first"], made["last"]) == (
        "medical.cost",
        "2026-02",
        "2026-02-01",
        "2026-02-28",
    )
    assert (made["due_on"], made["late"], made["areas"], made["note"]) == ("2026-03-07", True, ["539921"], "本月无新增")
    again = await zero(told, "2026-02", body={"note": "另一说明"})
    assert (again.status_code, again.json()) == (200, made)
    assert await told.count("zero_report") == 1
    audited = await told.sql("SELECT action, detail->>'feed' FROM audit_entry WHERE action LIKE 'zero%'")
    assert [tuple(row) for row in audited] == [("zero-report:make", "medical.cost")]


async def test_ten_at_once_are_one(told: Service) -> None:
    answers = await asyncio.gather(*(zero(told, "2026-02") for _ in range(10)))
    assert sorted(a.status_code for a in answers) == [200] * 9 + [201]
    assert len({a.json()["id"] for a in answers}) == 1


async def test_in_time_is_not_late(told: Service) -> None:
    this_month = today().strftime("%Y-%m")
    assert (await zero(told, this_month)).json()["late"] is False


async def test_what_was_pushed_is_not_empty_and_what_was_taken_back_may_be(told: Service) -> None:
    alert_id = await push(told, "2026-02-28")
    answer = await zero(told, "2026-02")
    assert (answer.status_code, answer.json()["code"], faults(answer)) == (
        409,
        "period-pushed",
        {"period": "period-pushed"},
    )
    assert (await zero(told, "2026-01")).status_code == 201
    await told.post(f"{ALERTS}/{alert_id}/withdrawal", {"reason": "误报"}, headers=MEDICAL)
    assert (await zero(told, "2026-02")).status_code == 201


async def test_others_areas_do_not_count(told: Service) -> None:
    await told.tell(key_changed("part", ["medical.cost"], "medical").model_copy(update={"areas": ["539921101"]}))
    await push(told, "2026-02-28")
    assert (await zero(told, "2026-02", headers={"X-API-Key": "part"})).status_code == 201


@pytest.mark.parametrize(
    ("feed", "period", "status", "code"),
    [
        ("medical.cost", "2999-01", 422, "period-in-future"),
        ("medical.cost", "2026-02-01", 422, "period-unknown"),
        ("medical.cost", "2026-S1", 422, "period-unknown"),
        ("medical.cost", "2026-T1", 422, "period-unknown"),
        ("medical.cost", "", 422, "invalid-input"),
        ("medical.cost", "2" * 400, 422, "invalid-input"),
        ("education.absence", "2026-03-02", 403, "feed-not-permitted"),
        ("no.such", "2026-02", 403, "feed-not-permitted"),
    ],
)
async def test_what_cannot_be_said(told: Service, feed: str, period: str, status: int, code: str) -> None:
    answer = await zero(told, period, feed)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert period not in answer.text or len(period) < 8
    assert await told.count("zero_report") == 0


async def test_a_closed_feed_and_a_missing_calendar(told: Service) -> None:
    await told.sql("UPDATE feed SET active = false WHERE code = 'medical.cost'")
    assert faults(await zero(told, "2026-02")) == {"feed": "feed-unknown"}
    await told.sql("UPDATE feed SET active = true")
    await told.sql("DELETE FROM policy WHERE kind = 'feed-calendar'")
    answer = await zero(told, "2026-02")
    assert (answer.status_code, answer.json()["code"]) == (409, "policy-missing")


async def test_who_may(told: Service) -> None:
    for role in ("village", "township", "county", "supervisor", "admin"):
        answer = await zero(told, "2026-02", headers=bearer(role, ["medical.cost"]))
        assert (answer.status_code, answer.json()["code"]) == (403, "role-not-permitted"), role
    assert (await zero(told, "2026-02", headers=bearer("bureau", ["medical.cost"]))).status_code == 201
    assert (await zero(told, "2026-01", headers=bearer("bureau", ["medical.cost"], []))).status_code == 404
    assert (await zero(told, "2026-01", headers={})).status_code == 401


async def test_the_list_is_ones_own(told: Service) -> None:
    await zero(told, "2026-01")
    await zero(told, "2026-02")
    await zero(told, "2026-03-03", "education.absence", headers=EDUCATION)

    async def listed(headers: Any, **params: Any) -> list[str]:
        answer = await told.get(ZEROS, headers=headers, params=params)
        assert answer.status_code == 200, answer.text
        return [item["period"] for item in answer.json()["items"]]

    assert await listed(MEDICAL) == ["2026-02", "2026-01"]
    assert await listed(EDUCATION) == ["2026-03-03"]
    assert await listed(bearer("county")) == ["2026-03-03", "2026-02", "2026-01"]
    assert await listed(bearer("county"), bureau="education") == ["2026-03-03"]
    assert await listed(bearer("county"), feed="medical.cost", period="2026-01") == ["2026-01"]
    assert await listed(bearer("county", areas=["539921100"])) == ["2026-03-03", "2026-02", "2026-01"]
    assert await listed(bearer("county", areas=["539922"])) == []
    assert await listed(bearer("county", areas=["*"])) == ["2026-03-03", "2026-02", "2026-01"]
    page = (await told.get(ZEROS, headers=MEDICAL, params={"limit": 1})).json()
    rest = (await told.get(ZEROS, headers=MEDICAL, params={"limit": 1, "after": page["next"]})).json()
    assert [item["period"] for item in page["items"] + rest["items"]] == ["2026-02", "2026-01"]


async def test_free_texts_are_sealed_and_for_those_who_need_them(told: Service) -> None:
    made = (await zero(told, "2026-02", body={"note": "张三的费用下月补报"})).json()
    stored = await told.sql("SELECT whole::text FROM zero_report AS whole")
    assert "张三" not in str(stored)
    assert "张三".encode().hex() not in str(stored)
    for role in ("supervisor", "admin"):
        assert (await told.get(f"{ZEROS}/{made['id']}", headers=bearer(role))).json()["note"] is None
        listed = await told.get(ZEROS, headers=bearer(role))
        assert "张三" not in listed.text
    assert (await told.get(f"{ZEROS}/{made['id']}", headers=bearer("county"))).json()["note"] == "张三的费用下月补报"
    assert (await told.get(f"{ZEROS}/{made['id']}", headers=EDUCATION)).json()["code"] == "zero-report-not-found"


async def test_it_can_be_taken_back_once_and_said_again(told: Service) -> None:
    made = (await zero(told, "2026-02")).json()
    path = f"{ZEROS}/{made['id']}/withdrawal"
    for headers, status in (
        (EDUCATION, 404),
        (bearer("county"), 403),
        (bearer("bureau", ["medical.cost"], ["539921100"]), 404),
    ):
        assert (await told.post(path, {"reason": "漏报"}, headers=headers)).status_code == status
    answer = await told.post(path, {"reason": "漏报"}, headers=MEDICAL)
    assert (answer.status_code, answer.json()["withdrawal_reason"]) == (200, "漏报")
    again = await told.post(path, {"reason": "漏报"}, headers=MEDICAL)
    assert (again.status_code, again.json()["code"]) == (409, "zero-report-withdrawn")
    await push(told, "2026-02-10")
    assert (await zero(told, "2026-02")).json()["code"] == "period-pushed"
    await told.sql("UPDATE alert SET withdrawn_at = now()")
    fresh = await zero(told, "2026-02")
    assert fresh.status_code == 201
    assert fresh.json()["id"] != made["id"]


async def test_a_repeated_request_gets_its_answer(told: Service) -> None:
    headers = {**MEDICAL, "Idempotency-Key": "z-1"}
    first, again = await zero(told, "2026-02", headers=headers), await zero(told, "2026-02", headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["idempotency-replayed"] == "true"


async def test_an_alert_after_it_is_taken_all_the_same(told: Service) -> None:
    """A village that needs help does not suffer from what its bureau said before."""
    await zero(told, "2026-02")
    answer = await told.post(ALERTS, cost(occurred_on="2026-02-10"), headers=MEDICAL)
    assert answer.status_code == 201
