"""Publishing, reading, ending and trying rules; how their alerts fared; why a report became an alert."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from services.alerts.models import Feed
from services.alerts.queries.compiled_rules import CompiledRules, fields_in_rules
from services.alerts.queries.reference import ReferenceData
from services.alerts.queries.rules import list_rules
from services.alerts.rules import explaining
from services.alerts.rules.screening import Reference
from services.alerts.rules.trials import MAX_DAYS
from shared.areas import Scope
from shared.expressions import telling
from shared.messages import Catalogue
from tests.alerts.conftest import (
    ALERTS,
    EDUCATION,
    MEDICAL,
    Service,
    absence,
    bearer,
    cost,
    days_ago,
    faults,
    id_number,
    merge_policy,
)
from tests.alerts.files_service import members

RULES = "/alerts/v1/rules"
SHIPPED = sorted(path.stem for path in (Path(explaining.__file__).parents[1] / "feeds").glob("*.json"))
COUNTY = bearer("county")
EVERYWHERE = bearer("county", areas=["*"])
ENGLISH = {"Accept-Language": "en"}


def draft(**changed: Any) -> dict[str, Any]:
    """A rule for the county's medical bills."""
    return {
        "feed": "medical.cost",
        "area": "539921",
        "valid_from": "2026-01-01",
        "levels": [{"severity": "high", "when": "self_pay >= :line"}],
        "parameters": {"line": 10_000},
        "note": "县办发〔2026〕3号",
        **changed,
    }


async def published(service: Service, **changed: Any) -> dict[str, Any]:
    answer = await service.post(RULES, draft(**changed), headers=COUNTY)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def test_a_version_is_published_read_and_counted(service: Service) -> None:
    first = await service.post(RULES, draft(), headers=COUNTY)
    assert (first.status_code, first.json()["version"], first.json()["area_prefix"]) == (201, 1, "539921")
    again = await published(service, area="539921000000", valid_to="2026-12-31")
    assert (again["version"], again["valid_to"]) == (2, "2026-12-31")

    read = await service.get(first.headers["location"], headers=bearer("supervisor"))
    assert read.json() == first.json()
    assert await service.sql("SELECT action, detail->>'version' FROM audit_entry ORDER BY at") == [
        ("rule:write", "1"),
        ("rule:write", "2"),
    ]


async def test_sending_twice_publishes_once(service: Service) -> None:
    headers = {**COUNTY, "Idempotency-Key": "once"}
    first = await service.post(RULES, draft(), headers=headers)
    second = await service.post(RULES, draft(), headers=headers)
    assert first.json() == second.json()
    assert await service.count("rule WHERE version = 1 AND area_prefix = '539921'") == 1


async def test_mistakes_are_told_with_field_and_position(service: Service) -> None:
    levels = [
        {"severity": "high", "when": "self_pay >= :lime"},
        {"severity": "medium", "when": "  salary > 3"},
        {"severity": "low", "when": "lower(hospital) = 'x'"},
    ]
    answer = await service.post(RULES, draft(levels=levels), headers={**COUNTY, **ENGLISH})
    assert answer.status_code == 422
    told = {e["field"]: (e["code"], e["position"]) for e in answer.json()["errors"]}
    assert told == {
        "levels.0.when": ("expression-parameter-unknown", 13),
        "levels.1.when": ("expression-field-unknown", 3),
        "levels.2.when": ("expression-function-unknown", 1),
    }
    assert answer.json()["errors"][0]["message"] == "Line 1, column 13: there is no such parameter."
    assert "salary" not in answer.text
    assert "lime" not in answer.text
    assert await service.count("rule WHERE area_prefix <> ''") == 0


async def test_a_rule_compares_with_what_its_feed_may_say(service: Service) -> None:
    """`新增` is a word of bureaus that the feed has another code for: the rule would never let anybody through."""
    levels = [{"severity": "high", "when": "level = '一级' AND change = '新增'"}]
    body = draft(feed="disability.certificate", levels=levels, parameters={})
    tried = {name: value for name, value in body.items() if name not in ("valid_from", "note")}
    for answer in (
        await service.post(RULES, body, headers=COUNTY),
        await service.post(
            f"{RULES}/trial", {**tried, "first_day": days_ago(1), "last_day": days_ago(0)}, headers=COUNTY
        ),
    ):
        (mistake,) = answer.json()["errors"]
        assert (mistake["field"], mistake["code"]) == ("levels.0.when", "expression-choice-unknown")
        assert mistake["position"] == 27
        assert mistake["message"].endswith("可选：新办, 等级变更, 换证, 注销")


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"feed": "none"}, {"feed": "feed-unknown"}),
        ({"valid_to": "2025-12-31"}, {"valid_to": "rule-dates-reversed"}),
        ({"area": "12345"}, {"area": "area-code-length"}),
        ({"levels": []}, {"levels": "too-short"}),
        ({"levels": [{"severity": "grave", "when": "true"}]}, {"levels.0.severity": "choice-invalid"}),
        ({"parameters": {"line": None}}, None),
        (
            {"parameters": {"line": "x" * 201}},
            {"levels.0.when": "expression-types-differ", "parameters.line": "rule-parameter-value"},
        ),
        ({"unknown": 1}, {"unknown": "field-unknown"}),
    ],
)
async def test_what_is_no_rule_is_refused(service: Service, changed: Any, told: Any) -> None:
    answer = await service.post(RULES, draft(**changed), headers=COUNTY)
    assert answer.status_code == 422
    assert told is None or faults(answer) == told
    assert all(e["message"] != e["code"] for e in answer.json()["errors"]), "every code has a text"


async def test_nobody_publishes_beyond_the_own_area(service: Service) -> None:
    for area in ("", "5399", "539922"):
        answer = await service.post(RULES, draft(area=area), headers=COUNTY)
        assert (answer.status_code, answer.json()["code"]) == (404, "area-not-permitted"), area
        assert answer.json()["title"] == "该地区不在您的管辖范围内"
    assert (await service.post(RULES, draft(area=""), headers=EVERYWHERE)).status_code == 201
    assert (await service.post(RULES, draft(), headers=bearer("bureau", ["medical.cost"]))).status_code == 403
    assert (await service.post(RULES, draft(), headers=MEDICAL)).status_code == 403


async def test_a_list_says_which_version_is_in_force(service: Service) -> None:
    county = await published(service)
    await published(service, valid_from="2099-01-01")
    township = await published(service, area="539921100")
    other = await service.post(RULES, draft(area="539922"), headers=EVERYWHERE)

    async def listed(**query: Any) -> dict[str, Any]:
        answer = await service.get(RULES, headers=MEDICAL, params=query)
        return {item["id"]: item["in_force"] for item in answer.json()["items"]}

    assert len(await listed()) == 5, "with the shipped one; a bureau sees its own feeds"
    assert set((await listed()).values()) == {None}
    here = await listed(area="539921100001", on=days_ago(0))
    assert here[township["id"]] is True
    assert here[county["id"]] is False
    assert other.json()["id"] not in here
    assert len(here) == 3, "the one of 2099 is not valid today"
    assert (await listed(area="539921200001"))[county["id"]] is True
    assert await listed(feed="education.absence") == {}
    assert len(await listed(limit=2)) == 2
    hidden = await service.get(f"{RULES}/{county['id']}", headers=EDUCATION)
    assert (hidden.status_code, hidden.json()["code"]) == (404, "rule-not-found")


async def test_a_version_ends_today_or_later(service: Service) -> None:
    rule = await published(service, valid_to="2099-12-31")
    place = f"{RULES}/{rule['id']}/end"
    for last_day, status, code in (
        (days_ago(1), 422, "rule-last-day-passed"),
        ("2100-01-01", 409, "rule-ends-sooner"),
    ):
        answer = await service.post(place, {"last_day": last_day}, headers=COUNTY)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    shipped = (await service.sql("SELECT id FROM rule WHERE feed = 'medical.cost' AND area_prefix = ''"))[0][0]
    other = await service.post(f"{RULES}/{shipped}/end", {"last_day": days_ago(0)}, headers=COUNTY)
    assert (other.status_code, other.json()["code"]) == (404, "area-not-permitted")

    ended = await service.post(place, {"last_day": days_ago(0)}, headers=COUNTY)
    assert (ended.status_code, ended.json()["valid_to"]) == (200, days_ago(0))


async def test_reference_data_bring_compiled_rules_and_leave_out_what_fits_no_more(service: Service) -> None:
    rule = await published(service)
    known = (await ReferenceData(service.database).get()).rules
    assert {code: len(found) for code, found in known.items()} == dict.fromkeys(SHIPPED, 1) | {"medical.cost": 2}
    assert str(known["medical.cost"][1].id) == rule["id"]

    await service.sql(
        "UPDATE feed SET evidence_schema = evidence_schema #- '{properties,self_pay}', version = 2"
        " WHERE code = 'medical.cost'"
    )
    assert set((await ReferenceData(service.database).get()).rules) == set(SHIPPED) - {"medical.cost"}
    answer = await service.post(RULES, draft(), headers=COUNTY)
    assert faults(answer) == {"levels.0.when": "expression-field-unknown"}


async def test_a_rule_is_compiled_once_and_again_when_it_ends_or_its_feed_changes(service: Service) -> None:
    async with service.database.read(Scope.everywhere()) as session:
        rows, feed = await list_rules(session, frozenset({"medical.cost"})), await session.get_one(Feed, "medical.cost")
    kept = CompiledRules()

    def first() -> Any:
        return kept.renewed(rows, [feed])["medical.cost"][0]

    compiled = first()
    assert first() is compiled
    rows[0].valid_to = date(2030, 1, 1)
    assert first().valid_to == date(2030, 1, 1)
    feed.version += 1
    assert first() is not compiled


async def test_fields_that_rules_look_at_are_in_use(service: Service) -> None:
    async def used(on: date) -> frozenset[str]:
        async with service.database.read(Scope.everywhere()) as session:
            return await fields_in_rules(session, await session.get_one(Feed, "medical.cost"), on)

    level = [{"severity": "low", "when": "total > 1 AND is_monitored AND occurred_on > '2026-01-01'"}]
    await published(service, levels=level, valid_to="2026-06-30")
    assert await used(date(2026, 6, 30)) == {"self_pay", "total"}, "evidence, not what the register knows"
    assert await used(date(2026, 7, 1)) == {"self_pay"}
    insured = [{"severity": "low", "when": "NOT insured"}]
    await service.post(RULES, draft(area="", levels=insured, valid_from="2026-07-01"), headers=EVERYWHERE)
    assert await used(date(2026, 6, 30)) == {"self_pay", "total", "insured"}, "the new one does not count yet"
    assert await used(date(2026, 7, 1)) == {"insured"}, "the shipped one is replaced"


class Unruled:
    """What is known to a service that has no rules yet."""

    def __init__(self, known: ReferenceData) -> None:
        self._known = known

    async def knowing(self, feed: str, area_code: str) -> Reference:
        return replace(await self._known.knowing(feed, area_code), rules={})


async def bills(service: Service, *self_pays: float) -> list[str]:
    """Stored alerts of the days before there were rules, one person each."""
    known = service.app.state.reference
    service.app.state.reference = Unruled(known)
    try:
        return await _bills(service, self_pays)
    finally:
        service.app.state.reference = known


async def _bills(service: Service, self_pays: tuple[float, ...]) -> list[str]:
    places = []
    for number, self_pay in enumerate(self_pays):
        person = {"id_number": id_number(number), "name": "张小明", "phone": "15400000017"}
        evidence = {"self_pay": self_pay, "hospital": "云岭县医院"}
        answer = await service.post(
            ALERTS, cost(source_ref=f"YB-{number}", person=person, evidence=evidence), headers=MEDICAL
        )
        assert answer.status_code == 201, answer.text
        places.append(answer.json()["id"])
    return places


async def answered(service: Service, alert: str, verdict: str, task: int = 0, days: float = 1) -> None:
    """As if households had answered."""
    await service.sql(
        f"UPDATE alert SET verdict = '{verdict}', answered_at = reported_at + interval '{days} days', state = 'answered',"
        f" task_id = '00000000-0000-7000-8000-{task:012}' WHERE id = '{alert}'"
    )


def span(**more: Any) -> dict[str, Any]:
    return {"first_day": days_ago(1), "last_day": days_ago(0), **more}


def tried(**more: Any) -> dict[str, Any]:
    """The trial of a draft."""
    body = {name: value for name, value in draft().items() if name not in ("valid_from", "note")}
    return {**body, **span(), **more}


async def test_a_trial_counts_what_a_draft_would_have_done(service: Service) -> None:
    await published(service, parameters={"line": 20_000})
    ids = await bills(service, 500, 12_000, 15_000, 30_000, 40_000)
    await answered(service, ids[1], "no_risk", 1)
    await answered(service, ids[2], "risk_confirmed", 1)
    await answered(service, ids[3], "risk_confirmed", 2)
    await service.post(ALERTS, absence())

    answer = await service.post(f"{RULES}/trial", tried(), headers=COUNTY)
    assert answer.status_code == 200, answer.text
    result = answer.json()
    counts = {name: result[name] for name in ("rows", "open", "both", "only_tried", "only_in_force")}
    assert counts == {"rows": 5, "open": 0, "both": 2, "only_tried": 2, "only_in_force": 0}
    assert result["in_force"] == {"alerts": 2, "severities": {"high": 2}, "tasks": 2, "answered": 1, "confirmed": 1}
    assert result["tried"] == {"alerts": 4, "severities": {"high": 4}, "tasks": 3, "answered": 2, "confirmed": 2}
    assert [e["alert_id"] for e in result["examples"]] == ids[1:3]
    example = result["examples"][0]
    assert (example["which"], example["values"], example["verdict"]) == ("only_tried", {"self_pay": 12_000}, "no_risk")
    assert example["person"]["name"] == "张**"
    assert "云岭县医院" not in answer.text, "only what a rule looks at"
    assert id_number(1) not in answer.text
    assert await service.count("rule WHERE area_prefix <> ''") == 1, "nothing is kept of a trial"


async def test_a_trial_looks_at_what_was_merged_as_well(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """A higher line misses the first bill of a household, and not the worse one behind it: no risk would go unseen."""
    monkeypatch.setattr("services.alerts.usecases.rule_trials.PAGE", 1)
    await service.tell(merge_policy())
    await published(service, parameters={"line": 20_000})
    (first,) = await bills(service, 30_000)
    for ref, self_pay in (("ZY-A", 32_000), ("ZY-B", 90_000)):
        person = {"id_number": id_number(0), "name": "张小明"}
        more = cost(source_ref=ref, person=person, evidence={"self_pay": self_pay})
        again = await service.post(ALERTS, more, headers=MEDICAL)
        assert again.json()["id"] == first
    await answered(service, first, "risk_confirmed", 1)
    result = (await service.post(f"{RULES}/trial", tried(parameters={"line": 50_000}), headers=COUNTY)).json()
    counts = {name: result[name] for name in ("rows", "both", "only_tried", "only_in_force")}
    assert counts == {"rows": 3, "both": 1, "only_tried": 0, "only_in_force": 2}
    assert result["in_force"] == {"alerts": 3, "severities": {"high": 3}, "tasks": 1, "answered": 1, "confirmed": 1}
    assert result["tried"] == {"alerts": 1, "severities": {"high": 1}, "tasks": 1, "answered": 1, "confirmed": 1}
    told = [(one["alert_id"], one["values"], one["verdict"]) for one in result["examples"]]
    assert told == [(first, {"self_pay": n}, "risk_confirmed") for n in (30_000, 32_000)]


async def test_other_thresholds_side_by_side(service: Service) -> None:
    ids = await bills(service, 12_000, 15_000, 30_000)
    await answered(service, ids[1], "risk_confirmed", 1)
    sweep = {"parameter": "line", "values": [10_000, 15_000, 20_000.5]}
    result = (await service.post(f"{RULES}/trial", tried(sweep=sweep), headers=COUNTY)).json()
    told = [(t["value"], t["alerts"], t["tasks"], t["confirmed"]) for t in result["thresholds"]]
    assert told == [(10_000, 3, 3, 1), (15_000, 2, 2, 1), (20_000.5, 1, 1, 0)]


async def test_a_trial_asks_the_register(service: Service) -> None:
    await bills(service, 6000, 30_000, 6000)
    await service.tell(members(service, 2))
    result = (await service.post(f"{RULES}/trial", tried(parameters={"line": 1}), headers=COUNTY)).json()
    assert (result["rows"], result["open"], result["both"], result["only_tried"]) == (3, 0, 2, 1)
    assert result["in_force"]["alerts"] == 2, "30,000 yuan of anybody, 6,000 of the registered poor"


async def test_an_alert_is_not_its_own_open_case(service: Service) -> None:
    await bills(service, 30_000)
    await service.tell(members(service, 0))
    level = [{"severity": "low", "when": "is_registered AND NOT has_open_case"}]
    result = (await service.post(f"{RULES}/trial", tried(levels=level, parameters={}), headers=COUNTY)).json()
    assert (result["rows"], result["open"], result["tried"]["alerts"]) == (1, 0, 1)


async def test_a_trial_has_days_or_a_file(service: Service) -> None:
    body = tried(first_day=None, last_day=None)
    answer = await service.post(f"{RULES}/trial", body, headers=COUNTY)
    assert faults(answer) == {"first_day": "field-missing", "last_day": "field-missing"}


async def test_a_stored_version_is_tried_with_other_parameters(service: Service) -> None:
    rule = await published(service)
    await bills(service, 500, 12_000)
    place = f"{RULES}/{rule['id']}/trial"
    same = (await service.post(place, span(), headers=COUNTY)).json()
    assert (same["both"], same["only_tried"], same["only_in_force"]) == (1, 0, 0)
    lower = (await service.post(place, span(parameters={"line": 100}), headers=COUNTY)).json()
    assert (lower["both"], lower["only_tried"]) == (1, 1)
    unknown = await service.post(place, span(parameters={"lime": 100}), headers=COUNTY)
    assert faults(unknown) == {"parameters": "trial-parameter-unknown"}
    text = await service.post(place, span(parameters={"line": "many"}), headers=COUNTY)
    assert faults(text) == {"levels.0.when": "expression-types-differ"}


async def test_a_version_for_everywhere_is_tried_in_ones_own_area(service: Service) -> None:
    """A county does not need the whole country's rights to ask what a shipped rule would have done at home."""
    (shipped,) = (await service.get(RULES, headers=COUNTY, params={"feed": "medical.cost"})).json()["items"]
    ids = await bills(service, 30_000, 40_000)
    await service.sql(f"UPDATE alert SET area_code = '539922100001' WHERE id = '{ids[0]}'")
    place = f"{RULES}/{shipped['id']}/trial"
    same = await service.post(place, span(), headers=COUNTY)
    assert same.status_code == 200, same.text
    assert (same.json()["rows"], same.json()["both"]) == (1, 1)
    lower = (
        await service.post(place, span(parameters={"line_other": 35_000, "high_other": 90_000}), headers=COUNTY)
    ).json()
    assert (lower["both"], lower["only_in_force"]) == (1, 0)
    several = bearer("county", areas=["539921", "539922"])
    assert (await service.post(place, span(), headers=several)).status_code == 404


async def test_a_trial_keeps_to_its_span_and_area(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    await published(service, area="539921100001")
    ids = await bills(service, 12_000, 12_000, 12_000)
    await service.sql(f"UPDATE alert SET area_code = '539921100002' WHERE id = '{ids[0]}'")
    await service.sql(f"UPDATE alert SET reported_at = reported_at - interval '3 days' WHERE id = '{ids[1]}'")

    async def rows(**more: Any) -> int:
        return int((await service.post(f"{RULES}/trial", tried(**more), headers=COUNTY)).json()["rows"])

    assert await rows() == 2
    assert await rows(area="539921100001") == 1
    assert await rows(batch_id="00000000-0000-7000-8000-000000000000") == 0
    for more, field in (
        ({"first_day": days_ago(MAX_DAYS)}, "last_day"),
        ({"first_day": days_ago(0), "last_day": days_ago(1)}, "last_day"),
        ({"sweep": {"parameter": "lime", "values": [1]}}, "sweep.parameter"),
        ({"sweep": {"parameter": "line", "values": ["x"]}}, "sweep.values.0"),
        ({"levels": [{"severity": "low", "when": "salary > 1"}]}, "levels.0.when"),
    ):
        answer = await service.post(f"{RULES}/trial", tried(**more), headers=COUNTY)
        assert list(faults(answer)) == [field], answer.text
    assert (await service.post(f"{RULES}/trial", tried(area=""), headers=COUNTY)).status_code == 404
    assert (await service.post(f"{RULES}/trial", tried(feed="none"), headers=COUNTY)).status_code == 404

    monkeypatch.setattr("services.alerts.usecases.rule_trials.MAX_ROWS", 1)
    answer = await service.post(f"{RULES}/trial", tried(), headers=COUNTY)
    assert faults(answer) == {"last_day": "trial-too-long"}


async def test_a_trial_goes_over_many_pages_and_lives_with_old_evidence(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.alerts.usecases.rule_trials.PAGE", 2)
    await bills(service, *[12_000.0] * 5)
    await service.sql(
        "UPDATE feed SET evidence_schema = jsonb_set(evidence_schema, '{properties,hospital,type}', '\"number\"')"
        " WHERE code = 'medical.cost'"
    )
    level = [{"severity": "low", "when": "self_pay > 1 AND hospital IS NULL"}]
    result = (await service.post(f"{RULES}/trial", tried(levels=level), headers=COUNTY)).json()
    assert (result["rows"], result["tried"]["alerts"]) == (5, 5)
    await published(service, levels=level, parameters={})
    result = (await service.post(f"{RULES}/trial", tried(levels=level), headers=COUNTY)).json()
    assert (result["rows"], result["both"]) == (5, 5)


async def test_quality_of_a_rule(service: Service) -> None:
    rule = await published(service)
    place = f"{RULES}/{rule['id']}/quality"
    empty = (await service.get(place, headers=MEDICAL)).json()
    assert empty == {
        "rule_id": rule["id"],
        "alerts": 0,
        "evidences": 0,
        "verdicts": {},
        "hit_rate": None,
        "median_days_to_push": None,
        "median_days_to_verdict": None,
    }
    ids = await bills(service, 1, 2, 3, 4, 5)
    await service.sql(f"UPDATE alert SET rule_id = '{rule['id']}'")
    await service.sql(f"UPDATE alert SET occurred_on = '{days_ago(9)}' WHERE id IN ('{ids[0]}', '{ids[1]}')")
    no_verdict = (await service.get(place, headers=MEDICAL)).json()
    assert (no_verdict["alerts"], no_verdict["hit_rate"], no_verdict["median_days_to_push"]) == (5, None, 1.0)
    for number, (verdict, days) in enumerate(
        [("risk_confirmed", 1), ("no_risk", 4), ("no_risk", 2.5), ("duplicate", 3)]
    ):
        await answered(service, ids[number], verdict, number, days)
    await service.sql(f"UPDATE alert SET area_code = '539922100001', rule_id = NULL WHERE id = '{ids[4]}'")

    told = (await service.get(place, headers=MEDICAL)).json()
    assert told["verdicts"] == {"risk_confirmed": 1, "no_risk": 2, "duplicate": 1}
    assert (told["alerts"], told["hit_rate"]) == (4, 0.25)
    assert (told["median_days_to_push"], told["median_days_to_verdict"]) == (5.0, 2.75)
    elsewhere = await service.get(place, headers=bearer("county", areas=["539922"]))
    assert elsewhere.json()["alerts"] == 0, "only what one sees"
    assert (await service.get(place, headers=EDUCATION)).status_code == 404


async def explained(service: Service, alert: str, **headers: str) -> dict[str, Any]:
    answer = await service.get(f"{ALERTS}/{alert}", headers={**MEDICAL, **headers})
    assert answer.status_code == 200, answer.text
    return dict(answer.json()["explanation"])


async def test_each_alert_tells_why_it_is_one(service: Service) -> None:
    rule = await published(service)
    (alert,) = await bills(service, 42_300)
    unruled = await explained(service, alert)
    assert (unruled["rule_id"], unruled["reasons"]) == (None, [])
    assert unruled["text"] == "报送时该类别没有生效的筛查规则，所有上报均作为预警；预警等级：中。"

    await service.sql(f"UPDATE alert SET rule_id = '{rule['id']}', severity = 'high'")
    assert await explained(service, alert) == {
        "rule_id": rule["id"],
        "version": 1,
        "text": "依据筛查规则第 1 版：个人自付金额（元）为 42300，不低于 10000（参数 line）；预警等级：高。",
        "reasons": [
            {
                "field": "个人自付金额（元）",
                "operator": ">=",
                "value": 42300,
                "threshold": 10000,
                "parameter": "line",
            }
        ],
    }
    english = await explained(service, alert, **ENGLISH)
    assert english["text"] == (
        "By version 1 of the screening rule: self-paid amount in yuan is 42300, at least 10000 (parameter line);"
        " severity: high."
    )


async def test_what_the_register_knew_is_not_told_where_nobody_wrote_it_down(service: Service) -> None:
    shipped = (await service.sql("SELECT id FROM rule WHERE feed = 'medical.cost'"))[0][0]
    (alert,) = await bills(service, 8200)
    await service.sql(f"UPDATE alert SET rule_id = '{shipped}'")
    told = await explained(service, alert)
    assert told["text"] == (
        "依据筛查规则第 1 版：个人自付金额（元）为 8200，不低于 5000（参数 line_poor）；"
        "并结合农户登记信息判定；预警等级：中。"
    )


async def test_an_old_version_that_fits_no_more_is_named_all_the_same(service: Service) -> None:
    rule = await published(service)
    (alert,) = await bills(service, 42_300)
    await service.sql(f"UPDATE alert SET rule_id = '{rule['id']}'")
    await service.sql(
        "UPDATE feed SET evidence_schema = evidence_schema #- '{properties,self_pay}' WHERE code = 'medical.cost'"
    )
    told = await explained(service, alert, **ENGLISH)
    assert (told["rule_id"], told["version"], told["reasons"]) == (rule["id"], None, [])
    assert told["text"].startswith("The version of the rule behind it does not fit")


async def test_the_shipped_rules_are_there(service: Service) -> None:
    rows = await service.sql("SELECT feed, area_prefix, version, author::text FROM rule ORDER BY feed")
    nobody = "00000000-0000-0000-0000-000000000000"
    assert rows == [(feed, "", 1, nobody) for feed in SHIPPED]


def test_every_word_of_an_explanation_has_its_text(service_texts: Catalogue) -> None:
    texts = service_texts.codes()
    wanted = {*telling.CODES, *explaining.TITLES.values(), *(f"severity-{s}" for s in ("low", "medium", "high"))}
    assert {code for code in wanted if set(texts.get(code, ())) != {"zh", "en"}} == set()


@pytest.fixture(scope="module")
def service_texts() -> Catalogue:
    """The service's texts."""
    return Catalogue(Path(explaining.__file__).parents[1])
