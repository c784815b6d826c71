"""Triage: verdicts from a list, by phone or known fact, where the policy allows it."""

import asyncio
from datetime import timedelta
from typing import Any, Literal
from uuid import uuid4

import pytest

from services.households.rules.triage import Alerted, VisitMissing, basis_of, without_visit
from shared.clock import local_date, utc_now
from shared.contracts.alerts import AlertWorsened
from shared.contracts.households import Basis, VerdictGiven
from shared.contracts.policies import Triage
from tests.households.conftest import BAMBOO, BRIDGE, COUNTY, PINE, STONE, Households, household, person, policy_id
from tests.households.test_tasks import visit

NOTHING = {"verdict": "no_risk", "reason": "电话核实，已返校", "basis": "phone", "contact": "班主任李老师"}
SEVERE = Alerted("medical.cost", "high")
MILD = Alerted("education.absence", "low")
POLICY = Triage.model_validate(
    {
        "visit": False,
        "rules": [
            {"feed": "medical.cost", "visit": False},
            {"severity": "high", "verdict": "no_risk", "visit": True},
        ],
    }
)


def test_the_first_rule_that_fits_counts() -> None:
    assert not POLICY.needs_visit("medical.cost", "high", "no_risk")
    assert POLICY.needs_visit("education.absence", "high", "no_risk")
    assert not POLICY.needs_visit("education.absence", "high", "duplicate")
    assert not POLICY.needs_visit("education.absence", "low", "no_risk")


def test_what_may_be_said_without_a_visit() -> None:
    strict = Triage(visit=True)
    assert without_visit(strict, [MILD]) == ["risk_confirmed"]
    assert without_visit(None, [MILD]) == ["risk_confirmed"], "without a rule nothing is decided that needs one"
    assert "no_risk" in without_visit(POLICY, [MILD, SEVERE])
    assert "no_risk" not in without_visit(POLICY, [MILD, Alerted("education.absence", "high")])
    assert "no_risk" in without_visit(strict, []), "all alerts are withdrawn"


def test_a_policy_cannot_hold_back_a_risk() -> None:
    with pytest.raises(ValueError, match="always be told"):
        Triage.model_validate({"visit": False, "rules": [{"verdict": "risk_confirmed", "visit": True}]})
    assert not Triage(visit=True).needs_visit("medical.cost", "high", "risk_confirmed")


@pytest.mark.parametrize(
    ("told", "visited", "basis"),
    [(None, True, "visit"), (None, False, "known_fact"), ("phone", True, "phone"), ("visit", True, "visit")],
)
def test_what_a_verdict_rests_on(told: Basis | None, *, visited: bool, basis: Basis) -> None:
    assert basis_of(told, visited=visited) == basis


def test_a_visit_that_nobody_made() -> None:
    with pytest.raises(VisitMissing):
        basis_of("visit", visited=False)


async def alerts(service: Households, *severities: Literal["low", "medium", "high"], area: str = PINE) -> list[str]:
    """A household with an alert for each severity; their tasks."""
    start = 1 + len(await service.sql("SELECT 1 FROM household"))
    tasks = []
    for number, severity in enumerate(severities, start):
        await service.register(household(number, area, [person(number, phone=f"154000000{number:02}")]))
        await service.deliver(service.alert(number).model_copy(update={"severity": severity}))
        [(task_id,)] = await service.sql(
            "SELECT task.id FROM task JOIN household h ON h.id = household_id WHERE national_code = :code",
            code=f"{area}{number:04}",
        )
        tasks.append(str(task_id))
    return tasks


async def give(service: Households, *verdicts: dict[str, Any], **request: Any) -> dict[str, Any]:
    answer = await service.post("/verdicts", {"verdicts": list(verdicts)}, "village", PINE, **request)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def outcomes(report: dict[str, Any]) -> list[str]:
    """Each outcome, or the code of its refusal."""
    return [one["refusal"]["code"] if one["refusal"] else one["outcome"] for one in report["results"]]


async def test_the_list_says_what_may_be_answered_from_it(service: Households) -> None:
    mild, severe = await alerts(service, "low", "high")
    items = {one["id"]: one for one in (await service.get("/tasks?mine=true", "village", PINE))["items"]}
    assert (items[mild]["severity"], items[severe]["severity"]) == ("low", "high")
    assert "no_risk" in items[mild]["without_visit"]
    assert "no_risk" not in items[severe]["without_visit"]
    assert {"risk_confirmed", "duplicate"} <= set(items[severe]["without_visit"])
    contact = items[mild]["household"]["contact"]
    assert (contact["name"], contact["phone"]) == ("张三", "154****0001")
    shown = await service.post(
        f"/members/{contact['member_id']}/reveal", {"field": "phone", "reason": "visit"}, "village", PINE
    )
    assert shown.json()["value"] == "15400000001"


async def test_many_at_once_each_with_its_outcome(service: Households) -> None:
    one, two, severe, risky, done = await alerts(service, "low", "medium", "high", "high", "low")
    [elsewhere] = await alerts(service, "low", area=BRIDGE)
    first = await service.post(f"/tasks/{done}/verdict", {**NOTHING, "verdict": "duplicate"}, "village", PINE)
    assert first.status_code == 201
    report = await give(
        service,
        {"task_id": one, **NOTHING},
        {"task_id": severe, **NOTHING},
        {"task_id": risky, **NOTHING, "verdict": "risk_confirmed"},
        {"task_id": str(uuid4()), **NOTHING},
        {"task_id": elsewhere, **NOTHING},
        {"task_id": done, **NOTHING},
        {"task_id": two, **NOTHING, "basis": "visit"},
        {"task_id": two, **NOTHING, "basis": "known_fact", "contact": None},
        {"task_id": two, **NOTHING, "basis": "known_fact"},
    )
    assert outcomes(report) == [
        "given",
        "visit-required",
        "given",
        "task-not-found",
        "task-not-found",
        "task-already-closed",
        "visit-missing",
        "given",
        "repeated",
    ]
    assert (report["given"], report["repeated"], report["refused"]) == (3, 1, 5)
    refusal = report["results"][1]["refusal"]
    assert "须先入户走访" in refusal["message"]
    assert refusal["field"] == "basis"

    told = {str(event.task_id): event for event in await service.told(VerdictGiven)}
    assert told.keys() == {one, two, risky, done}
    assert (told[one].basis, told[two].basis, told[one].visited_on, told[one].area_code) == (
        "phone",
        "known_fact",
        None,
        None,
    )
    left = [task["id"] for task in (await service.get("/tasks?mine=true", "village", PINE))["items"]]
    assert left == [severe]
    records = await service.sql(
        "SELECT subject, detail->>'verdict', detail->>'basis', area_code FROM audit_entry WHERE action = 'verdict:give'"
    )
    assert {tuple(row) for row in records} == {
        (done, "duplicate", "phone", PINE),
        (one, "no_risk", "phone", PINE),
        (two, "no_risk", "known_fact", PINE),
        (risky, "risk_confirmed", "phone", PINE),
    }


async def test_a_verdict_keeps_its_basis_contact_and_policy(service: Households) -> None:
    [task_id] = await alerts(service, "low")
    await give(service, {"task_id": task_id, **NOTHING})
    assert await service.sql("SELECT basis, policy_id FROM verdict") == [("phone", policy_id("triage"))]
    task = await service.get(f"/tasks/{task_id}", "village", PINE)
    [shown] = (await service.get(f"/cases/{task['case_id']}", "village", PINE))["verdicts"]
    assert (shown["basis_text"], shown["contact"]) == ("电话核实", "班主任李老师")
    [masked] = (await service.get(f"/cases/{task['case_id']}", "supervisor"))["verdicts"]
    assert (masked["basis"], masked["contact"], masked["reason"]) == ("phone", None, None)
    assert task["without_visit"] == [], "there is nothing left to say"


async def test_the_same_request_again(service: Households) -> None:
    tasks = await alerts(service, "low", "medium")
    body = [{"task_id": task_id, **NOTHING} for task_id in tasks]
    key = {"headers": {"Idempotency-Key": "list-1"}}
    first = await give(service, *body, **key)
    assert await give(service, *body, **key) == first
    assert outcomes(await give(service, *body)) == ["repeated", "repeated"], "without the key as well"
    other = [{**one, "reason": "别的理由"} for one in body]
    assert outcomes(await give(service, *other)) == ["task-already-closed"] * 2
    by_other = await service.post("/verdicts", {"verdicts": body}, "township", STONE)
    assert outcomes(by_other.json()) == ["task-already-closed"] * 2
    assert len(await service.told(VerdictGiven)) == 2


async def test_lists_that_share_tasks_at_once(service: Households) -> None:
    tasks = await alerts(service, *["low"] * 10)
    orders = (tasks, tasks[::-1], tasks[5:] + tasks[:5])
    sent = [give(service, *({"task_id": task_id, **NOTHING} for task_id in order)) for order in orders]
    counts = [(report["given"], report["repeated"], report["refused"]) for report in await asyncio.gather(*sent)]
    assert sorted(counts) == [(0, 10, 0), (0, 10, 0), (10, 0, 0)]


async def test_one_verdict_by_phone(service: Households) -> None:
    mild, severe = await alerts(service, "low", "high")
    refused = await service.post(f"/tasks/{severe}/verdict", NOTHING, "village", PINE)
    assert (refused.status_code, refused.json()["code"]) == (409, "visit-required")
    unsaid = await service.post(f"/tasks/{severe}/verdict", {"verdict": "no_risk", "reason": "没事"}, "village", PINE)
    assert unsaid.json()["code"] == "visit-required", "not to say what it rests on opens no door"
    missing = await service.post(f"/tasks/{mild}/verdict", {**NOTHING, "basis": "visit"}, "village", PINE)
    assert (missing.status_code, missing.json()["code"]) == (409, "visit-missing")
    assert (await service.post(f"/tasks/{mild}/verdict", NOTHING, "village", PINE)).status_code == 201
    assert (await service.post(f"/tasks/{severe}/visits", visit(), "village", PINE)).status_code == 201
    still = await service.post(f"/tasks/{severe}/verdict", NOTHING, "village", PINE)
    assert still.json()["code"] == "visit-required", "a call is a call, whoever was there before"
    done = await service.post(f"/tasks/{severe}/verdict", {"verdict": "no_risk", "reason": "看过"}, "village", PINE)
    assert done.status_code == 201
    assert sorted(await service.sql("SELECT basis, policy_id IS NULL FROM verdict")) == [
        ("phone", False),
        ("visit", True),
    ]


async def test_without_a_policy_only_a_risk_is_told_unseen(service: Households) -> None:
    one, two = await alerts(service, "low", "low")
    await service.sql("DELETE FROM policy WHERE kind = 'triage'")
    report = await give(service, {"task_id": one, **NOTHING}, {"task_id": two, **NOTHING, "verdict": "risk_confirmed"})
    assert outcomes(report) == ["visit-required", "given"]


async def test_too_many_and_malformed(service: Households) -> None:
    for body, field, code in (
        ({"verdicts": []}, "verdicts", "too-short"),
        ({"verdicts": [{"task_id": str(uuid4()), **NOTHING}] * 201}, "verdicts", "too-long"),
        ({"verdicts": [{"task_id": str(uuid4()), **NOTHING, "basis": "rumour"}]}, "verdicts.0.basis", "choice-invalid"),
    ):
        answer = await service.post("/verdicts", body, "village", PINE)
        assert answer.status_code == 422
        assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [(field, code)]


async def test_the_list_is_narrowed(service: Households) -> None:
    mild, severe = await alerts(service, "low", "high")
    await service.deliver(
        service.alert(1, feed="medical.cost", at=utc_now() - timedelta(days=1)).model_copy(update={"severity": "high"})
    )

    async def ids(query: str) -> set[str]:
        return {one["id"] for one in (await service.get(f"/tasks?{query}"))["items"]}

    bill = (await ids("feed=medical.cost")).pop()
    assert await ids("severity=high") == {severe, bill}
    assert await ids("severity=high&feed=education.absence") == {severe}
    assert await ids("severity=medium") == set()
    today = local_date(utc_now())
    assert await ids(f"due_to={today + timedelta(days=3)}") == {mild, severe}
    assert await ids(f"due_to={today + timedelta(days=4)}") == {mild, severe, bill}
    assert await ids(f"due_to={today + timedelta(days=2)}") == set()
    assert await ids("due_to=9999-12-31") == {mild, severe, bill}
    assert await ids("due_to=0001-01-01") == set()
    assert await ids(f"area={BAMBOO}&severity=high") == set()


async def test_a_list_carries_the_last_alert_and_their_number(service: Households) -> None:
    await service.register(household(1, PINE, [person(1)]))
    start = utc_now() - timedelta(days=5)
    sent = [service.alert(1, at=start + timedelta(days=day)) for day in (2, 0, 1)]
    await service.deliver(*sent)
    [listed] = (await service.get("/tasks", "village", PINE))["items"]
    assert [line["alert_id"] for line in listed["evidence"]] == [str(sent[0].alert_id)]
    assert (listed["evidence_count"], listed["feeds"]) == (3, ["education.absence"])
    whole = await service.get(f"/tasks/{listed['id']}", "village", PINE)
    assert [line["alert_id"] for line in whole["evidence"]] == [str(sent[n].alert_id) for n in (1, 2, 0)]
    assert whole["evidence_count"] == 3
    [case] = (await service.get("/cases", "county", COUNTY))["items"]
    assert (len(case["evidence"]), case["evidence_count"]) == (1, 3)
    assert len((await service.get(f"/cases/{case['id']}", "county", COUNTY))["evidence"]) == 3


async def test_an_alert_that_got_worse_is_answered_once(service: Households) -> None:
    await service.register(household(1, PINE, [person(1)]))
    first = service.alert(1, at=utc_now() - timedelta(days=1)).model_copy(update={"severity": "low"})
    worse = AlertWorsened(
        **first.model_dump(exclude={"severity", "reported_at"}),
        severity="high",
        reported_at=utc_now(),
        evidence_id=uuid4(),
        subject_key=first.key,
    )
    await service.deliver(first, worse)
    [task] = (await service.get("/tasks", "village", PINE))["items"]
    assert (task["severity"], task["evidence_count"]) == ("high", 2)
    assert "no_risk" not in task["without_visit"], "what it has become counts"
    report = await give(service, {"task_id": task["id"], **NOTHING, "verdict": "duplicate"})
    assert outcomes(report) == ["given"]
    [told] = await service.told(VerdictGiven)
    assert told.alert_ids == [first.alert_id]
