"""A household reports itself by phone code, or through a cadre; and what an attacker gets out of it: nothing."""

import asyncio
import base64
import json
import logging
from datetime import timedelta
from typing import Any

import httpx
import pytest

from services.alerts.rules.self_reports import (
    PhoneInvalid,
    TooOften,
    normalise_phone,
    require_room,
    span_end,
)
from services.alerts.usecases import phone_codes
from shared.areas import Scope
from shared.clock import utc_now
from shared.contracts.alerts import AlertRaised, PhoneCodeIssued
from shared.contracts.households import MemberRecord, MembersChanged
from shared.idnumber import IdNumber
from shared.ids import new_id
from tests.alerts.conftest import (
    ALERTS,
    EDUCATION,
    FIRST_ID_NUMBER,
    OTHER_COUNTY,
    VILLAGE,
    Service,
    bearer,
    faults,
    id_number,
)
from tests.alerts.silence import policy, tell_policies
from tests.alerts.test_consumers import given, opened

CODES = "/alerts/v1/phone-codes"
REPORTS = "/alerts/v1/self-reports"
STATUS = f"{REPORTS}/status"
PHONE = "15400000017"
CADRE = bearer("village", areas=[VILLAGE])
TEXT = "老伴住院花了三万，地里没人种"


@pytest.fixture
async def told(service: Service) -> Service:
    """The service with its policies."""
    await tell_policies(service)
    return service


def request(**changed: Any) -> dict[str, Any]:
    """A household's request; None leaves a field out."""
    body = {
        "phone": PHONE,
        "code": "000000",
        "id_number": FIRST_ID_NUMBER,
        "name": "张小明",
        "area_code": VILLAGE,
        "kind": "medical",
        "text": TEXT,
        **changed,
    }
    return {name: value for name, value in body.items() if value is not None}


async def post(service: Service, path: str, body: Any, headers: Any = None) -> httpx.Response:
    """As anybody, unless `headers` say who."""
    return await service.http.post(path, json=body, headers=headers or {})


async def code_for(service: Service, phone: str = PHONE) -> str:
    """The code that was sent to a phone, as the text message gateway reads it."""
    before = len(service.heard.of(PhoneCodeIssued))
    answer = await post(service, CODES, {"phone": phone})
    assert answer.status_code == 202, answer.text
    event = (await service.heard.hear(PhoneCodeIssued, before + 1))[-1]
    sent = service.vault.open_json(base64.b64decode(event.sealed), phone_codes.PURPOSE)
    assert sent["phone"] == normalise_phone(phone)
    assert timedelta(minutes=9) < event.expires_at - utc_now() <= timedelta(minutes=10)
    code: str = sent["code"]
    return code


def other(code: str) -> str:
    """A wrong code."""
    return f"{(int(code) + 1) % 1_000_000:06}"


async def test_a_household_reports_itself(told: Service) -> None:
    code = await code_for(told)
    answer = await post(told, REPORTS, request(code=code))
    assert answer.status_code == 201, answer.text
    assert set(answer.json()) == {"receipt", "received_at"}
    assert answer.headers["cache-control"] == "no-store"
    (event,) = await told.heard.hear(AlertRaised)
    assert (event.feed, event.risk_family, event.area_code) == ("household.request", "medical", VILLAGE)
    record = told.vault.open_json(base64.b64decode(event.sealed), "alert")
    assert record["person"] == {"id_number": FIRST_ID_NUMBER, "name": "张小明", "phone": PHONE}
    assert record["evidence"] == {
        "topic": "就医",
        "kind": "新申报",
        "channel": "电话",
        "urgent": False,
        "note": TEXT,
    }
    (row,) = await told.sql("SELECT source, risk_family, alert_id FROM self_report")
    assert tuple(row) == ("household", "medical", event.alert_id)
    assert str(event.alert_id) != answer.json()["receipt"], "the receipt opens nothing"
    audited = await told.sql("SELECT area_code, detail->>'source' FROM audit_entry WHERE action = 'self-report:make'")
    assert [tuple(one) for one in audited] == [(VILLAGE, "household")]


async def test_a_lost_answer_is_asked_for_again_and_a_code_makes_one_request(told: Service) -> None:
    code = await code_for(told)
    first = await post(told, REPORTS, request(code=code))
    again = await post(told, REPORTS, request(code=code))
    assert (first.status_code, again.status_code, again.json()) == (201, 200, first.json())
    more = await post(told, REPORTS, request(code=code, text="还有一件事"))
    assert (more.status_code, more.json()["code"]) == (422, "phone-code-invalid")
    assert (await told.count("alert"), await told.count("self_report")) == (1, 1)


async def test_sent_ten_times_at_once_it_is_one(told: Service) -> None:
    await told.tell(policy("self-report", 2, tries=10))
    code = await code_for(told)
    answers = await asyncio.gather(*(post(told, REPORTS, request(code=code)) for _ in range(10)))
    assert sorted(a.status_code for a in answers) == [200] * 9 + [201]
    assert len({a.json()["receipt"] for a in answers}) == 1
    assert await told.count("alert") == 1


async def test_ten_different_ones_at_once_with_one_code_are_one(told: Service) -> None:
    await told.tell(policy("self-report", 2, tries=10))
    code = await code_for(told)
    answers = await asyncio.gather(*(post(told, REPORTS, request(code=code, text=f"第{n}件")) for n in range(10)))
    assert sorted(a.status_code for a in answers) == [201] + [422] * 9
    assert await told.count("alert") == 1


async def test_five_tries_and_no_more(told: Service) -> None:
    code = await code_for(told)
    for _ in range(5):
        answer = await post(told, REPORTS, request(code=other(code)))
        assert (answer.status_code, answer.json()["code"]) == (422, "phone-code-invalid")
    answer = await post(told, REPORTS, request(code=code))
    assert (answer.status_code, answer.json()["code"]) == (422, "phone-code-invalid"), "right, but too late"
    fresh = await code_for(told)
    assert (await post(told, REPORTS, request(code=fresh))).status_code == 201


async def test_guesses_at_once_do_not_get_more_tries(told: Service) -> None:
    code = await code_for(told)
    wrong = [f"{n:06}" for n in range(40) if f"{n:06}" != code]
    await asyncio.gather(*(post(told, STATUS, {"phone": PHONE, "code": guess}) for guess in wrong))
    assert [tuple(row) for row in await told.sql("SELECT tries FROM phone_code")] == [(5,)]


async def test_every_refusal_looks_the_same(told: Service) -> None:
    """Wrong, expired, replaced, of another phone, never sent: nobody learns which."""
    old = await code_for(told)
    code = await code_for(told)
    refusals = [
        await post(told, REPORTS, request(code=other(code))),
        await post(told, REPORTS, request(code=old if old != code else other(code))),
        await post(told, REPORTS, request(code=code, phone="15400000018")),
        await post(told, STATUS, {"phone": "15400000018", "code": code}),
        await post(told, STATUS, {"phone": PHONE, "code": other(code)}),
    ]
    await told.sql("UPDATE phone_code SET expires_at = now()")
    refusals.append(await post(told, REPORTS, request(code=code)))
    assert {answer.status_code for answer in refusals} == {422}
    bodies = [{**answer.json(), "trace_id": None} for answer in refusals]
    assert all(body == bodies[0] for body in bodies)
    assert await told.count("alert") == 0


async def test_nobody_learns_who_is_registered(told: Service) -> None:
    """Known, unknown, with an open alert, dismissed a day ago: the same answer, and the same status after it."""
    numbers = [id_number(n) for n in range(4)]
    member = MemberRecord(
        person_key=told.vault.person_key(IdNumber(numbers[1])),
        household_id=new_id(),
        household_key=None,
        area_code=VILLAGE,
        household_class="monitored",
        active=True,
        changed_at=utc_now(),
    )
    await told.tell(MembersChanged(members=[member]))
    for number in numbers[2:]:
        draft = {
            "feed": "cadre.patrol",
            "occurred_on": "2026-03-02",
            "person": {"id_number": number, "name": "某人"},
            "area_code": VILLAGE,
            "evidence": {"finding": "发现风险", "topic": "就医"},
        }
        alert_id = (await post(told, ALERTS, draft, CADRE)).json()["id"]
        await told.tell(opened(alert_id, new_id()))
    await told.tell(given(told, [alert_id], new_id(), "no_risk", minutes=-5))
    shapes = []
    for n, number in enumerate(numbers):
        phone = f"1540000010{n}"
        code = await code_for(told, phone)
        answer = await post(told, REPORTS, request(phone=phone, code=code, id_number=number))
        status = (await post(told, STATUS, {"phone": phone, "code": code})).json()["items"]
        shapes.append((answer.status_code, sorted(answer.json()), [(s["kind"], s["state"]) for s in status]))
    assert shapes == [(201, ["receipt", "received_at"], [("medical", "received")])] * 4


async def test_the_status_tells_a_household_that_it_was_answered_and_no_more(told: Service) -> None:
    code = await code_for(told)
    made = (await post(told, REPORTS, request(code=code))).json()
    ((alert_id,),) = await told.sql("SELECT id FROM alert")
    verdict = given(told, [str(alert_id)], new_id(), "already_helped")
    await told.tell(opened(str(alert_id), new_id()), verdict.model_copy(update={"given_at": utc_now()}))
    answer = await post(told, STATUS, {"phone": "+86 154-0000-0017", "code": code})
    assert answer.json() == {"items": [{**made, "kind": "medical", "state": "answered"}]}
    assert "already_helped" not in answer.text
    stranger = await code_for(told, "15400000018")
    assert (await post(told, STATUS, {"phone": "15400000018", "code": stranger})).json() == {"items": []}
    assert (await told.http.get(STATUS, params={"phone": PHONE, "code": code})).status_code == 405, (
        "never in an address"
    )


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"id_number": "123"}, {"id_number": "id-number-length"}),
        ({"id_number": FIRST_ID_NUMBER[:-1] + "0"}, {"id_number": "id-number-checksum"}),
        ({"area_code": "539999999999"}, {"area_code": "area-unknown"}),
        ({"area_code": "x"}, {"area_code": "field-invalid"}),
        ({"kind": "wealth"}, {"kind": "choice-invalid"}),
        ({"text": ""}, {"text": "text-too-short"}),
        ({"text": "长" * 301}, {"text": "text-too-long"}),
        ({"text": "两\n行"}, {"text": "field-invalid"}),
        ({"name": None}, {"name": "field-missing"}),
        ({"phone": None}, {"phone": "field-missing"}),
        ({"phone": None, "code": None}, {"phone": "field-missing", "code": "field-missing"}),
        ({"phone": "12345"}, {"phone": "phone-invalid"}),
        ({"household": "x"}, {"household": "field-unknown"}),
    ],
)
async def test_a_mistake_is_told_and_costs_no_try(told: Service, changed: Any, expected: dict[str, str]) -> None:
    code = await code_for(told)
    answer = await post(told, REPORTS, request(**{"code": code, **changed}))
    assert (answer.status_code, faults(answer)) == (422, expected)
    if "phone" not in changed:
        assert [tuple(row) for row in await told.sql("SELECT tries FROM phone_code")] == [(0,)]
    assert "张小明" not in answer.text
    assert FIRST_ID_NUMBER not in answer.text


async def test_a_phone_gets_so_many_codes(told: Service) -> None:
    for _ in range(3):
        await code_for(told)
    answer = await post(told, CODES, {"phone": f"+86 {PHONE}"})
    assert (answer.status_code, answer.json()["code"]) == (429, "too-often")
    assert 0 < int(answer.headers["retry-after"]) <= 3600
    assert len(told.heard.of(PhoneCodeIssued)) == 3
    await code_for(told, "15400000018")


async def test_an_address_and_everybody_get_so_many(told: Service) -> None:
    limit = [{"count": 4, "minutes": 60}]
    await told.tell(policy("self-report", 2, codes_per_address=limit))
    answers = await asyncio.gather(*(post(told, CODES, {"phone": f"154000001{n:02}"}) for n in range(12)))
    assert sorted(a.status_code for a in answers) == [202] * 4 + [429] * 8
    await told.tell(policy("self-report", 3, codes_overall=limit))
    assert (await post(told, CODES, {"phone": "15400000299"})).status_code == 429
    assert await told.count("phone_code") == 4


async def test_tries_are_counted_by_address_whatever_the_phone(told: Service) -> None:
    await told.tell(policy("self-report", 2, tries_per_address=[{"count": 3, "minutes": 60}]))
    answers = [await post(told, STATUS, {"phone": f"154000001{n:02}", "code": "000000"}) for n in range(5)]
    assert [a.status_code for a in answers] == [422, 422, 422, 429, 429]


async def test_several_processes_count_together(told: Service, make_service: Any) -> None:
    second = await make_service()
    assert [(await post(one, CODES, {"phone": PHONE})).status_code for one in (told, second, told, second)] == [
        202,
        202,
        202,
        429,
    ]


async def test_without_a_policy_nothing_is_sent(service: Service) -> None:
    answer = await post(service, CODES, {"phone": PHONE})
    assert (answer.status_code, answer.json()["code"]) == (409, "policy-missing")
    assert await service.count("phone_code") == 0


@pytest.mark.parametrize("body", [{}, {"phone": 1}, {"phone": "1" * 41}, {"phone": PHONE, "code": "1"}, [], None])
async def test_a_code_for_nonsense(told: Service, body: Any) -> None:
    assert (await post(told, CODES, body)).status_code == 422
    assert await told.count("use_count") == 0


async def test_bodies_are_short(told: Service) -> None:
    for path in (CODES, REPORTS, STATUS):
        answer = await told.http.post(
            path, content=b'{"phone": "' + b"1" * 9000, headers={"Content-Type": "application/json"}
        )
        assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")


async def test_a_cadre_reports_on_a_households_behalf(told: Service) -> None:
    body = request(code=None, phone=None, kind="housing", urgent=True)
    for headers in (CADRE, bearer("township", areas=["539921100"])):
        answer = await post(told, REPORTS, body, headers)
        assert answer.status_code == 201, answer.text
    (event, *_) = await told.heard.hear(AlertRaised)
    assert (event.feed, event.risk_family) == ("household.request", "housing")
    record = told.vault.open_json(base64.b64decode(event.sealed), "alert")
    assert (record["evidence"]["channel"], record["evidence"]["urgent"]) == ("村委代报", True)
    rows = await told.sql("SELECT role, action, area_code, detail->>'source' FROM audit_entry ORDER BY role")
    assert [tuple(row) for row in rows] == [
        ("township", "self-report:make", VILLAGE, "cadre"),
        ("village", "self-report:make", VILLAGE, "cadre"),
    ]


async def test_a_cadres_lost_answer(told: Service) -> None:
    headers = {**bearer("village", areas=[VILLAGE], sub=new_id()), "Idempotency-Key": "s-1"}
    first, again = [await post(told, REPORTS, request(code=None), headers) for _ in range(2)]
    assert (first.status_code, again.status_code, first.json()) == (201, 201, again.json())
    del headers["Idempotency-Key"]
    assert (await post(told, REPORTS, request(code=None), headers)).status_code == 200


@pytest.mark.parametrize(
    ("headers", "changed", "status", "code"),
    [
        (CADRE, {"area_code": "539921100002"}, 404, "area-not-permitted"),
        (CADRE, {"area_code": OTHER_COUNTY}, 404, "area-not-permitted"),
        (CADRE, {"code": "123456"}, 422, "invalid-input"),
        (bearer("county"), {}, 403, "role-not-permitted"),
        (bearer("bureau", ["household.request"]), {}, 403, "role-not-permitted"),
        (bearer("supervisor"), {}, 403, "role-not-permitted"),
        (bearer("admin"), {}, 403, "role-not-permitted"),
        (EDUCATION, {}, 403, "role-not-permitted"),
        ({"Authorization": "Bearer x.y.z"}, {}, 401, "unauthenticated"),
        ({"Authorization": ""}, {}, 401, "unauthenticated"),
        ({"X-API-Key": "none"}, {}, 401, "unauthenticated"),
    ],
)
async def test_who_may_not(told: Service, headers: Any, changed: Any, status: int, code: str) -> None:
    answer = await post(told, REPORTS, request(**{"code": None, **changed}), headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert await told.count("alert") == 0


async def test_nothing_personal_lies_in_clear(told: Service, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    code = await code_for(told)
    answers = [await post(told, REPORTS, request(code=other(code))), await post(told, REPORTS, request(code=code))]
    answers.append(await post(told, STATUS, {"phone": PHONE, "code": code}))
    answers.append(await post(told, REPORTS, request(code=None, text="另一件"), CADRE))
    tables = [row[0] for row in await told.sql("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")]
    places = {table: str(await told.sql(f"SELECT whole::text FROM {table} AS whole")) for table in tables}
    places["answers"] = "".join(answer.text for answer in answers)
    places["events"] = "".join(message.value.decode() for message in told.heard.messages)
    places["logs"] = "".join(str(record.__dict__) + caplog.handler.format(record) for record in caplog.records)
    for secret in (PHONE, FIRST_ID_NUMBER, "张小明", TEXT):
        for form in (secret, json.dumps(secret).strip('"'), secret.encode().hex()):
            assert [name for name, text in places.items() if form in text] == []
    for name in ("logs", "answers", "phone_code", "events"):
        assert code not in places[name].replace(f"0.{code}", ""), name


async def test_codes_and_counts_are_forgotten(told: Service) -> None:
    await code_for(told)
    async with told.database.write(Scope.everywhere()) as session:
        await phone_codes.forget_codes(session, utc_now())
    assert (await told.count("phone_code"), await told.count("use_count")) == (1, 3)
    async with told.database.write(Scope.everywhere()) as session:
        await phone_codes.forget_codes(session, utc_now() + timedelta(days=2))
    assert (await told.count("phone_code"), await told.count("use_count")) == (0, 0)


def test_phones_as_people_type_them() -> None:
    for typed in ("15400000017", " 154 0000 0017 ", "+86-154-0000-0017", "008615400000017", "１５４００００００１７"):
        assert normalise_phone(typed) == PHONE
    for typed in ("", "1540000001", "154000000170", "12400000017", "0871-3333333", "+1 15400000017", "१५४०००००००१७"):
        with pytest.raises(PhoneInvalid):
            normalise_phone(typed)


def test_spans_follow_each_other() -> None:
    now = utc_now()
    ends = span_end(now, 60)
    assert now < ends <= now + timedelta(hours=1)
    assert span_end(ends, 60) == ends + timedelta(hours=1)
    assert span_end(ends - timedelta(microseconds=1), 60) == ends
    require_room(3, 3, ends, now)
    with pytest.raises(TooOften) as refused:
        require_room(4, 3, now + timedelta(milliseconds=1), now)
    assert refused.value.params == {"retry_after": 1}
