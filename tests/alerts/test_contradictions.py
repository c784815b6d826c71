"""Contradictions: a zero report, and an alert that says otherwise, flagged once."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from services.alerts import background
from services.alerts.usecases import zero_reports
from shared.areas import Scope
from shared.clock import utc_now
from shared.contracts.alerts import ContradictionFound
from shared.ids import new_id
from tests.alerts.conftest import ALERTS, EDUCATION, FIRST_ID_NUMBER, MEDICAL, VILLAGE, Service, bearer, cost
from tests.alerts.silence import CONTRADICTIONS, ZEROS, month_of, push, tell_policies, zero
from tests.alerts.test_consumers import given


@pytest.fixture
async def told(service: Service) -> Service:
    """The service with its policies."""
    await tell_policies(service)
    return service


async def look(service: Service) -> None:
    await background.find_contradictions(service.database, utc_now())


async def listed(service: Service, headers: Any = MEDICAL, **params: Any) -> list[dict[str, Any]]:
    answer = await service.get(CONTRADICTIONS, headers=headers, params=params)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def patrol(service: Service, topic: str, occurred_on: str = "2026-02-12", ref: str = "ZF-1") -> str:
    """What a village's cadre found; its alert's id."""
    draft = {
        "feed": "cadre.patrol",
        "source_ref": ref,
        "occurred_on": occurred_on,
        "person": {"id_number": FIRST_ID_NUMBER, "name": "某人"},
        "area_code": VILLAGE,
        "evidence": {"finding": "发现风险", "topic": topic},
    }
    answer = await service.post(ALERTS, draft, headers=bearer("village", areas=[VILLAGE]))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def confirm(service: Service, alert_id: str, verdict: str = "risk_confirmed") -> None:
    await service.tell(given(service, [alert_id], new_id(), verdict))


async def test_a_bureau_that_contradicts_itself_is_flagged_once(told: Service) -> None:
    made = (await zero(told, "2026-02")).json()
    await look(told)
    assert await listed(told) == []
    first = await push(told, "2026-02-28", "a")
    await push(told, "2026-02-01", "b")
    await push(told, "2026-03-01", "c")
    for _ in range(3):
        await look(told)
    (found,) = await listed(told)
    assert (found["kind"], found["alert_id"], found["zero_report_id"]) == ("own_alert", first, made["id"])
    assert (found["bureau"], found["period"], found["settled"]) == ("medical-insurance", "2026-02", False)
    (event,) = await told.heard.hear(ContradictionFound)
    assert (str(event.contradiction_id), str(event.alert_id)) == (found["id"], first)
    assert len(told.heard.of(ContradictionFound)) == 1
    period = (await month_of(told, MEDICAL))["medical.cost"]["2026-02"]
    assert (period["state"], period["pushed"], period["contradictions"]) == ("pushed", 2, 1)


async def test_only_alerts_from_where_the_zero_report_spoke_for_contradict_it(told: Service) -> None:
    await zero(told, "2026-02")
    alert_id = await push(told, "2026-02-28")
    await told.sql("UPDATE zero_report SET areas = ARRAY['5399211002']")
    await look(told)
    assert await listed(told) == [], "another township has something, which this one never denied"
    await told.sql("UPDATE zero_report SET areas = ARRAY['5399211']")
    await look(told)
    assert [found["alert_id"] for found in await listed(told)] == [alert_id]


async def test_further_evidence_contradicts_as_an_alert_does(told: Service) -> None:
    person = {"id_number": FIRST_ID_NUMBER, "name": "某人"}
    first = await push(told, "2026-03-10", "a", person=person)
    await zero(told, "2026-02")
    more = await told.post(ALERTS, cost(occurred_on="2026-02-10", source_ref="b", person=person), headers=MEDICAL)
    assert (more.status_code, more.json()["outcome"]) == (200, "merged")
    await look(told)
    (found,) = await listed(told)
    assert (found["alert_id"], found["alert_occurred_on"], found["settled"]) == (first, "2026-02-10", False)
    taken_back = {"reason": "误报", "source_ref": "b"}
    await told.post(f"{ALERTS}/{first}/withdrawal", taken_back, headers=MEDICAL)
    (found,) = await listed(told)
    assert (found["alert_occurred_on"], found["settled"]) == ("2026-02-10", True), "the alert itself never said so"
    assert (await month_of(told, MEDICAL))["medical.cost"]["2026-02"]["contradictions"] == 0


async def test_of_anothers_alert_a_bureau_sees_its_own_report(told: Service) -> None:
    alert_id = await patrol(told, "就医", occurred_on="2026-03-11")
    await zero(told, "2026-02")
    person = {"id_number": FIRST_ID_NUMBER, "name": "某人"}
    more = await told.post(ALERTS, cost(occurred_on="2026-02-10", source_ref="b", person=person), headers=MEDICAL)
    assert more.json()["id"] == alert_id
    await look(told)
    (found,) = await listed(told)
    assert (found["kind"], found["alert_id"]) == ("own_alert", alert_id)
    assert (found["alert_feed"], found["alert_occurred_on"]) == ("medical.cost", "2026-02-10")
    (whole,) = await listed(told, bearer("county"))
    assert (whole["alert_feed"], whole["alert_occurred_on"]) == ("medical.cost", "2026-02-10")


@pytest.mark.parametrize("table", ["alert", "alert_evidence"])
async def test_a_file_of_the_period_contradicts_whenever_its_rows_happened(told: Service, table: str) -> None:
    """A month's bills are settled in the next one, and the file says which month they are of."""
    person = {"id_number": FIRST_ID_NUMBER, "name": "某人"}
    alert_id = await push(told, "2026-03-03", "a", person=person)
    if table == "alert_evidence":
        await told.post(ALERTS, cost(occurred_on="2026-03-04", source_ref="b", person=person), headers=MEDICAL)
    await zero(told, "2026-02")
    await look(told)
    assert await listed(told) == []
    await told.sql(
        "INSERT INTO file (id, feed, period, digest, name_sealed, format, size, reported_by, areas, state, received_at)"
        " SELECT gen_random_uuid(), 'medical.cost', '2026-02', '', '', 'csv', 1, gen_random_uuid(), ARRAY['539921'],"
        " 'done', min(reported_at) FROM alert"
    )
    await told.sql(f"UPDATE {table} SET batch_id = (SELECT id FROM file)")
    await look(told)
    assert [found["alert_id"] for found in await listed(told)] == [alert_id]


async def test_six_processes_flag_once(told: Service) -> None:
    await zero(told, "2026-02")
    await push(told, "2026-02-28")
    await asyncio.gather(*(look(told) for _ in range(6)))
    assert await told.count("contradiction") == 1
    await told.heard.hear(ContradictionFound)
    assert len(told.heard.of(ContradictionFound)) == 1


async def test_killed_before_the_commit_it_is_found_again(told: Service) -> None:
    await zero(told, "2026-02")
    await push(told, "2026-02-28")
    with pytest.raises(KeyboardInterrupt):
        async with told.database.write(Scope.everywhere()) as session:
            assert await zero_reports.flag_contradictions(session, "own_alert", utc_now()) == 1
            raise KeyboardInterrupt
    assert await told.count("contradiction") == 0
    await look(told)
    assert await told.count("contradiction") == 1


async def test_what_was_taken_back_contradicts_nothing_and_stays_on_record(told: Service) -> None:
    made = (await zero(told, "2026-02")).json()
    alert_id = await push(told, "2026-02-28")
    await told.post(f"{ZEROS}/{made['id']}/withdrawal", {"reason": "漏报"}, headers=MEDICAL)
    await look(told)
    assert await listed(told) == []

    await told.sql("UPDATE zero_report SET withdrawn_at = NULL")
    await look(told)
    await told.post(f"{ALERTS}/{alert_id}/withdrawal", {"reason": "误报"}, headers=MEDICAL)
    (found,) = await listed(told)
    assert found["settled"] is True
    assert (await month_of(told, MEDICAL))["medical.cost"]["2026-02"]["contradictions"] == 0


async def test_a_patrol_that_was_confirmed_speaks_against_the_bureau_of_its_risk(told: Service) -> None:
    made = (await zero(told, "2026-02")).json()
    await zero(told, "2026-03-03", "education.absence", headers=EDUCATION)
    alert_id = await patrol(told, "就医")
    await look(told)
    assert await listed(told) == [], "nobody has looked yet whether it is true"
    await confirm(told, alert_id)
    await look(told)
    await look(told)
    (found,) = await listed(told, bearer("county"))
    assert (found["kind"], found["alert_id"], found["zero_report_id"]) == ("confirmed_elsewhere", alert_id, made["id"])
    assert (found["feed"], found["alert_feed"]) == ("medical.cost", "cadre.patrol")
    (event,) = await told.heard.hear(ContradictionFound)
    assert (event.kind, event.bureau, event.alert_id) == ("confirmed_elsewhere", "medical-insurance", UUID(alert_id))
    period = (await month_of(told, MEDICAL))["medical.cost"]["2026-02"]
    assert (period["state"], period["contradictions"]) == ("zero_reported", 1)


@pytest.mark.parametrize(
    ("topic", "occurred_on", "verdict"),
    [
        ("住房", "2026-02-12", "risk_confirmed"),  # another bureau's business
        ("就医", "2026-01-31", "risk_confirmed"),  # another period
        ("就医", "2026-03-01", "risk_confirmed"),
        ("就医", "2026-02-12", "no_risk"),
        ("就医", "2026-02-12", "already_helped"),
    ],
)
async def test_what_does_not_contradict(told: Service, topic: str, occurred_on: str, verdict: str) -> None:
    await zero(told, "2026-02")
    await confirm(told, await patrol(told, topic, occurred_on), verdict)
    await look(told)
    assert await listed(told) == []


async def test_a_zero_report_after_the_confirmed_patrol_is_contradicted_as_well(told: Service) -> None:
    await confirm(told, await patrol(told, "就医"))
    await zero(told, "2026-02")
    await look(told)
    assert [found["kind"] for found in await listed(told)] == ["confirmed_elsewhere"]


async def test_whose_they_are(told: Service) -> None:
    await zero(told, "2026-02")
    await push(told, "2026-02-28")
    await look(told)
    assert len(await listed(told)) == 1
    assert await listed(told, EDUCATION) == []
    for role in ("county", "supervisor", "admin"):
        assert len(await listed(told, bearer(role))) == 1
    assert await listed(told, bearer("county", areas=["539922"])) == []
    assert await listed(told, bearer("county"), bureau="education") == []
    assert len(await listed(told, bearer("county"), bureau="medical-insurance", period="2026-02")) == 1
    for role in ("village", "township"):
        assert (await told.get(CONTRADICTIONS, headers=bearer(role))).status_code == 403
