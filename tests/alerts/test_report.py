"""One alert: taken, repeated harmlessly, refused with reasons."""

import asyncio
import base64
from typing import Any

import pytest

from services.alerts.queries.reference import DOUBT_SECONDS
from shared.contracts.alerts import AlertRaised
from shared.contracts.directory import AreaRecord, AreasChanged
from shared.idnumber import IdNumber
from tests.alerts.conftest import (
    ALERTS,
    CLOSED,
    FIRST_ID_NUMBER,
    MEDICAL,
    OTHER_COUNTY,
    Service,
    absence,
    bearer,
    cost,
    days_ago,
    faults,
    key_changed,
    pupil,
    until,
)


async def test_a_report_is_stored_told_and_can_be_read(service: Service) -> None:
    answer = await service.post(ALERTS, absence())

    assert answer.status_code == 201, answer.text
    place = answer.headers["location"]
    assert place == f"{ALERTS}/{answer.json()['id']}"
    assert answer.json()["severity"] == "medium"  # the feed's own
    (event,) = await service.heard.hear(AlertRaised)
    assert str(event.alert_id) == answer.json()["id"]
    assert (event.feed, event.risk_family, event.severity) == ("education.absence", "education", "medium")
    assert event.key == event.person_key == service.vault.person_key(IdNumber(FIRST_ID_NUMBER))
    assert service.vault.open_json(base64.b64decode(event.sealed), "alert") == {
        "person": {"id_number": FIRST_ID_NUMBER, "name": "张小明", "phone": "15400000017"},
        "household": None,
        "evidence": absence()["evidence"],
    }
    found = (await service.get(place)).json()
    assert found["person"] == {
        "id_number": f"{FIRST_ID_NUMBER[:4]}**********{FIRST_ID_NUMBER[-4:]}",
        "name": "张**",
        "phone": "154****0017",
    }
    assert found["evidence"] == absence()["evidence"]
    assert (found["state"], found["answer"], found["household"]) == ("reported", None, None)


async def test_a_household_without_a_person(service: Service) -> None:
    draft = absence(person=None, household={"national_code": "5399211000010017"}, source_ref=None)
    place = (await service.post(ALERTS, draft)).headers["location"]

    (event,) = await service.heard.hear(AlertRaised)
    assert event.key == event.household_key == service.vault.household_key("5399211000010017")
    assert event.person_key is None
    found = (await service.get(place)).json()
    assert (found["person"], found["household"]) == (None, {"national_code": "************0017"})


@pytest.mark.parametrize("source_ref", ["JY-7", None])
async def test_the_same_row_again_is_harmless(service: Service, source_ref: str | None) -> None:
    draft = absence(source_ref=source_ref)
    first = await service.post(ALERTS, draft)
    # The same row, as another program would write it.
    person = {**draft["person"], "id_number": FIRST_ID_NUMBER.translate({ord("5"): "５"})}
    again = await service.post(ALERTS, dict(reversed({**draft, "person": person}.items())))

    assert (first.status_code, again.status_code) == (201, 200)
    assert (first.json()["outcome"], again.json()) == ("new", {**first.json(), "outcome": "repeated"})
    assert again.headers["location"] == first.headers["location"]
    await service.heard.hear(AlertRaised)
    assert (await service.count("alert"), len(service.heard.of(AlertRaised))) == (1, 1)


async def test_a_source_ref_of_somebody_else_is_refused(service: Service) -> None:
    first = await service.post(ALERTS, absence())
    other = await service.post(ALERTS, absence(occurred_on=days_ago(2), person=pupil(2)))

    assert (other.status_code, other.json()["code"]) == (409, "source-ref-reused")
    assert faults(other) == {"source_ref": "source-ref-reused"}
    assert (await service.get(first.headers["location"])).json()["occurred_on"] == days_ago(1)
    # Another bureau may use the same numbers.
    assert (await service.post(ALERTS, cost(source_ref="JY-1"), headers=MEDICAL)).status_code == 201


async def test_without_a_source_ref_other_content_is_another_report(service: Service) -> None:
    for number in (1, 2):
        assert (await service.post(ALERTS, absence(source_ref=None, person=pupil(number)))).status_code == 201
    answer = await service.post(ALERTS, absence(source_ref=None, person=pupil(2), occurred_on=days_ago(2)))
    assert (answer.status_code, answer.json()["outcome"]) == (200, "merged")


async def test_an_idempotency_key_gets_the_first_answer(service: Service) -> None:
    key = {"X-API-Key": "education-secret", "Idempotency-Key": "k-1"}
    first = await service.post(ALERTS, absence(), headers=key)
    again = await service.post(ALERTS, absence(), headers=key)
    other = await service.post(ALERTS, absence(source_ref="JY-2"), headers=key)

    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    assert again.headers["idempotency-replayed"] == "true"
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    assert len(await service.heard.hear(AlertRaised)) == 1


MISTAKES: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({"feed": "no.such"}, {"feed": "feed-unknown"}),
    ({"area_code": "539921100077"}, {"area_code": "area-unknown"}),
    ({"area_code": CLOSED}, {"area_code": "area-unknown"}),
    ({"area_code": "5399211"}, {"area_code": "field-invalid"}),
    ({"occurred_on": days_ago(-1)}, {"occurred_on": "date-in-future"}),
    ({"occurred_on": 20260301}, {"occurred_on": "date-invalid"}),
    ({"occurred_on": "2026-02-30"}, {"occurred_on": "date-invalid"}),
    (
        {"person": {"id_number": FIRST_ID_NUMBER[:-1] + "9", "name": "张"}},
        {"person.id_number": "id-number-checksum"},
    ),
    ({"person": {"id_number": "53992", "name": "张"}}, {"person.id_number": "id-number-length"}),
    ({"person": {"id_number": FIRST_ID_NUMBER}}, {"person.name": "field-missing"}),
    ({"person": {"id_number": FIRST_ID_NUMBER, "name": "张\u0000"}}, {"person.name": "field-invalid"}),
    ({"person": None}, {"": "person-or-household"}),
    ({"household": {"national_code": "5399211000010017"}}, {"": "person-or-household"}),
    ({"evidence": {"days_absent": "four"}}, {"evidence.days_absent": "evidence-invalid"}),
    ({"severity": "terrible"}, {"severity": "choice-invalid"}),
    ({"source_ref": FIRST_ID_NUMBER}, {"source_ref": "source-ref-personal"}),
    ({FIRST_ID_NUMBER: 1}, {"?": "field-unknown"}),
]


async def test_mistakes_are_told_by_field(service: Service) -> None:
    for changed, expected in MISTAKES:
        draft = {**absence(), **changed}
        answer = await service.post(ALERTS, {k: v for k, v in draft.items() if v is not None})

        assert answer.status_code == 422, (changed, answer.text)
        assert faults(answer) == expected
        assert FIRST_ID_NUMBER[:-1] not in answer.text
        assert all(error["message"] != error["code"] for error in answer.json()["errors"]), "every code has a text"
    assert (await service.count("alert"), await service.count("outbox")) == (0, 0)


async def test_what_is_no_json_object_is_400(service: Service) -> None:
    headers = {"X-API-Key": "education-secret", "Content-Type": "application/json"}
    for body in (b"", b"{", b"[]", b'"x"', b'{"evidence": NaN}', b'{"feed": "\\ud800"}', b"\xff\xfe", b"[" * 100_000):
        answer = await service.http.post(ALERTS, content=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (400, "json-invalid"), body[:20]


async def test_another_content_type_is_415(service: Service) -> None:
    answer = await service.http.post(ALERTS, data={"feed": "x"}, headers={"X-API-Key": "education-secret"})
    assert (answer.status_code, answer.json()["code"]) == (415, "media-type-unsupported")


async def test_a_body_of_more_than_a_megabyte_is_413(service: Service) -> None:
    answer = await service.post(ALERTS, absence(evidence={"reason": "长" * 1_000_000}))
    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")


async def test_a_feed_of_another_bureau_is_403(service: Service) -> None:
    answer = await service.post(ALERTS, cost())
    assert (answer.status_code, answer.json()["code"]) == (403, "feed-not-permitted")


async def test_an_area_outside_the_keys_scope_is_404(service: Service) -> None:
    answer = await service.post(ALERTS, absence(area_code=OTHER_COUNTY))
    assert (answer.status_code, answer.json()["code"]) == (404, "area-not-permitted")


async def test_a_bureaus_account_may_report_and_others_may_not(service: Service) -> None:
    for role, status in (("bureau", 201), ("county", 403), ("township", 403), ("village", 403), ("supervisor", 403)):
        answer = await service.post(ALERTS, absence(), headers=bearer(role, ["education.absence"]))
        assert answer.status_code == status, role


async def test_no_key_a_wrong_key_a_revoked_key(service: Service) -> None:
    await service.tell(key_changed("revoked", ["education.absence"], "education", revoked=True))
    for headers in ({}, {"X-API-Key": "guess"}, {"X-API-Key": "revoked"}):
        answer = await service.http.post(ALERTS, json=absence(), headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


async def test_an_area_announced_a_moment_ago_is_known(service: Service) -> None:
    new = absence(area_code="539921100003")
    assert (await service.post(ALERTS, new)).status_code == 422
    await asyncio.sleep(DOUBT_SECONDS)
    await service.tell(AreasChanged(areas=[AreaRecord(code="539921100003", name="新村")]))
    assert (await service.post(ALERTS, new)).status_code == 201


async def test_connections_that_broke_in_the_pool_refuse_nobody(service: Service) -> None:
    """PostgreSQL was restarted while nobody asked: the next report is taken as if nothing had been."""
    assert (await service.post(ALERTS, absence())).status_code == 201
    others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    await service.sql(f"SELECT pg_terminate_backend(pid) {others}")
    await asyncio.sleep(0.2)
    answers = [await service.post(ALERTS, absence(source_ref=f"after-{n}", person=pupil(n))) for n in range(4)]
    assert [answer.status_code for answer in answers] == [201] * 4


async def test_a_feed_is_data(service: Service) -> None:
    """A changed schema counts without a restart; a closed feed takes nothing."""
    await service.post(ALERTS, absence())
    await service.sql("""UPDATE feed SET version = 2, evidence_schema = jsonb_set(evidence_schema, '{required}',
        '["days_absent", "grade"]') WHERE code = 'education.absence'""")

    async def refused_as(expected: dict[str, str]) -> bool:
        answer = await service.post(ALERTS, absence(source_ref="JY-2"))
        return answer.status_code == 422 and faults(answer) == expected

    await until(lambda: refused_as({"evidence.grade": "field-missing"}), seconds=3)
    await service.sql("UPDATE feed SET active = false WHERE code = 'education.absence'")
    await until(lambda: refused_as({"feed": "feed-unknown"}), seconds=3)
