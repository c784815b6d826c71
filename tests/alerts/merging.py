"""What tests of merging do again and again: report, answer, and look."""

import base64
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from shared.clock import utc_now
from shared.contracts.households import MemberRecord, MembersChanged, VerdictGiven
from shared.idnumber import IdNumber
from shared.ids import new_id
from tests.alerts.conftest import ALERTS, MEDICAL, VILLAGE, Service, cost, id_number, pupil

HOUSEHOLD = UUID("01890000-0000-7000-8000-00000000aaaa")
CODE = "5399211000010017"


async def bill(service: Service, ref: str, self_pay: float = 8000, status: int = 200, **changed: Any) -> dict[str, Any]:
    """The medical bureau reports a bill; its answer."""
    answer = await service.post(
        ALERTS, cost(source_ref=ref, evidence={"self_pay": self_pay}, **changed), headers=MEDICAL
    )
    assert answer.status_code == status, answer.text
    said: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"{ALERTS}/{said['id']}"
    return said


async def look(service: Service, alert: dict[str, Any], headers: Any = MEDICAL) -> dict[str, Any]:
    """The alert as it is read now."""
    answer = await service.get(f"{ALERTS}/{alert['id']}", headers=headers)
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.json()
    return said


async def evidences(service: Service, alert: dict[str, Any], headers: Any = MEDICAL) -> list[tuple[str, str]]:
    """Its further evidence, oldest first: source_ref and outcome."""
    page = (await service.get(f"{ALERTS}/{alert['id']}/evidences", headers=headers)).json()["items"]
    return [(one["source_ref"], one["outcome"]) for one in reversed(page)]


async def withdraw(service: Service, alert: dict[str, Any], status: int = 200, **body: Any) -> dict[str, Any]:
    """The medical bureau takes back what it sent."""
    answer = await service.post(f"{ALERTS}/{alert['id']}/withdrawal", {"reason": "数据有误", **body}, headers=MEDICAL)
    assert answer.status_code == status, answer.text
    said: dict[str, Any] = answer.json()
    return said


def verdict(service: Service, alert: dict[str, Any], found: Any, at: datetime | None = None) -> VerdictGiven:
    """What a village found."""
    case = new_id()
    reason = service.vault.seal("已核实".encode(), "verdict-reason")
    return VerdictGiven(
        case_id=case,
        task_id=case,
        subject_key="s",
        alert_ids=[UUID(alert["id"])],
        verdict=found,
        reason_sealed=base64.b64encode(reason).decode(),
        visited_on=None,
        given_by=new_id(),
        given_at=at or utc_now(),
    )


def member(service: Service, number: int, household: UUID = HOUSEHOLD, **changed: Any) -> MemberRecord:
    """Where the person with that number lives."""
    record: dict[str, Any] = {
        "person_key": service.vault.person_key(IdNumber(id_number(number))),
        "household_id": household,
        "household_key": service.vault.household_key(CODE),
        "area_code": VILLAGE,
        "household_class": "monitored",
        "active": True,
        "changed_at": utc_now(),
    }
    return MemberRecord(**{**record, **changed})


async def known(service: Service, *members: MemberRecord) -> None:
    """The register tells of people."""
    await service.tell(MembersChanged(members=list(members)))


def about(number: int) -> dict[str, Any]:
    """A report's field for the person with that number."""
    return {"person": pupil(number)}


async def age(service: Service, days: int) -> None:
    """Everything so far happened that many days earlier."""
    for table, columns in (
        ("alert", ("reported_at", "answered_at")),
        ("alert_evidence", ("reported_at",)),
    ):
        for column in columns:
            await service.sql(f"UPDATE {table} SET {column} = {column} - interval '{days} days'")


A_DAY = timedelta(days=1)
