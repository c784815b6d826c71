"""What the jobs service found becomes an alert by itself, once, and with all that is personal sealed."""

import base64
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import asyncpg

from services.alerts.usecases.jobs_findings import JOBLESS, MINOR
from shared.clock import local_date, utc_now
from shared.contracts.alerts import AlertRaised
from shared.contracts.jobs import JoblessAgain, MinorWorking
from shared.contracts.labour import ID_NUMBER, NAME
from shared.db.migrate import downgrade, migrate
from shared.postgres import Cluster
from tests.alerts.conftest import VILLAGE, Service, bearer, id_number
from tests.alerts.files_service import members
from tests.alerts.test_migrations import in_thread


def seal(service: Service, text: str, purpose: str) -> str:
    return base64.b64encode(service.vault.seal(text.encode(), purpose)).decode()


def finding(service: Service, number_of: int = 77, **more: Any) -> dict[str, Any]:
    number = id_number(number_of)
    return {
        "finding_id": uuid4(),
        "person_key": service.vault.person_key(number),  # type: ignore[arg-type]
        "area_code": VILLAGE,
        "name_sealed": seal(service, "张三", NAME),
        "id_number_sealed": seal(service, number, ID_NUMBER),
        "found_in": "placement",
        "noticed_at": utc_now(),
        **more,
    }


def jobless(service: Service, number_of: int = 77, **more: Any) -> JoblessAgain:
    told = {"since_on": local_date(utc_now()) - timedelta(days=3), "reason": "dismissed"}
    return JoblessAgain.model_validate(finding(service, number_of, **{**told, **more}))


async def test_somebody_without_work_is_an_alert_of_the_family_employment(service: Service) -> None:
    event = jobless(service)
    await service.tell(event)
    [raised] = await service.heard.hear(AlertRaised)
    assert (raised.feed, raised.risk_family, raised.severity, raised.occurred_on) == (
        JOBLESS,
        "employment",
        "medium",
        event.since_on,
    )
    assert raised.person_key == event.person_key
    opened = service.vault.open_json(base64.b64decode(raised.sealed), "alert")
    assert opened["person"]["name"] == "张三"
    assert opened["evidence"] == {
        "days_jobless": 3,
        "found_in": "就业安置",
        "since_on": event.since_on.isoformat(),
        "reason": "dismissed",
    }
    listed = await service.get("/alerts/v1/alerts?feed=jobs.jobless", headers=bearer("county"))
    assert [one["feed"] for one in listed.json()["items"]] == [JOBLESS]


async def test_who_comes_home_by_the_ledger_is_an_alert_where_the_rule_says_so(service: Service) -> None:
    """An ordinary household's return home does not flood the desks; a stranger's neither."""
    await service.tell(members(service, 76), members(service, 77, household_class="ordinary"))
    await service.tell(jobless(service, found_in="ledger"), jobless(service, 78, found_in="ledger"))
    poor = jobless(service, 76, found_in="ledger", since_on=local_date(utc_now()))
    await service.tell(poor)
    [raised] = await service.heard.hear(AlertRaised)
    assert (raised.severity, raised.person_key) == ("medium", poor.person_key)
    assert await service.count("alert") == 1


async def test_a_child_at_work_is_a_grave_alert_of_the_family_education(service: Service) -> None:
    event = MinorWorking.model_validate(finding(service, age=15, seen_on=local_date(utc_now()), found_in="ledger"))
    await service.tell(event)
    [raised] = await service.heard.hear(AlertRaised)
    assert (raised.feed, raised.risk_family, raised.severity) == (MINOR, "education", "high")


async def test_the_same_finding_is_one_alert_however_it_is_told(service: Service) -> None:
    event = jobless(service)
    await service.tell(event)
    await service.tell(event)
    await service.tell(event.model_copy(update={"name_sealed": seal(service, "张三丰", NAME)}))
    assert await service.count("alert") == 1
    assert len(service.heard.of(AlertRaised)) == 1


async def test_another_finding_on_somebody_with_an_open_alert_is_evidence(service: Service) -> None:
    first = jobless(service)
    await service.tell(first, jobless(service, finding_id=uuid4(), since_on=first.since_on + timedelta(days=1)))
    assert await service.count("alert") == 1
    assert await service.count("alert_evidence") == 1


async def test_a_day_to_come_is_told_as_the_day_it_was_noticed(service: Service) -> None:
    await service.tell(jobless(service, since_on=local_date(utc_now()) + timedelta(days=20)))
    [raised] = await service.heard.hear(AlertRaised)
    assert raised.occurred_on == local_date(utc_now())


async def test_a_village_nobody_knows_stops_one_event_and_no_other(service: Service) -> None:
    await service.tell(jobless(service, area_code="539921999999"), jobless(service, finding_id=uuid4()))
    await service.heard.hear(AlertRaised)
    assert await service.count("alert") == 1
    assert await service.count("dead_letter") == 1


async def test_bureaus_cannot_report_under_its_feeds(service: Service) -> None:
    body = {
        "feed": JOBLESS,
        "occurred_on": local_date(utc_now()).isoformat(),
        "person": {"id_number": id_number(1), "name": "张三"},
        "area_code": VILLAGE,
        "evidence": {"days_jobless": 3, "since_on": date(2026, 1, 1).isoformat(), "found_in": "务工台账"},
    }
    answer = await service.post("/alerts/v1/alerts", body, headers=bearer("bureau", [JOBLESS]))
    assert answer.status_code == 403


async def test_an_older_installation_gets_the_feeds(cluster: Cluster, database_name: str) -> None:
    url = cluster.dsn("shouwang", database_name)
    in_thread(downgrade, "alerts", url, "alerts_0010")
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    before = await connection.fetch("SELECT * FROM alerts.feed WHERE code LIKE 'jobs.%' ORDER BY code")
    for table in ("rule WHERE feed", "feed_version WHERE feed", "feed WHERE code"):
        await connection.execute(f"DELETE FROM alerts.{table} LIKE 'jobs.%'")
    in_thread(migrate, "alerts", url)
    after = await connection.fetch("SELECT * FROM alerts.feed WHERE code LIKE 'jobs.%' ORDER BY code")
    versions = await connection.fetchval("SELECT count(*) FROM alerts.feed_version WHERE feed LIKE 'jobs.%'")
    rules = await connection.fetchval("SELECT count(*) FROM alerts.rule WHERE feed LIKE 'jobs.%'")
    await connection.close()
    moments = {"created_at", "changed_at"}
    assert [{k: v for k, v in row.items() if k not in moments} for row in after] == [
        {k: v for k, v in row.items() if k not in moments} for row in before
    ]
    assert (len(after), versions, rules) == (2, 2, 2)
