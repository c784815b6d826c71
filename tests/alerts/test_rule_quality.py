"""How a rule fares: by all that it let through, though most of it went into an alert that was there."""

from datetime import timedelta
from typing import Any

from shared.clock import utc_now
from tests.alerts.conftest import EDUCATION, MEDICAL, Service, bearer, days_ago
from tests.alerts.merging import about, age, bill, known, member, verdict, withdraw
from tests.alerts.test_rules_api import RULES, published


async def quality(service: Service, rule: dict[str, Any], headers: Any = MEDICAL) -> dict[str, Any]:
    answer = await service.get(f"{RULES}/{rule['id']}/quality", headers=headers)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def in_force(service: Service, **changed: Any) -> dict[str, Any]:
    """Another version, which this process knows of."""
    rule = await published(service, **{"parameters": {"line": 11_000}, **changed})
    await service.app.state.reference.since(utc_now())
    return rule


async def test_what_was_merged_into_an_alert_was_let_through_as_well(service: Service) -> None:
    rule = await published(service)
    first = await bill(service, "B-1", 12_000, 201, occurred_on=days_ago(9))
    assert (await bill(service, "B-2", 12_001, occurred_on=days_ago(5)))["outcome"] == "merged"
    assert (await bill(service, "B-3", 12_002, occurred_on=days_ago(2)))["outcome"] == "merged"
    seen = await quality(service, rule)
    assert (seen["alerts"], seen["evidences"]) == (1, 2)
    assert seen["median_days_to_push"] == 5, "each was a report"
    await age(service, 3)
    await service.tell(verdict(service, first, "risk_confirmed"))
    seen = await quality(service, rule)
    assert (seen["verdicts"], seen["hit_rate"]) == ({"risk_confirmed": 1}, 1.0), "one thing was found out, not three"
    assert 2.9 < seen["median_days_to_verdict"] < 3.1, "from the first of them"


async def test_a_later_version_answers_for_what_it_added(service: Service) -> None:
    before = await published(service)
    alert = await bill(service, "B-1", 12_000, 201)
    await age(service, 4)
    after = await in_force(service)
    assert (await bill(service, "B-2", 12_001))["outcome"] == "merged"
    await age(service, 1)
    await service.tell(verdict(service, alert, "no_risk"))
    old, new = [await quality(service, rule) for rule in (before, after)]
    assert [(one["alerts"], one["evidences"], one["verdicts"]) for one in (old, new)] == [
        (1, 0, {"no_risk": 1}),
        (0, 1, {"no_risk": 1}),
    ]
    assert [round(one["median_days_to_verdict"]) for one in (old, new)] == [5, 1]


async def test_what_came_after_the_verdict_or_was_taken_back_was_not_judged_by_it(service: Service) -> None:
    rule = await published(service)
    alert = await bill(service, "B-1", 12_000, 201)
    await bill(service, "B-2", 12_001)
    await withdraw(service, alert, source_ref="B-1")
    await service.tell(verdict(service, alert, "no_risk", utc_now() + timedelta(seconds=1)))
    await service.sql("UPDATE alert SET answered_at = reported_at")
    later = await in_force(service)
    assert (await bill(service, "B-3", 12_002))["outcome"] == "snoozed"
    assert (await quality(service, later))["verdicts"] == {}, "nobody has looked at it"
    assert (await quality(service, later))["evidences"] == 1
    seen = await quality(service, rule)
    assert (seen["alerts"], seen["evidences"], seen["verdicts"]) == (1, 1, {}), "B-2 came after, B-1 is gone"


async def test_another_bureaus_alert_is_a_hit_of_ones_own_rule(service: Service) -> None:
    await known(service, member(service, 1), member(service, 2))
    rule = await published(service)
    alert = await bill(service, "B-1", 12_000, 201, **about(1))
    merged = await bill(service, "B-2", 12_001, **about(2))
    assert (merged["id"], merged["outcome"]) == (alert["id"], "merged"), "of one household"
    await service.sql("UPDATE alert SET feed = 'education.absence', rule_id = NULL")
    await service.tell(verdict(service, alert, "risk_confirmed"))
    seen = await quality(service, rule)
    assert (seen["alerts"], seen["evidences"], seen["hit_rate"]) == (0, 1, 1.0)
    elsewhere = await quality(service, rule, bearer("county", areas=["539922"]))
    assert (elsewhere["evidences"], elsewhere["verdicts"]) == (0, {}), "only what one sees"
    assert (await service.get(f"{RULES}/{rule['id']}/quality", headers=EDUCATION)).status_code == 404
