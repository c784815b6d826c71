"""One alert with many evidences: what is no news goes into it, what is worse is told, and dismissed ones keep quiet."""

import asyncio
import base64
import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.clock import end_of_day, local_date, utc_now
from shared.contracts.alerts import AlertRaised, AlertWithdrawn, AlertWorsened, EvidenceWithdrawn
from tests.alerts.conftest import (
    ALERTS,
    BATCHES,
    EDUCATION,
    MEDICAL,
    Service,
    absence,
    bearer,
    cost,
    key_changed,
    merge_policy,
)
from tests.alerts.merging import (
    CODE,
    HOUSEHOLD,
    about,
    age,
    bill,
    evidences,
    known,
    look,
    member,
    verdict,
    withdraw,
)

pytestmark = pytest.mark.usefixtures("every_bill_triggers")


async def test_the_same_bad_news_is_more_evidence(service: Service) -> None:
    first = await bill(service, "1", status=201)
    again = await bill(service, "2", 8100)

    assert (again["id"], again["outcome"], again["snoozed_until"]) == (first["id"], "merged", None)
    assert await evidences(service, first) == [("2", "merged")]
    assert (await look(service, first))["evidences"] == 1
    [item] = (await service.get(f"{ALERTS}/{first['id']}/evidences", headers=MEDICAL)).json()["items"]
    assert (item["evidence"], item["person"]["name"]) == ({"self_pay": 8100}, "张**")
    await asyncio.sleep(0.2)
    assert [message.type for message in service.heard.messages] == [AlertRaised.type]
    [(policy_id,)] = await service.sql("SELECT policy_id FROM alert_evidence")
    assert item["policy_id"] == str(policy_id)


async def test_a_repeated_row_is_known_whether_it_is_an_alert_or_evidence(service: Service) -> None:
    first = await bill(service, "1", status=201)
    await bill(service, "2", 8100)
    for ref, self_pay in (("1", 8000), ("2", 8100)):
        again = await bill(service, ref, self_pay)
        assert (again["id"], again["outcome"]) == (first["id"], "repeated")
    other = await service.post(ALERTS, cost(source_ref="2", **about(2)), headers=MEDICAL)
    assert (other.status_code, other.json()["code"]) == (409, "source-ref-reused"), "the number is somebody else's"
    assert (await service.count("alert"), await service.count("alert_evidence")) == (1, 1)


async def test_a_corrected_row_keeps_its_number_and_is_judged_as_any(service: Service) -> None:
    """A bill, a loan, a complaint: in the next export the row is the same and its amount is not."""
    first = await bill(service, "1", status=201)
    assert (await bill(service, "1", 8100))["outcome"] == "merged"
    worse = await bill(service, "1", 12_000, severity="high")
    assert (worse["id"], worse["outcome"], worse["severity"]) == (first["id"], "worsened", "high")
    for self_pay in (8000, 8100):
        assert (await bill(service, "1", self_pay))["outcome"] == "repeated"
    assert (await bill(service, "1", 12_000, severity="high"))["outcome"] == "repeated"
    assert await evidences(service, first) == [("1", "merged"), ("1", "worsened")]
    [event] = await service.heard.hear(AlertWorsened)
    assert event.severity == "high"

    await withdraw(service, first, source_ref="1")
    assert (await look(service, first))["state"] == "withdrawn", "the number stands for all that came under it"
    assert (await bill(service, "1", 9000, status=201))["outcome"] == "new"


async def test_a_row_is_corrected_within_one_batch_and_after_its_alert_was_answered(service: Service) -> None:
    first = await bill(service, "1", status=201)
    await service.tell(verdict(service, first, "no_risk"))
    assert (await bill(service, "1", 8100))["outcome"] == "snoozed"
    again = await bill(service, "1", 20_000, status=201)
    assert (again["outcome"], (await look(service, again))["reopens"]) == ("reopened", first["id"])
    assert (await bill(service, "1", 20_000))["outcome"] == "repeated"

    rows = [
        cost(source_ref="7", evidence={"self_pay": self_pay}, **about(7)) for self_pay in (8000, 8100, 8000, 12_000)
    ]
    body = b"\n".join(json.dumps(row).encode() for row in rows)
    answer = await service.http.post(BATCHES, content=body, headers={**MEDICAL, "Content-Type": "application/x-ndjson"})
    batch = await service.batch(answer.json()["id"], headers=MEDICAL)
    names = ("accepted", "merged", "worsened", "repeated", "rejected")
    assert [batch[name] for name in names] == [1, 1, 1, 1, 0]


async def test_worse_evidence_is_told_and_raises_the_alert(service: Service) -> None:
    first = await bill(service, "1", status=201)
    await bill(service, "2", 9000)
    worse = await bill(service, "3", 12_000, severity="high")

    assert (worse["id"], worse["outcome"], worse["severity"]) == (first["id"], "worsened", "high")
    [event] = await service.heard.hear(AlertWorsened)
    raised = service.heard.of(AlertRaised)[0]
    assert (event.alert_id, event.key, event.severity) == (raised.alert_id, raised.key, "high")
    assert event.evidence_id != event.alert_id
    assert service.vault.open_json(base64.b64decode(event.sealed), "alert")["evidence"] == {"self_pay": 12_000}
    assert raised.severity == "medium", "what was told first stays what it was"
    assert (await bill(service, "4", 13_000))["outcome"] == "merged"
    assert (await bill(service, "5", 15_600))["outcome"] == "worsened"
    seen = await look(service, first)
    assert seen["severity"] == "high"
    assert "8000" in seen["explanation"]["text"]
    assert seen["explanation"]["text"].endswith("预警等级：中。"), "8,000 were no reason for more"
    page = (await service.get(f"{ALERTS}/{first['id']}/evidences", headers=MEDICAL)).json()["items"]
    [raising] = [one for one in page if one["source_ref"] == "3"]
    assert "12000" in raising["explanation"]["text"]
    assert raising["explanation"]["text"].endswith("预警等级：高。")


async def test_everybody_of_a_household_is_one_subject(service: Service) -> None:
    await known(service, member(service, 1), member(service, 2))
    first = await bill(service, "1", status=201, **about(1))
    assert (await bill(service, "2", **about(2)))["id"] == first["id"]
    by_code = await bill(service, "3", person=None, household={"national_code": CODE})
    assert (by_code["id"], by_code["outcome"]) == (first["id"], "merged")
    assert await service.sql("SELECT subject_key FROM alert") == [(str(HOUSEHOLD),)]
    stranger = await bill(service, "4", status=201, **about(3))
    assert stranger["id"] != first["id"]
    absent = await service.post(ALERTS, absence(**about(1)))
    assert (absent.status_code, absent.json()["outcome"]) == (201, "new"), "another kind of risk"


async def test_who_left_is_nobody_of_the_household(service: Service) -> None:
    await known(service, member(service, 1), member(service, 2, active=False))
    first = await bill(service, "1", status=201, **about(1))
    assert (await bill(service, "2", status=201, **about(2)))["id"] != first["id"]


async def test_after_the_window_it_is_an_alert_of_its_own(service: Service) -> None:
    first = await bill(service, "1", status=201)
    await age(service, 20)
    assert (await bill(service, "2"))["outcome"] == "merged"
    await age(service, 29)
    assert (await bill(service, "3"))["id"] == first["id"], "counted from the last evidence"
    await age(service, 31)
    later = await bill(service, "4", status=201)
    assert (later["outcome"], later["id"] != first["id"]) == ("new", True)
    assert (await bill(service, "5"))["id"] == later["id"], "the newest takes in what comes"
    assert (await look(service, later))["reopens"] is None
    await service.heard.hear(AlertRaised, 2)


@pytest.mark.parametrize("found", ["no_risk", "already_helped", "moved_away"])
async def test_a_dismissed_alert_keeps_quiet(service: Service, found: str) -> None:
    first = await bill(service, "1", status=201)
    await service.tell(verdict(service, first, found))
    quiet = await bill(service, "2", 8100)

    days = 180 if found == "moved_away" else 90
    until = end_of_day(local_date(utc_now()) + timedelta(days=days))
    assert (quiet["id"], quiet["outcome"]) == (first["id"], "snoozed")
    assert datetime.fromisoformat(quiet["snoozed_until"]) == until
    shown = (await look(service, first))["snooze"]
    assert (shown["verdict"], datetime.fromisoformat(shown["until"])) == (found, until)
    assert await evidences(service, first) == [("2", "snoozed")]
    assert service.heard.of(AlertWorsened) == []
    await age(service, days + 1)
    assert (await bill(service, "3", status=201))["outcome"] == "new"


async def test_worse_evidence_opens_a_dismissed_alert_anew(service: Service) -> None:
    first = await bill(service, "1", status=201)
    await service.tell(verdict(service, first, "no_risk"))
    assert (await bill(service, "2", 10_000))["outcome"] == "snoozed"
    worse = await bill(service, "3", 10_400, status=201)

    assert (worse["outcome"], worse["id"] != first["id"]) == ("reopened", True)
    assert (await look(service, worse))["reopens"] == first["id"]
    assert (await look(service, first))["state"] == "answered"
    assert len(await service.heard.hear(AlertRaised, 2)) == 2
    assert (await bill(service, "4", 10_500))["id"] == worse["id"]


@pytest.mark.parametrize("found", ["risk_confirmed", "duplicate", "wrong_person", "unreachable"])
async def test_other_verdicts_keep_nothing_quiet(service: Service, found: str) -> None:
    first = await bill(service, "1", status=201)
    await service.tell(verdict(service, first, found))
    assert (await look(service, first))["snooze"] is None
    assert (await bill(service, "2", status=201))["id"] != first["id"]


async def test_a_withdrawn_alert_takes_in_nothing(service: Service) -> None:
    first = await bill(service, "1", status=201)
    await bill(service, "2")
    await withdraw(service, first)
    again = await bill(service, "3", status=201)
    assert again["id"] != first["id"]
    assert (await bill(service, "2"))["outcome"] == "repeated", "what was taken back comes to no new life"


async def test_the_county_decides_what_is_merged(service: Service) -> None:
    await service.tell(
        merge_policy(version=2, area_prefix="539921", body={"window": {"hours": 0}, "snooze": {}, "worsening": []})
    )
    ids = {(await bill(service, str(number), status=201))["id"] for number in range(3)}
    assert len(ids) == 3


async def test_without_a_policy_nothing_is_merged(service: Service) -> None:
    await service.sql("DELETE FROM policy")
    first = await bill(service, "1", status=201)
    second = await bill(service, "2", status=201)
    assert (second["outcome"], second["id"] != first["id"]) == ("new", True)
    assert (await bill(service, "1"))["outcome"] == "repeated"


async def test_fifty_at_once_are_one_alert(service: Service) -> None:
    answers = await asyncio.gather(
        *(
            service.post(ALERTS, cost(source_ref=f"p-{n}", evidence={"self_pay": 8000 + n}), headers=MEDICAL)
            for n in range(50)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200] * 49 + [201]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert (await service.count("alert"), await service.count("alert_evidence")) == (1, 49)
    assert len(await service.heard.hear(AlertRaised)) == 1


async def test_the_same_row_fifty_times_at_once_is_one_row(service: Service) -> None:
    first = await bill(service, "0", status=201)
    small = cost(evidence={"self_pay": 8200.5})
    answers = await asyncio.gather(*(service.post(ALERTS, small, headers=MEDICAL) for _ in range(50)))
    assert {answer.json()["id"] for answer in answers} == {first["id"]}
    outcomes = sorted(answer.json()["outcome"] for answer in answers)
    assert outcomes == ["merged"] + ["repeated"] * 49
    assert await service.count("alert_evidence") == 1


async def test_an_idempotency_key_holds_for_evidence_too(service: Service) -> None:
    first = await bill(service, "1", status=201)
    headers = {**MEDICAL, "Idempotency-Key": "k"}
    draft = cost(source_ref="2", evidence={"self_pay": 8200.5})
    answers = [await service.post(ALERTS, draft, headers=headers) for _ in range(2)]
    assert [answer.json()["outcome"] for answer in answers] == ["merged", "merged"]
    assert answers[0].json()["id"] == first["id"]
    assert await service.count("alert_evidence") == 1


async def other_bureau(service: Service) -> dict[str, str]:
    """A second feed of the same kind of risk, and its bureau's key."""
    await service.sql("""
        INSERT INTO feed SELECT (jsonb_populate_record(feed, jsonb_build_object(
            'code', 'health.disease', 'default_severity', 'high', 'evidence_schema', '{"type": "object"}'::jsonb))).*
        FROM feed WHERE code = 'medical.cost'""")
    await service.tell(key_changed("health-secret", ["health.disease"], "health"))
    return {"X-API-Key": "health-secret"}


async def test_each_bureau_sees_an_alert_through_its_own_reports(service: Service) -> None:
    health = await other_bureau(service)
    first = await bill(service, "1", 8000, status=201)
    draft = cost(source_ref="W-1", feed="health.disease", evidence={"group": "C50"}, severity="medium", **about(5))
    draft["person"] = cost()["person"]
    answer = await service.post(ALERTS, draft, headers=health)

    assert (answer.status_code, answer.json()["id"], answer.json()["outcome"]) == (200, first["id"], "merged")
    assert (answer.json()["feed"], answer.json()["source_ref"]) == ("health.disease", "W-1")
    seen = await look(service, first, health)
    assert (seen["feed"], seen["source_ref"], seen["evidence"]) == ("health.disease", "W-1", {"group": "C50"})
    theirs = await look(service, first)
    assert theirs["evidence"] == {"self_pay": 8000}
    assert theirs["explanation"]["rule_id"] is not None
    assert (seen["explanation"]["rule_id"], seen["explanation"]["reasons"]) == (None, []), (
        "the rule is another bureau's"
    )
    listed = (await service.get(ALERTS, headers=health)).json()["items"]
    assert [(one["id"], one["feed"], one["source_ref"]) for one in listed] == [(first["id"], "health.disease", "W-1")]
    assert [one["id"] for one in (await service.get(ALERTS, headers=MEDICAL)).json()["items"]] == [first["id"]]
    assert (await evidences(service, first), await evidences(service, first, health)) == ([], [("W-1", "merged")])
    assert await evidences(service, first, bearer("county")) == [("W-1", "merged")]
    for headers in (EDUCATION, bearer("bureau", ["education.absence"])):
        for path in (f"{ALERTS}/{first['id']}", f"{ALERTS}/{first['id']}/evidences"):
            assert (await service.get(path, headers=headers)).status_code == 404
    county = bearer("county")
    for query, count in (({"feed": "health.disease"}, 1), ({"feed": "education.absence"}, 0), ({}, 1)):
        assert len((await service.get(ALERTS, headers=county, params=query)).json()["items"]) == count


async def test_a_bureau_takes_back_its_own_and_others_stand(service: Service) -> None:
    health = await other_bureau(service)
    first = await bill(service, "1", status=201)
    draft = cost(source_ref="W-1", feed="health.disease", evidence={"group": "C50"}, severity="medium")
    assert (await service.post(ALERTS, draft, headers=health)).json()["outcome"] == "merged"

    await withdraw(service, first)

    assert (await look(service, first, health))["state"] == "reported"
    [worse] = await service.heard.hear(AlertWorsened)
    [gone] = await service.heard.hear(EvidenceWithdrawn)
    assert (str(gone.alert_id), str(gone.evidence_id)) == (first["id"], first["id"])
    assert worse.feed == "health.disease", "nobody was told of what is left, so it is told before the other goes"
    told = [type(event) for event in service.heard.events if event.topic == "alerts.alert"]
    assert told == [AlertRaised, AlertWorsened, EvidenceWithdrawn]
    assert (await withdraw(service, first, 409))["code"] == "alert-already-withdrawn"
    answer = await service.post(f"{ALERTS}/{first['id']}/withdrawal", {"reason": "误报"}, headers=health)
    assert answer.json()["state"] == "withdrawn"
    await service.heard.hear(AlertWithdrawn)


async def test_one_row_is_taken_back(service: Service) -> None:
    first = await bill(service, "1", status=201)
    await bill(service, "2")
    await bill(service, "3", severity="high")
    assert (await withdraw(service, first, 404, source_ref="9"))["code"] == "evidence-not-found"
    assert (await withdraw(service, first, source_ref="2"))["state"] == "reported"
    assert service.heard.of(EvidenceWithdrawn) == [], "of the second nobody was told"
    after = await withdraw(service, first, source_ref="3")
    assert (after["state"], after["severity"], after["evidences"]) == ("reported", "medium", 2)
    [gone] = await service.heard.hear(EvidenceWithdrawn)
    assert gone.evidence_id == service.heard.of(AlertWorsened)[0].evidence_id
    shown = (await service.get(f"{ALERTS}/{first['id']}/evidences", headers=MEDICAL)).json()["items"]
    assert [(one["source_ref"], one["withdrawal_reason"]) for one in shown] == [("3", "数据有误"), ("2", "数据有误")]
    assert (await withdraw(service, first, source_ref="1"))["state"] == "withdrawn", "with the last one goes the alert"
    await service.heard.hear(AlertWithdrawn)


async def test_what_was_taken_back_is_compared_with_no_more(service: Service) -> None:
    first = await bill(service, "1", 8000, status=201)
    await bill(service, "2", 20_000)
    await withdraw(service, first, source_ref="2")
    assert (await bill(service, "3", 12_000))["outcome"] == "worsened"


async def test_evidence_pages(service: Service) -> None:
    first = await bill(service, "0", status=201)
    for number in range(1, 6):
        await bill(service, str(number))
    found: list[str] = []
    query: dict[str, Any] = {"limit": 2}
    while True:
        page = (await service.get(f"{ALERTS}/{first['id']}/evidences", headers=MEDICAL, params=query)).json()
        found += [one["source_ref"] for one in page["items"]]
        if page["next"] is None:
            break
        query["after"] = page["next"]
    assert found == ["5", "4", "3", "2", "1"]


async def test_a_verdict_at_the_same_moment_loses_nothing(service: Service) -> None:
    """Report, verdict and withdrawal at once: the report is evidence of what it met, or an alert of its own."""
    for number in range(8):
        first = await bill(service, f"{number}-a", status=201, **about(number))
        draft = cost(source_ref=f"{number}-b", evidence={"self_pay": 8000}, **about(number))
        withdrawal = service.post(f"{ALERTS}/{first['id']}/withdrawal", {"reason": "误报"}, headers=MEDICAL)
        said = service.tell(verdict(service, first, "no_risk"))
        answer, *_ = await asyncio.gather(service.post(ALERTS, draft, headers=MEDICAL), said, withdrawal)
        assert answer.status_code in (200, 201)
        seen = await look(service, answer.json())
        if seen["state"] == "withdrawn":  # then all of it was taken back, the report among it
            [evidence] = (await service.get(f"{ALERTS}/{seen['id']}/evidences", headers=MEDICAL)).json()["items"]
            assert evidence["withdrawn_at"] is not None
    assert (
        await service.sql(
            "SELECT count(*) FROM alert_evidence e JOIN alert a ON a.id = alert_id "
            "WHERE a.state = 'withdrawn' AND e.withdrawn_at IS NULL"
        )
    )[0][0] == 0
