"""A feed is made, changed, closed and read back through the API; what would not work is refused with its place."""

import json
from pathlib import Path
from typing import Any

import pytest

import services.alerts
from services.alerts.rules.screening_rules import choices_of, compile_levels, rule_fields
from services.alerts.schemas.feeds import NewFeed
from services.alerts.usecases.feeds import check_content
from shared.contracts.policies import TaskDeadline
from shared.ids import new_id
from tests.alerts.conftest import ALERTS, EDUCATION, Service, absence, bearer, faults, id_number, key_changed, until
from tests.shipped import DEFAULTS

FEEDS = "/alerts/v1/feeds"
SHIPPED = {path.stem: path for path in (Path(services.alerts.__file__).parent / "feeds").glob("*.json")}
COUNTY = bearer("county")


def new_feed(**changed: Any) -> dict[str, Any]:
    """A feed nobody has yet; `changed` replaces whole fields."""
    return {
        "code": "women.violence",
        "bureau": {"code": "womens-federation", "zh": "妇女联合会", "en": "Women's federation"},
        "name": {"zh": "家庭暴力求助", "en": "Call for help against violence"},
        "risk_family": "accident",
        "default_severity": "high",
        "cadence": "monthly",
        "due_day": 5,
        "columns": [
            {"field": "person.id_number", "headers": ["身份证号"], "required": True},
            {"field": "person.name", "headers": ["姓名"], "required": True},
            {"field": "calls", "headers": ["求助次数", "次数"], "required": True},
            {"field": "level", "headers": ["等级"], "values": {"1": "一级"}},
        ],
        "evidence_schema": schema(),
        **changed,
    }


def schema(**changed: Any) -> dict[str, Any]:
    """Its evidence."""
    return {
        "type": "object",
        "required": ["calls"],
        "additionalProperties": False,
        "properties": {
            "calls": {"title": "求助次数 · calls for help", "type": "integer", "minimum": 1},
            "level": {"title": "等级 · level", "type": "string", "enum": ["一级", "二级"]},
        },
        **changed,
    }


def field_schema(**field: Any) -> dict[str, Any]:
    """A feed whose evidence has one more field, `more`."""
    more = {"title": "更多 · more", **field}
    return new_feed(evidence_schema=schema(properties={**schema()["properties"], "more": more}))


async def made(service: Service, **changed: Any) -> Any:
    """The answer to making it."""
    return await service.post(FEEDS, new_feed(**changed), headers=COUNTY)


def if_match(version: int | str, headers: dict[str, str] = COUNTY) -> dict[str, str]:
    return {**headers, "If-Match": f'"{version}"'}


async def put(service: Service, body: dict[str, Any], headers: dict[str, str]) -> Any:
    """Change it."""
    return await service.http.put(f"{FEEDS}/women.violence", json=body, headers=headers)


async def test_a_feed_made_through_the_api_takes_reports(service: Service) -> None:
    answer = await made(service)
    assert (answer.status_code, answer.headers["location"]) == (201, f"{FEEDS}/women.violence")
    assert answer.headers["etag"] == '"1"'
    body = answer.json()
    assert (body["bureau"], body["bureau_code"], body["name"]) == ("妇女联合会", "womens-federation", "家庭暴力求助")
    assert (body["subject"], body["grace_days"], body["reporters"], body["expires_days"]) == (
        "person",
        0,
        ["bureau"],
        None,
    )
    assert [column["type"] for column in body["columns"]] == ["text", "text", "integer", "text"]
    assert (await service.get(f"{FEEDS}/women.violence", headers=COUNTY)).json() == body

    await service.tell(key_changed("women-secret", ["women.violence"], "womens-federation"))
    report = absence(feed="women.violence", evidence={"calls": 2, "level": "一级"})
    taken = await service.post(ALERTS, report, headers={"X-API-Key": "women-secret"})
    assert (taken.status_code, taken.json()["severity"]) == (201, "high")


async def test_what_is_read_can_be_sent_back(service: Service) -> None:
    body = (await made(service)).json()
    again = await put(service, body["content"], if_match(1))
    assert (again.status_code, again.json()["version"]) == (200, 1), "the same once more makes no version"


async def test_a_change_counts_within_a_second_and_keeps_what_was(service: Service) -> None:
    content = (await made(service)).json()["content"]
    await service.tell(key_changed("women-secret", ["women.violence"], "womens-federation"))
    content["evidence_schema"]["required"] = ["calls", "level"]
    content["columns"][3]["required"] = True
    content["expires_days"] = 30
    changed = await put(service, content, if_match(1))
    assert (changed.status_code, changed.headers["etag"], changed.json()["expires_days"]) == (200, '"2"', 30)

    async def refused() -> bool:
        report = absence(feed="women.violence", evidence={"calls": 2})
        answer = await service.post(ALERTS, report, headers={"X-API-Key": "women-secret"})
        return answer.status_code == 422 and faults(answer) == {"evidence.level": "field-missing"}

    await until(refused, seconds=3)
    versions = (await service.get(f"{FEEDS}/women.violence/versions", headers=COUNTY)).json()["items"]
    assert [one["version"] for one in versions] == [2, 1]
    assert [one["content"]["evidence_schema"]["required"] for one in versions] == [["calls", "level"], ["calls"]]
    deeds = await service.sql("SELECT detail->>'deed' FROM audit_entry WHERE action = 'feed:write' ORDER BY at")
    assert [row[0] for row in deeds] == ["created", "changed"]


async def test_who_changed_it_is_told_and_what_was_shipped_is_nobodys(service: Service) -> None:
    somebody = new_id()
    headers = bearer("county", sub=somebody)
    place = f"{FEEDS}/education.absence"
    content = (await service.get(place)).json()["content"]
    content["name"]["zh"] = "学生三天未到校"
    answer = await service.http.put(place, json=content, headers=if_match(1, headers))
    assert answer.status_code == 200, answer.text
    page = (await service.get(f"{place}/versions", params={"limit": 1})).json()
    assert (page["items"][0]["changed_by"], page["items"][0]["content"]["name"]["zh"]) == (
        str(somebody),
        "学生三天未到校",
    )
    older = (await service.get(f"{place}/versions", params={"after": page["next"]})).json()
    assert [(one["version"], one["changed_by"]) for one in older["items"]] == [
        (1, "00000000-0000-0000-0000-000000000000")
    ]
    assert older["next"] is None
    for wrong in ("x", "WyJ4Il0"):
        assert (await service.get(f"{place}/versions", params={"after": wrong})).status_code == 422


async def test_a_closed_feed_takes_nothing_until_it_is_opened_again(service: Service) -> None:
    place = f"{FEEDS}/education.absence"
    assert (await service.http.post(f"{place}/deactivation", headers=COUNTY)).status_code == 428
    closed = await service.http.post(f"{place}/deactivation", headers=if_match(1))
    assert (closed.status_code, closed.json()["active"], closed.headers["etag"]) == (200, False, '"2"')
    same = await service.http.post(f"{place}/deactivation", headers=if_match(2))
    assert (same.status_code, same.headers["etag"]) == (200, '"2"')

    async def status(expected: int) -> bool:
        return (await service.post(ALERTS, absence(source_ref=f"JY-{new_id()}"))).status_code == expected

    await until(lambda: status(422), seconds=3)
    opened = await service.http.post(f"{place}/activation", headers=if_match(2))
    assert (opened.status_code, opened.json()["active"]) == (200, True)
    await until(lambda: status(201), seconds=3)
    versions = (await service.get(f"{place}/versions")).json()["items"]
    assert [one["active"] for one in versions] == [True, False, True]


async def test_a_field_that_a_rule_looks_at_stays_what_it_is(service: Service) -> None:
    content = (await made(service)).json()["content"]
    rule = {
        "feed": "women.violence",
        "area": "539921",
        "valid_from": "2026-01-01",
        "levels": [{"severity": "high", "when": "calls >= :calls AND is_registered"}],
        "parameters": {"calls": 3},
    }
    published = await service.post("/alerts/v1/rules", rule, headers=COUNTY)
    assert published.status_code == 201, published.text
    gone = json.loads(json.dumps(content))
    gone["evidence_schema"]["properties"]["times"] = gone["evidence_schema"]["properties"].pop("calls")
    gone["evidence_schema"]["required"] = ["times"]
    gone["columns"][2]["field"] = "times"
    other_type = json.loads(json.dumps(content))
    other_type["evidence_schema"]["properties"]["calls"] = {"title": "求助次数 · calls", "type": "boolean"}
    other_type["columns"][2]["type"] = "boolean"
    for body in (gone, other_type):
        answer = await put(service, body, if_match(1))
        assert (answer.status_code, answer.json()["code"]) == (409, "feed-field-in-use"), answer.text
        assert "calls" in answer.json()["title"]
    del content["evidence_schema"]["properties"]["level"]
    del content["columns"][3]
    content["evidence_schema"]["properties"]["calls"]["type"] = "number"
    content["columns"][2]["type"] = "number"
    assert (await put(service, content, if_match(1))).status_code == 200, "no rule looks at the level; 3 is 3"


async def test_who_may_do_what(service: Service) -> None:
    content = (await made(service)).json()["content"]
    for role in ("bureau", "village", "township", "supervisor"):
        headers = bearer(role, ["women.violence"])
        assert (await service.post(FEEDS, new_feed(code="x.y"), headers=headers)).status_code == 403, role
        assert (await put(service, content, if_match(1, headers))).status_code == 403, role
        for deed in ("activation", "deactivation"):
            answer = await service.http.post(f"{FEEDS}/women.violence/{deed}", headers=if_match(1, headers))
            assert answer.status_code == 403, role
    assert (await service.post(FEEDS, new_feed(code="x.y"), headers=EDUCATION)).status_code == 403
    assert (await service.post(FEEDS, new_feed(code="x.y"), headers=bearer("admin"))).status_code == 201
    for role, status in (("bureau", 404), ("supervisor", 200), ("admin", 200), ("village", 403)):
        answer = await service.get(f"{FEEDS}/women.violence/versions", headers=bearer(role, ["education.absence"]))
        assert answer.status_code == status, role


async def test_cadres_read_what_a_feed_asks_for(service: Service) -> None:
    """They report under some, and find the fields of the others in their tasks."""
    for role in ("village", "township"):
        known = {one["code"] for one in (await service.get(FEEDS, headers=bearer(role))).json()["items"]}
        assert {"cadre.patrol", "medical.cost"} <= known, role
        detail = (await service.get(f"{FEEDS}/medical.cost", headers=bearer(role))).json()
        assert detail["evidence_schema"]["properties"]["self_pay"]["title"].startswith("个人自付金额"), role
    other = await service.get(f"{FEEDS}/medical.cost", headers=bearer("bureau", ["education.absence"]))
    assert other.status_code == 404


async def test_two_at_once_do_not_overwrite_each_other(service: Service) -> None:
    content = (await made(service)).json()["content"]
    assert (await put(service, content, COUNTY)).status_code == 428
    content["grace_days"] = 3
    assert (await put(service, content, if_match(1))).status_code == 200
    content["grace_days"] = 4
    late = await put(service, content, if_match(1))
    assert (late.status_code, late.json()["code"]) == (412, "stale-version")
    assert (await service.get(f"{FEEDS}/women.violence", headers=COUNTY)).json()["grace_days"] == 3


async def test_a_code_is_taken_once_and_a_retry_makes_one(service: Service) -> None:
    key = {**COUNTY, "Idempotency-Key": "one"}
    first, again = [await service.post(FEEDS, new_feed(), headers=key) for _ in range(2)]
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["idempotency-replayed"] == "true"
    taken = await made(service)
    assert (taken.status_code, taken.json()["code"]) == (409, "feed-code-taken")
    assert len(await service.sql("SELECT version FROM feed_version WHERE feed = 'women.violence'")) == 1
    for path, call in (("no.such", service.http.put), ("no.such/activation", service.http.post)):
        body = {k: v for k, v in new_feed().items() if k != "code"} if call == service.http.put else None
        answer = await call(f"{FEEDS}/{path}", json=body, headers=if_match(1))
        assert (answer.status_code, answer.json()["code"]) == (404, "feed-not-found")


async def test_what_was_saved_under_laxer_rules_is_still_shown(service: Service) -> None:
    await service.sql("UPDATE feed SET name_zh = '', bureau = 'X', risk_family = 'luck' WHERE code = 'medical.cost'")
    await service.sql("""UPDATE feed_version SET content = jsonb_set(content, '{bureau,code}', '"X"')
        WHERE feed = 'medical.cost'""")
    for path in ("", "/versions"):
        assert (await service.get(f"{FEEDS}/medical.cost{path}", headers=COUNTY)).status_code == 200


async def test_cadres_report_where_the_feed_names_them_and_nowhere_else(service: Service) -> None:
    request = absence(feed="household.request", evidence={"topic": "就医", "kind": "新申报"})
    for number, role in enumerate(("village", "township", "county")):
        person = {"id_number": id_number(number), "name": "某人"}
        report = {**request, "source_ref": f"by-{role}", "person": person}
        answer = await service.post(ALERTS, report, headers=bearer(role))
        assert answer.status_code == 201, role
    for role, report in (("village", absence()), ("county", absence()), ("bureau", request)):
        answer = await service.post(ALERTS, report, headers=bearer(role))
        assert (answer.status_code, answer.json()["code"]) == (403, "feed-not-permitted"), role
    clue = absence(feed="upper.clue", evidence={"level": "省", "topic": "就医", "status": "待核实"})
    assert (await service.post(ALERTS, clue, headers=bearer("village"))).status_code == 403
    elsewhere = await service.post(ALERTS, {**request, "area_code": "539922100001"}, headers=bearer("village"))
    assert elsewhere.status_code == 404


DEEP: Any = {"a": [[[[[[[[1]]]]]]]]}
BAD: list[tuple[dict[str, Any], dict[str, str]]] = [
    (new_feed(code="Women"), {"code": "field-invalid"}),
    (new_feed(code="women_x.violence"), {"code": "field-invalid"}),
    (new_feed(more=1), {"more": "field-unknown"}),
    (new_feed(bureau={"code": "X", "zh": "甲", "en": "a"}), {"bureau.code": "field-invalid"}),
    (new_feed(name={"zh": "甲"}), {"name.en": "field-missing"}),
    (new_feed(name={"zh": "甲\n乙", "en": "a"}), {"name.zh": "field-invalid"}),
    (new_feed(default_severity="urgent"), {"default_severity": "choice-invalid"}),
    (new_feed(risk_family="luck"), {"risk_family": "choice-invalid"}),
    (new_feed(reporters=["supervisor"]), {"reporters.0": "choice-invalid"}),
    (new_feed(reporters=[]), {"reporters": "too-short"}),
    (new_feed(reporters=["bureau", "bureau"]), {"": "feed-reporter-twice"}),
    (new_feed(expires_days=0), {"expires_days": "number-out-of-range"}),
    # the calendar
    (new_feed(cadence="weekly"), {"cadence": "choice-invalid"}),
    (new_feed(due_day=None), {"due_day": "field-missing"}),
    (new_feed(due_day=29), {"due_day": "due-day-out-of-range"}),
    (new_feed(cadence="ten_days", due_day=11), {"due_day": "due-day-out-of-range"}),
    (new_feed(cadence="event", due_day=5), {"due_day": "due-day-without-period"}),
    # the evidence
    (new_feed(evidence_schema=schema(type="array")), {"evidence_schema.type": "schema-not-an-object"}),
    (
        new_feed(evidence_schema=schema(additionalProperties=True)),
        {"evidence_schema.additionalProperties": "schema-open"},
    ),
    (
        new_feed(evidence_schema=schema(**{"$schema": "http://json-schema.org/draft-07/schema#"})),
        {"evidence_schema.$schema": "schema-dialect"},
    ),
    (new_feed(evidence_schema=schema(**{"$ref": "http://inside/x"})), {"evidence_schema": "schema-keyword-unknown"}),
    (new_feed(evidence_schema=schema(patternProperties={"(a+)+": {}})), {"evidence_schema": "schema-keyword-unknown"}),
    (new_feed(evidence_schema=schema(required="calls")), {"evidence_schema": "schema-invalid"}),
    (
        new_feed(evidence_schema=schema(required=["calls", "lost"])),
        {"evidence_schema.required": "schema-required-unknown"},
    ),
    (new_feed(evidence_schema=schema(properties={})), {"evidence_schema.properties": "schema-field-count"}),
    (new_feed(evidence_schema=schema(properties={"calls": True})), {"evidence_schema.properties": "schema-invalid"}),
    (new_feed(evidence_schema=schema(description=DEEP)), {"evidence_schema": "schema-unstorable"}),
    (new_feed(evidence_schema=schema(description="a\x00")), {"evidence_schema": "schema-unstorable"}),
    (new_feed(evidence_schema=schema(description="\ud800")), {"evidence_schema": "schema-unstorable"}),
    (new_feed(evidence_schema=schema(description="x" * 70_000)), {"evidence_schema": "schema-too-large"}),
    (field_schema(type="object"), {"evidence_schema.properties.more.type": "choice-invalid"}),
    (field_schema(type=["integer", "null"]), {"evidence_schema.properties.more.type": "choice-invalid"}),
    (field_schema(type="integer", title="count"), {"evidence_schema.properties.more.title": "schema-title"}),
    (field_schema(type="integer", title="次数"), {"evidence_schema.properties.more.title": "schema-title"}),
    (field_schema(type="integer", minimum="1"), {"evidence_schema": "schema-invalid"}),
    (field_schema(type="integer", minimum=float("inf")), {"evidence_schema": "schema-unstorable"}),
    (field_schema(type="integer", allOf=[]), {"evidence_schema": "schema-invalid"}),
    (field_schema(type="integer", pattern="x"), {"evidence_schema.properties.more": "schema-keyword-unknown"}),
    (field_schema(type="string"), {"evidence_schema.properties.more.maxLength": "schema-text-unbounded"}),
    (
        field_schema(type="string", maxLength=9999),
        {"evidence_schema.properties.more.maxLength": "schema-text-unbounded"},
    ),
    (field_schema(type="string", enum=[]), {"evidence_schema.properties.more.enum": "schema-choices"}),
    (field_schema(type="string", enum=[1]), {"evidence_schema.properties.more.enum": "schema-choices"}),
    (field_schema(type="string", format="email"), {"evidence_schema.properties.more.format": "choice-invalid"}),
    (
        field_schema(type="string", maxLength=9, pattern=r"(a)\1"),
        {"evidence_schema.properties.more.pattern": "schema-pattern"},
    ),
    (
        field_schema(type="string", maxLength=9, pattern="(?=a)b"),
        {"evidence_schema.properties.more.pattern": "schema-pattern"},
    ),
    (
        field_schema(type="string", maxLength=9, pattern="(a{1000}){1000}"),
        {"evidence_schema.properties.more.pattern": "schema-pattern"},
    ),
    (
        field_schema(type="string", maxLength=9, pattern="a" * 201),
        {"evidence_schema.properties.more.pattern": "text-too-long"},
    ),
    (
        new_feed(
            evidence_schema=schema(
                properties={**schema()["properties"], "is_monitored": {"type": "boolean", "title": "监测 · x"}}
            )
        ),
        {"evidence_schema.properties.is_monitored": "schema-field-reserved"},
    ),
    (
        new_feed(
            evidence_schema=schema(
                properties={**schema()["properties"], "王某": {"type": "boolean", "title": "甲 · x"}}
            )
        ),
        {"evidence_schema.properties.?": "schema-field-name"},
    ),
]


def columns(*more: dict[str, Any], without: int | None = None) -> dict[str, Any]:
    """A feed with further columns, or without one of its own."""
    own = [column for n, column in enumerate(new_feed()["columns"]) if n != without]
    return new_feed(columns=[*own, *more])


BAD_COLUMNS: list[tuple[dict[str, Any], dict[str, str]]] = [
    (columns({"field": "lost", "headers": ["丢失"]}), {"columns.4.field": "column-field-unknown"}),
    (columns({"field": "person.phone", "headers": []}), {"columns.4.headers": "too-short"}),
    (columns({"field": "occurred_on", "headers": ["日期"], "type": "text"}), {"columns.4.type": "column-type-wrong"}),
    (
        columns({"field": "person.phone", "headers": ["姓 名"]}),
        {"columns.1.headers.0": "column-heading-twice", "columns.4.headers.0": "column-heading-twice"},
    ),
    (
        columns({"field": "person.phone", "headers": ["电话", "电话"]}),
        {"columns.4.headers.0": "column-heading-twice", "columns.4.headers.1": "column-heading-twice"},
    ),
    (
        columns({"field": "calls", "headers": ["又一列"]}),
        {"columns.2.field": "column-field-twice", "columns.4.field": "column-field-twice"},
    ),
    (
        columns({"field": "person.phone", "headers": ["电话"], "values": {"a": "b"}}),
        {"columns.4.values": "column-values-without-list"},
    ),
    (
        field_schema(type="boolean")
        | {"columns": [*new_feed()["columns"], {"field": "more", "headers": ["更多"], "values": {"在": "maybe"}}]},
        {"columns.4.values": "choice-invalid"},
    ),
    (columns(without=2), {"columns": "column-missing"}),
    (columns(without=0), {"columns": "column-missing"}),
    (
        columns({"field": "level", "headers": ["等级"], "values": {"1": "九级"}}, without=3),
        {"columns.3.values": "choice-invalid"},
    ),
    (columns({"field": "occurred_on", "headers": ["日期"]}) | {"subject": "area"}, {"columns": "column-missing"}),
]


async def test_what_would_not_work_is_refused(service: Service) -> None:
    headers = {**COUNTY, "Content-Type": "application/json"}
    for body, expected in (*BAD, *BAD_COLUMNS):
        answer = await service.http.post(FEEDS, content=json.dumps(body).encode(), headers=headers)
        assert (answer.status_code, faults(answer)) == (422, expected), answer.text
        assert "王某" not in answer.text
        texts = [error["message"] for error in answer.json()["errors"]]
        assert all(text and "…" not in text for text in texts), "each mistake has its text, with all in it"
    assert await service.sql("SELECT code FROM feed WHERE code LIKE 'women%'") == []


async def test_a_greedy_pattern_costs_no_time(service: Service) -> None:
    """Such a pattern hangs an engine that backtracks; ours takes it, and a long text is refused at once."""
    body = field_schema(type="string", maxLength=2000, pattern="^(a+)+$")
    assert (await service.post(FEEDS, body, headers=COUNTY)).status_code == 201
    await service.tell(key_changed("women-secret", ["women.violence"], "womens-federation"))
    report = absence(feed="women.violence", evidence={"calls": 1, "more": "a" * 1999 + "!"})
    answer = await service.post(ALERTS, report, headers={"X-API-Key": "women-secret"})
    assert faults(answer) == {"evidence.more": "evidence-invalid"}


def shipped(code: str) -> dict[str, Any]:
    """A shipped feed's file."""
    feed: dict[str, Any] = json.loads(SHIPPED[code].read_text(encoding="utf-8"))
    return feed


@pytest.mark.parametrize("code", sorted(SHIPPED))
def test_a_shipped_feed_satisfies_the_apis_own_validation(code: str) -> None:
    feed = shipped(code)
    rule, deadline = feed.pop("rule"), feed.pop("deadline")
    new = NewFeed(**feed)
    check_content(new)
    assert new.columns
    assert new.source
    schema = feed["evidence_schema"]
    levels = compile_levels(rule["levels"], rule["parameters"], rule_fields(schema), choices_of(schema))
    used = set().union(*(level.when.parameters for level in levels))
    assert used == set(rule["parameters"]), "no parameter is there for nothing"
    assert [level.severity for level in levels] == sorted((one.severity for one in levels), key="high medium low".find)
    assert deadline["default"]["days"] > 0


@pytest.mark.parametrize("code", sorted(SHIPPED))
def test_the_default_policy_has_the_deadline_of_a_shipped_feed(code: str) -> None:
    policy, deadline = TaskDeadline.model_validate(DEFAULTS["task-deadline"]), shipped(code)["deadline"]
    assert policy.span(code, "medium").days == deadline["default"]["days"]
    assert policy.span(code, "high").days == deadline.get("high", deadline["default"])["days"]


async def test_what_is_shipped_is_installed_as_it_stands_in_its_file(service: Service) -> None:
    for code in SHIPPED:
        content = (await service.get(f"{FEEDS}/{code}", headers=COUNTY)).json()["content"]
        feed = {key: value for key, value in shipped(code).items() if key not in ("code", "rule", "deadline")}
        assert content == NewFeed(code=code, **feed).model_dump(mode="json", exclude={"code"}) | {
            "columns": content["columns"]
        }
        assert [(one["field"], one["headers"]) for one in content["columns"]] == [
            (one["field"], one["headers"]) for one in feed["columns"]
        ]
