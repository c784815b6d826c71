"""What households tell comes to stand on the alert, in whichever order it arrives."""

import base64
import json
from datetime import date, datetime, timedelta
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest

from shared.clock import utc_now
from shared.contracts.envelope import Event
from shared.contracts.households import EvidenceAdded, TaskOpened, VerdictGiven
from shared.ids import new_id
from tests.alerts.conftest import ALERTS, BATCHES, EDUCATION, Service, absence, absences, bearer

NOW = utc_now()
DUE = NOW + timedelta(days=3)


def opened(alert_id: str, case_id: UUID, due_at: datetime = DUE) -> TaskOpened:
    """A task for an alert."""
    return TaskOpened(
        task_id=case_id,
        case_id=case_id,
        subject_key="s",
        alert_id=UUID(alert_id),
        household_id=None,
        risk_family="education",
        level="village",
        area_code="539921100001",
        opened_at=NOW,
        due_at=due_at,
        policy_id=new_id(),
    )


def added(alert_id: str, case_id: UUID, due_at: datetime = DUE) -> EvidenceAdded:
    """An alert that joined a case, or got worse there."""
    return EvidenceAdded(
        task_id=case_id, case_id=case_id, subject_key="s", alert_id=UUID(alert_id), due_at=due_at, added_at=NOW
    )


def given(service: Service, alert_ids: list[str], case_id: UUID, verdict: Any, minutes: int = 0) -> VerdictGiven:
    """A verdict, given so many minutes from now."""
    reason = service.vault.seal(f"{verdict}：张小明在家".encode(), "verdict-reason")
    return VerdictGiven(
        case_id=case_id,
        task_id=case_id,
        subject_key="s",
        alert_ids=[UUID(alert_id) for alert_id in alert_ids],
        verdict=verdict,
        reason_sealed=base64.b64encode(reason).decode(),
        visited_on=date(2026, 3, 9),
        given_by=new_id(),
        given_at=NOW + timedelta(minutes=minutes),
    )


async def report(service: Service) -> str:
    """The id of a new alert."""
    return str((await service.post(ALERTS, absence())).json()["id"])


async def read(service: Service, alert_id: str, headers: Any = EDUCATION) -> dict[str, Any]:
    """The alert now."""
    found: dict[str, Any] = (await service.get(f"{ALERTS}/{alert_id}", headers=headers)).json()
    return found


@pytest.mark.parametrize("how", [opened, added])
async def test_a_task_means_somebody_checks(service: Service, how: Any) -> None:
    alert_id, case_id = await report(service), new_id()
    await service.tell(how(alert_id, case_id))
    alert = await read(service, alert_id)
    assert (alert["state"], alert["case_id"], alert["task_id"]) == ("checking", str(case_id), str(case_id))
    assert datetime.fromisoformat(alert["due_at"]) == DUE


async def test_a_verdict_comes_back_with_its_reason(service: Service) -> None:
    alert_id, case_id = await report(service), new_id()
    await service.tell(opened(alert_id, case_id), given(service, [alert_id], case_id, "risk_confirmed"))

    alert = await read(service, alert_id)
    assert (alert["state"], alert["verdict"]) == ("answered", "risk_confirmed")
    assert alert["answer"]["reason"] == "risk_confirmed：张小明在家"
    assert alert["answer"]["visited_on"] == "2026-03-09"
    for role in ("supervisor", "admin"):
        seen = await read(service, alert_id, bearer(role))
        assert (seen["answer"]["verdict"], seen["answer"]["reason"]) == ("risk_confirmed", None)
    answer = await service.post(f"{ALERTS}/{alert_id}/withdrawal", {"reason": "误报"})
    assert (answer.status_code, answer.json()["code"]) == (409, "alert-already-answered")
    assert (await read(service, alert_id))["state"] == "answered"


async def test_every_order_ends_the_same(service: Service) -> None:
    """A verdict is not undone by a late task, and of two verdicts the later counts; alone or in one delivery."""
    ends = []
    for together in (True, False):
        for order in permutations(range(3)):
            number = len(ends)
            draft = absences(12)[number]
            alert_id, case_id = (await service.post(ALERTS, draft)).json()["id"], new_id()
            events: list[Event] = [
                opened(alert_id, case_id),
                given(service, [alert_id], case_id, "no_risk", minutes=1),
                given(service, [alert_id], case_id, "risk_confirmed", minutes=2),
            ]
            ordered = [events[i] for i in order]
            for delivery in [ordered] if together else [[event] for event in ordered]:
                await service.tell(*delivery)
            alert = await read(service, alert_id)
            ends.append((alert["state"], alert["verdict"], alert["answer"]["reason"][:14], alert["due_at"] is not None))
            assert alert["case_id"] == alert["task_id"] == str(case_id)
    assert set(ends) == {("answered", "risk_confirmed", "risk_confirmed", True)}
    assert len(ends) == 12


async def test_a_deadline_that_came_nearer_stays_so_in_every_order(service: Service) -> None:
    ends = []
    for together in (True, False):
        for order in permutations(range(3)):
            answer = await service.post(ALERTS, absences(12)[len(ends)])
            alert_id, case_id = answer.json()["id"], new_id()
            events: list[Event] = [
                opened(alert_id, case_id, DUE),
                added(alert_id, case_id, DUE - timedelta(days=1)),
                added(alert_id, case_id, DUE - timedelta(days=2)),
            ]
            ordered = [events[i] for i in order]
            for delivery in [ordered] if together else [[event] for event in ordered]:
                await service.tell(*delivery)
            ends.append(datetime.fromisoformat((await read(service, alert_id))["due_at"]))
    assert set(ends) == {DUE - timedelta(days=2)}
    later = new_id()
    await service.tell(opened(alert_id, later, DUE + timedelta(days=5)))
    assert datetime.fromisoformat((await read(service, alert_id))["due_at"]) == DUE + timedelta(days=5), "another task"


async def test_a_withdrawn_alert_stays_withdrawn_and_keeps_the_verdict(service: Service) -> None:
    alert_id, case_id = await report(service), new_id()
    await service.post(f"{ALERTS}/{alert_id}/withdrawal", {"reason": "误报"})
    await service.tell(opened(alert_id, case_id), given(service, [alert_id], case_id, "no_risk"))
    alert = await read(service, alert_id)
    assert (alert["state"], alert["verdict"], alert["due_at"] is not None) == ("withdrawn", "no_risk", True)


async def test_what_is_being_checked_can_still_be_withdrawn(service: Service) -> None:
    alert_id = await report(service)
    await service.tell(opened(alert_id, new_id()))
    assert (await service.post(f"{ALERTS}/{alert_id}/withdrawal", {"reason": "误报"})).status_code == 200


async def test_a_full_delivery_is_a_few_statements(service: Service) -> None:
    """500 tasks and 500 verdicts of one batch, and alerts nobody here knows among them."""
    body = {"content": "\n".join(json.dumps(draft) for draft in absences(500))}
    answer = await service.http.post(BATCHES, headers={**EDUCATION, "Content-Type": "application/x-ndjson"}, **body)
    await service.batch(answer.json()["id"])
    ids = [str(row[0]) for row in await service.sql("SELECT id FROM alert")]
    await service.tell(*(opened(alert_id, new_id()) for alert_id in [*ids, str(new_id())]))
    assert [tuple(row) for row in await service.sql("SELECT state, count(*) FROM alert GROUP BY 1")] == [
        ("checking", 500)
    ]
    await service.tell(*(given(service, [alert_id, str(new_id())], new_id(), "no_risk") for alert_id in ids))
    assert [tuple(row) for row in await service.sql("SELECT state, count(*) FROM alert GROUP BY 1")] == [
        ("answered", 500)
    ]
    assert await service.count("dead_letter") == 0
