"""A feed's rule decides of single reports and of batches as it does of files: what triggers, how grave, and why not."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.alerts.queries import known
from services.alerts.usecases.files import forget_old_files, originals
from shared.clock import utc_now
from shared.contracts.alerts import AlertRaised
from shared.contracts.households import MembersChanged
from shared.db.together import Together
from shared.files import FilesSettings, FileStore
from shared.idnumber import IdNumber
from tests.alerts.conftest import (
    ALERTS,
    BATCHES,
    MEDICAL,
    OTHER_COUNTY,
    Service,
    absence,
    bearer,
    cost,
    days_ago,
    id_number,
    merge_policy,
    named_areas,
    pupil,
)
from tests.alerts.files_service import bill as file_bill
from tests.alerts.files_service import finished, members, send_costs

RULES = "/alerts/v1/rules"
ENGLISH = {"Accept-Language": "en"}
COUNTY = bearer("county")


pytestmark = pytest.mark.usefixtures("originals")


@pytest.fixture
def asked(service: Service, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many the register was asked about, look-up by look-up."""
    numbers: list[int] = []
    look_up = known.look_up

    async def counted(connection: Any, wanted: Any) -> Any:
        numbers.append(len(wanted))
        return await look_up(connection, wanted)

    monkeypatch.setattr("services.alerts.queries.known.look_up", counted)
    monkeypatch.setattr(service.app.state, "register", Together(service.database, counted))
    monkeypatch.setattr("services.alerts.usecases.batches.look_up", counted)
    return numbers


def bill(number: int, self_pay: float, **changed: Any) -> dict[str, Any]:
    """A bill of somebody of whom no other test reports anything."""
    return cost(
        **{"source_ref": f"YB-{number}", "person": pupil(number), "evidence": {"self_pay": self_pay}, **changed}
    )


async def report(service: Service, draft: dict[str, Any], **headers: str) -> tuple[int, dict[str, Any]]:
    answer = await service.post(ALERTS, draft, headers={**MEDICAL, **headers})
    return answer.status_code, answer.json()


async def send(service: Service, *drafts: dict[str, Any]) -> dict[str, Any]:
    """A batch of the medical bureau, worked off."""
    content = "\n".join(map(json.dumps, drafts))
    answer = await service.http.post(
        BATCHES, content=content, headers={**MEDICAL, "Content-Type": "application/x-ndjson"}
    )
    assert answer.status_code == 202, answer.text
    return await service.batch(answer.json()["id"], headers=MEDICAL)


async def publish(service: Service, **changed: Any) -> dict[str, Any]:
    """A rule of the county's own."""
    draft = {
        "feed": "medical.cost",
        "area": "539921",
        "valid_from": days_ago(0),
        "levels": [{"severity": "low", "when": "self_pay >= :line"}],
        "parameters": {"line": 50_000},
        **changed,
    }
    answer = await service.post(RULES, draft, headers=COUNTY)
    assert answer.status_code == 201, answer.text
    service.app.state.reference._known_at = float("-inf")  # read it anew: a second is not waited for
    return dict(answer.json())


async def test_what_does_not_trigger_is_answered_and_not_kept(service: Service, asked: list[int]) -> None:
    shipped = (await service.sql("SELECT id FROM rule WHERE feed = 'medical.cost'"))[0][0]
    status, said = await report(service, bill(1, 1200))
    assert (status, said["state"], said["source_ref"]) == (200, "not_triggered", "YB-1")
    assert (said["rule_id"], said["version"]) == (str(shipped), 1)
    assert said["text"].startswith(
        "依据筛查规则第 1 版，未触发预警：个人自付金额（元）为 1200，低于 5000（参数 line_poor）"
    )
    assert {reason["field"] for reason in said["reasons"]} == {"个人自付金额（元）"}, "the register does not matter"
    english = (await report(service, bill(1, 1200), **ENGLISH))[1]
    assert "it is no alert: self-paid amount in yuan is 1200, below 5000 (parameter line_poor)" in english["text"]
    assert asked == [], "nobody need ask the register"
    for table in ("alert", "alert_evidence", "outbox"):
        assert await service.count(table) == 0
    assert service.heard.of(AlertRaised) == []


async def test_with_an_idempotency_key_the_answer_is_kept(service: Service) -> None:
    first = await report(service, bill(1, 1200), **{"Idempotency-Key": "k"})
    await publish(service, parameters={"line": 1000})
    assert await report(service, bill(1, 1200), **{"Idempotency-Key": "k"}) == first
    assert (await report(service, bill(1, 1200)))[0] == 201, "without the key it is a report of its own"


async def test_what_is_wrong_is_told_before_any_rule_is_asked(service: Service) -> None:
    status, said = await report(service, bill(1, 1200, occurred_on=days_ago(-2)))
    assert (status, said["errors"][0]["code"]) == (422, "date-in-future")


async def test_5000_yuan_are_much_for_the_registered_poor_only(service: Service, asked: list[int]) -> None:
    await service.tell(members(service, 1), members(service, 2, household_class="ordinary"))
    status, poor = await report(service, bill(1, 5000))
    assert (status, poor["severity"]) == (201, "medium")
    assert [(await report(service, bill(n, 5000)))[1]["state"] for n in (2, 3)] == ["not_triggered"] * 2
    assert (await report(service, bill(2, 100)))[1]["state"] == "not_triggered", "whoever it is"
    noted = await service.sql("SELECT subject, area_code FROM audit_entry WHERE action = 'register:asked' ORDER BY id")
    people = [service.vault.person_key(IdNumber(id_number(n))) for n in (2, 3)]
    assert [tuple(row) for row in noted] == [(one, bill(2, 1)["area_code"]) for one in people], (
        "of no other area's trail"
    )
    said = (await report(service, bill(3, 5000)))[1]
    assert said["text"] == "依据筛查规则第 1 版，未触发预警：是否预警还取决于登记信息。"
    assert asked == [1] * 4

    await service.tell(members(service, 3))
    assert (await report(service, bill(3, 5000)))[0] == 201, "the register has learnt of them"
    assert len(await service.heard.hear(AlertRaised, 2)) == 2


async def test_the_level_gives_the_severity_unless_the_bureau_did(service: Service, asked: list[int]) -> None:
    shipped = (await service.sql("SELECT id FROM rule WHERE feed = 'medical.cost'"))[0][0]
    await service.tell(members(service, 1))
    told = [
        (await report(service, draft))[1]["severity"]
        for draft in (bill(1, 25_000), bill(2, 25_000), bill(3, 70_000), bill(4, 70_000, severity="low"))
    ]
    assert told == ["high", "medium", "high", "low"]
    assert asked == [1, 1], "70,000 yuan are much for anybody"
    assert await service.sql("SELECT DISTINCT rule_id FROM alert") == [(shipped,)]


async def test_the_explanation_tells_the_facts_of_the_day(service: Service) -> None:
    await service.tell(members(service, 1))
    alert = (await report(service, bill(1, 8200)))[1]["id"]
    await service.tell(members(service, 1, household_class="ordinary"))
    told = (await service.get(f"{ALERTS}/{alert}", headers=COUNTY)).json()["explanation"]
    assert told["text"] == (
        "依据筛查规则第 1 版：个人自付金额（元）为 8200，不低于 5000（参数 line_poor）；脱贫户或监测对象：是；预警等级：中。"
    )
    sealed = (await service.sql("SELECT sealed FROM alert"))[0][0]
    facts = service.vault.open_json(sealed, "alert")["facts"]
    assert facts == {"is_registered": True, "is_registered_poor": True, "is_monitored": False, "has_open_case": False}


async def test_what_the_register_knew_makes_no_other_row(service: Service) -> None:
    await service.tell(members(service, 1))
    draft = {name: value for name, value in bill(1, 25_000).items() if name != "source_ref"}
    assert (await report(service, draft))[0] == 201
    await service.tell(members(service, 1, household_class="ordinary"))
    assert (await report(service, draft))[1]["outcome"] == "repeated"


async def test_an_open_case_is_known(service: Service) -> None:
    await publish(service, levels=[{"severity": "low", "when": "NOT has_open_case"}], parameters={})
    await service.tell(members(service, 1))
    assert (await report(service, bill(1, 9000)))[0] == 201
    assert (await report(service, {**bill(1, 9000), "source_ref": "2"}))[1]["state"] == "not_triggered"


async def test_a_household_by_its_code(service: Service) -> None:
    code = "5399211000010017"
    told = members(service, 1)
    record = told.members[0].model_copy(update={"household_key": service.vault.household_key(code)})
    await service.tell(told.model_copy(update={"members": [record]}))
    for number, (household, state) in enumerate(((code, "reported"), (code[:-1] + "8", "not_triggered"))):
        draft = bill(number, 5000, person=None, household={"national_code": household})
        assert (await report(service, draft))[1]["state"] == state


async def test_a_countys_own_rule_counts_from_its_day_on(service: Service) -> None:
    await publish(service, valid_from=days_ago(-1))
    assert (await report(service, bill(1, 25_000)))[0] == 201, "tomorrow's rule"
    mine = await publish(service)
    said = (await report(service, bill(2, 25_000)))[1]
    assert (said["state"], said["rule_id"]) == ("not_triggered", mine["id"])
    elsewhere = bearer("bureau", ["medical.cost"], areas=["539922"])
    answer = await service.post(ALERTS, bill(3, 25_000, area_code=OTHER_COUNTY), headers=elsewhere)
    assert answer.status_code == 201, "the neighbours keep theirs"


async def test_without_a_rule_every_report_is_an_alert(service: Service) -> None:
    await service.sql("UPDATE rule SET valid_from = '2099-01-01'")
    assert (await report(service, bill(1, 1)))[1]["severity"] == "medium"
    assert (await send(service, bill(2, 1), bill(3, 2)))["accepted"] == 2
    assert await service.sql("SELECT count(*) FROM alert WHERE rule_id IS NULL") == [(3,)]


async def test_a_batch_counts_what_does_not_trigger(service: Service, asked: list[int]) -> None:
    await service.tell(members(service, 2), members(service, 5, household_class="monitored"))
    wrong = bill(7, 30_000, area_code="539921100009")
    view = await send(
        service, bill(1, 100), bill(2, 6000), bill(3, 6000), bill(4, 70_000), bill(5, 25_000), bill(6, 4999), wrong
    )
    counted = {name: view[name] for name in ("rows", "accepted", "not_triggered", "rejected", "merged", "repeated")}
    assert counted == {"rows": 7, "accepted": 3, "not_triggered": 3, "rejected": 1, "merged": 0, "repeated": 0}
    assert asked == [3], "one statement for a chunk, about those whose answer depends on it"
    severities = await service.sql("SELECT source_ref, severity FROM alert ORDER BY source_ref")
    assert severities == [("YB-2", "medium"), ("YB-4", "high"), ("YB-5", "high")]
    assert len(await service.heard.hear(AlertRaised, 3)) == 3
    sealed = await service.sql("SELECT sealed FROM alert WHERE source_ref <> 'YB-4'")
    assert all(service.vault.open_json(one, "alert")["facts"]["is_registered_poor"] for (one,) in sealed)


async def test_a_batch_that_needs_no_facts_asks_nobody(service: Service, asked: list[int]) -> None:
    view = await send(service, bill(1, 100), bill(2, 70_000))
    assert (view["accepted"], view["not_triggered"]) == (1, 1)
    assert asked == []


async def test_rows_of_a_batch_keep_their_order(service: Service) -> None:
    """The first of two rows on one person is the alert, also when the register decides of it and not of the other."""
    view = await send(service, bill(1, 25_000), {**bill(1, 70_000), "source_ref": "second"})
    assert (view["accepted"], view["worsened"]) == (1, 1)
    assert await service.sql("SELECT source_ref FROM alert") == [("YB-1",)]


async def test_no_rule_turns_away_who_asks_for_help(service: Service) -> None:
    nothing = [{"severity": "low", "when": "urgent AND NOT urgent"}]
    await publish(service, feed="household.request", levels=nothing, parameters={})
    body = {
        "kind": "housing",
        "text": "房屋漏雨",
        "urgent": True,
        "area_code": "539921100001",
        "id_number": id_number(1),
        "name": "某人",
    }
    answer = await service.post("/alerts/v1/self-reports", body, headers=bearer("village"))
    assert answer.status_code == 201, answer.text
    assert await service.sql("SELECT feed, rule_id FROM alert") == [("household.request", None)]


@pytest.mark.parametrize(
    ("feed", "evidence"),
    [
        ("household.request", {"topic": "就医", "kind": "补充材料"}),
        ("rural.hotline", {"channel": "12345", "topic": "住房", "status": "待办"}),
        ("rural.hotline", {"channel": "12345", "topic": "住房", "status": "办理中", "urgent": True}),
        ("cadre.patrol", {"finding": "发现风险"}),
        ("upper.clue", {"level": "市", "topic": "其他", "status": "待核实"}),
    ],
)
async def test_what_a_person_asks_is_swallowed_by_no_shipped_rule(
    service: Service, feed: str, evidence: dict[str, Any]
) -> None:
    """The register knows nobody here."""
    draft = absence(feed=feed, evidence=evidence)
    assert (await service.post(ALERTS, draft, headers=bearer("county"))).status_code == 201


async def test_a_rule_is_tried_over_the_rows_that_no_rule_kept(service: Service, tmp_path: Path) -> None:
    await service.tell(named_areas(), members(service, 2))
    rows = [file_bill(1, 1000), file_bill(2, 6000), file_bill(3, 6000), file_bill(4, 12_000), file_bill(5, 30_000)]
    view = await finished(service, await send_costs(service, [*rows, file_bill(6, "many")]), MEDICAL)
    body = {
        "feed": "medical.cost",
        "area": "539921",
        "levels": [{"severity": "high", "when": "self_pay >= :line"}],
        "parameters": {"line": 10_000},
        "file_id": view["id"],
        "sweep": {"parameter": "line", "values": [500, 20_000]},
    }
    answer = await service.post(f"{RULES}/trial", body, headers=COUNTY)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    counts = [told[name] for name in ("rows", "open", "both", "only_tried", "only_in_force")]
    assert counts == [5, 0, 1, 1, 1]
    assert [(one["value"], one["alerts"]) for one in told["thresholds"]] == [(500, 5), (20_000, 1)]
    assert [(one["sheet"], one["row"], one["which"], one["alert_id"] is None) for one in told["examples"]] == [
        (1, 3, "only_in_force", False),
        (1, 5, "only_tried", True),
    ]
    assert told["examples"][1]["values"] == {"self_pay": 12_000}
    assert id_number(4) not in answer.text

    shipped = (await service.sql("SELECT id FROM rule WHERE feed = 'medical.cost'"))[0][0]
    place = f"{RULES}/{shipped}/trial"
    everywhere = bearer("county", areas=["*"])
    lower = {"file_id": view["id"], "parameters": {"line_other": 10_000}}
    told = (await service.post(place, lower, headers=everywhere)).json()
    assert (told["both"], told["only_tried"]) == (2, 1)

    for changed, headers in (
        ({"feed": "education.absence", "levels": [{"severity": "low", "when": "true"}], "sweep": None}, COUNTY),
        ({"area": "539922"}, bearer("county", areas=["539922"])),
    ):
        answer = await service.post(f"{RULES}/trial", {**body, **changed}, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (404, "file-not-found")
    shelf = originals(FileStore(FilesSettings(url=(tmp_path / "originals").as_uri())), service.vault)
    assert await forget_old_files(service.database, shelf, timedelta(0), utc_now()) == 1
    answer = await service.post(f"{RULES}/trial", body, headers=COUNTY)
    assert (answer.status_code, answer.json()["code"]) == (410, "file-gone")


async def test_a_trial_over_a_file_knows_what_its_rows_cost_and_caught(service: Service) -> None:
    """Rows of one household are one task, whoever of it they name; and the alert that a row became has its verdict."""
    first, second = members(service, 1, 2, household_class="ordinary").members
    together = [first, second.model_copy(update={"household_id": first.household_id})]
    await service.tell(named_areas(), merge_policy(), MembersChanged(members=together))
    rows = [file_bill(1, 30_000), file_bill(2, 31_000), file_bill(3, 40_000), file_bill(4, 1000)]
    view = await finished(service, await send_costs(service, rows), MEDICAL)
    assert (view["stored"], view["merged"]) == (2, 1)
    await service.sql("UPDATE alert SET state = 'answered', verdict = 'risk_confirmed', answered_at = now()")
    body = {
        "feed": "medical.cost",
        "area": "539921",
        "levels": [{"severity": "high", "when": "self_pay >= :line"}],
        "parameters": {"line": 35_000},
        "file_id": view["id"],
        "sweep": {"parameter": "line", "values": [500]},
    }
    told = (await service.post(f"{RULES}/trial", body, headers=COUNTY)).json()
    assert told["in_force"] == {"alerts": 3, "severities": {"medium": 3}, "tasks": 2, "answered": 2, "confirmed": 2}
    assert told["tried"] == {"alerts": 1, "severities": {"high": 1}, "tasks": 1, "answered": 1, "confirmed": 1}
    assert [(one["row"], one["verdict"]) for one in told["examples"]] == [(2, "risk_confirmed"), (3, "risk_confirmed")]
    assert len({one["alert_id"] for one in told["examples"]}) == 1, "the second row was merged into the first one's"
    assert [(one["alerts"], one["tasks"], one["confirmed"]) for one in told["thresholds"]] == [(4, 3, 2)]
