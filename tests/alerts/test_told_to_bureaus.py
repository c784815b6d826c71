"""A bureau is told what it sent and what the rule says of it, and nothing of what the register says of a person."""

from typing import Any

import pytest

from tests.alerts.conftest import ALERTS, MEDICAL, Service, bearer
from tests.alerts.files_service import members
from tests.alerts.test_rules_on_every_road import COUNTY, ENGLISH, bill, publish, report

BEYOND_POOR = "个人自付金额（元）为 8200，不低于 5000（参数 line_poor）"
REGISTER = ("脱贫", "监测", "登记在册", "在办")
"""Of the titles of all facts."""


async def explained(service: Service, alert: str, headers: Any = MEDICAL) -> dict[str, Any]:
    return dict((await service.get(f"{ALERTS}/{alert}", headers=headers)).json()["explanation"])


def names_facts(told: dict[str, Any]) -> bool:
    return any(word in str(told) for word in REGISTER)


async def test_why_a_report_does_not_trigger_says_nothing_of_the_register(service: Service) -> None:
    """Of whom nobody knows and of whom is known not to be poor the same is said."""
    await service.tell(members(service, 2, household_class="ordinary"))
    for number in (2, 3):
        said = (await report(service, bill(number, 6000)))[1]
        assert said["text"] == "依据筛查规则第 1 版，未触发预警：是否预警还取决于登记信息。"
        assert said["reasons"] == []
    said = (await report(service, bill(2, 6000), **ENGLISH))[1]
    assert said["text"] == (
        "By version 1 of the screening rule it is no alert: whether it is one depends on what the register knows as well."
    )


async def test_of_who_reports_the_county_alone_is_told_what_the_register_knows(service: Service) -> None:
    await publish(service, feed="cadre.patrol", levels=[{"severity": "low", "when": "is_monitored"}], parameters={})
    draft = bill(2, 1, feed="cadre.patrol", evidence={"finding": "发现风险"})
    said = (await service.post(ALERTS, draft, headers=bearer("village"))).json()
    assert (said["state"], said["reasons"], names_facts(said)) == ("not_triggered", [], False)
    said = (await service.post(ALERTS, draft, headers=COUNTY)).json()
    assert "监测对象：否" in said["text"]


@pytest.mark.parametrize("number", [1, 2], ids=["lifted out", "monitored"])
async def test_why_a_report_is_an_alert_says_nothing_of_the_register(service: Service, number: int) -> None:
    await service.tell(members(service, 1), members(service, 2, household_class="monitored"))
    alert = (await report(service, bill(number, 8200)))[1]["id"]
    told = await explained(service, alert)
    assert told["text"] == f"依据筛查规则第 1 版：{BEYOND_POOR}；并结合农户登记信息判定；预警等级：中。"
    assert [reason["value"] for reason in told["reasons"]] == [8200]
    assert "脱贫户或监测对象：是" in (await explained(service, alert, COUNTY))["text"]
    assert names_facts(await explained(service, alert, COUNTY))

    await report(service, bill(number, 8300, source_ref="further"))
    evidences = (await service.get(f"{ALERTS}/{alert}/evidences", headers=MEDICAL)).json()["items"]
    assert ["8300" in one["explanation"]["text"] for one in evidences] == [True]
    assert not names_facts(evidences[0]["explanation"])


async def test_whom_the_rule_need_not_ask_about_it_says_nothing_of_to_anybody(service: Service) -> None:
    level = [{"severity": "low", "when": "self_pay >= :line AND NOT has_open_case OR self_pay >= 9 * :line"}]
    await publish(service, levels=level, parameters={"line": 1000})
    said = (await report(service, bill(1, 999)))[1]
    assert {reason["value"] for reason in said["reasons"]} == {999}
    assert not names_facts(said)
    alert = (await report(service, bill(2, 9000)))[1]["id"]
    for headers in (MEDICAL, COUNTY):
        told = await explained(service, alert, headers)
        assert not names_facts(told)
        assert "登记信息" not in told["text"], "it triggers whatever the register knows"


async def test_no_threshold_gives_away_what_the_register_knows(service: Service) -> None:
    """The line that a value was held against may tell as much as a fact."""
    lines = "self_pay >= CASE WHEN is_registered_poor THEN :poor ELSE :other END"
    await publish(service, levels=[{"severity": "low", "when": lines}], parameters={"poor": 10, "other": 2000})
    await service.tell(members(service, 1))
    said = (await report(service, bill(2, 1000)))[1]
    assert said["reasons"] == []
    assert "2000" not in said["text"]
    told = [await explained(service, (await report(service, bill(n, 3000)))[1]["id"]) for n in (1, 2)]
    assert told[0] == told[1]
    told = [await explained(service, (await report(service, bill(1, 1000, source_ref="less")))[1]["id"])]
    assert [(one["reasons"], "2000" in one["text"]) for one in told] == [([], False)]
