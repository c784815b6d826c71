"""Rules, trials and explanations as answers."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from services.alerts.api.answers import masked_household, masked_person
from services.alerts.api.permits import reads_register
from services.alerts.models import Rule
from services.alerts.queries.rule_quality import Quality
from services.alerts.queries.rules import Reported
from services.alerts.rules.explaining import explain_not
from services.alerts.rules.trials import Comparison, Example, Weight
from services.alerts.schemas.explanations import ReasonView
from services.alerts.schemas.rules import (
    ExampleView,
    NotTriggered,
    RuleQuality,
    RuleView,
    ThresholdView,
    TrialView,
    WeightView,
)
from services.alerts.usecases.file_trials import FileExample, FileTrial
from services.alerts.usecases.intake import Report
from services.alerts.usecases.rule_trials import StoredTrial
from services.alerts.usecases.screening import Bench
from shared.expressions import Texts
from shared.messages import Language
from shared.security.principals import Principal
from shared.security.vault import Vault


def rule_view(rule: Rule, in_force: Collection[UUID] | None = None) -> RuleView:
    """A version; `in_force`: those that are, where somebody asked."""
    asked = None if in_force is None else rule.id in in_force
    return RuleView.model_validate(rule).model_copy(update={"in_force": asked})


def not_triggered(report: Report, bench: Bench, who: Principal, texts: Texts, language: Language) -> NotTriggered:
    """What is answered instead of an alert."""
    draft, rule = report.draft, report.rule
    assert rule is not None, "without a rule every report triggers"
    row = bench.whole(draft.occurred_on, draft.area_code, draft.evidence)
    facts = report.facts if reads_register(who) else None
    told = explain_not(rule, row, facts, report.feed.titles.get(language, {}), texts, language)
    return NotTriggered(
        feed=draft.feed,
        source_ref=draft.source_ref,
        rule_id=rule.id,
        version=rule.version,
        text=told.text,
        reasons=[ReasonView.model_validate(reason) for reason in told.reasons],
    )


def rule_quality(rule: Rule, quality: Quality) -> RuleQuality:
    """Counts and medians, with the hit rate where there is a verdict."""
    answered = sum(quality.verdicts.values())
    return RuleQuality(
        rule_id=rule.id,
        alerts=quality.alerts,
        evidences=quality.evidences,
        verdicts=quality.verdicts,
        hit_rate=round(quality.verdicts.get("risk_confirmed", 0) / answered, 4) if answered else None,
        median_days_to_push=quality.days_to_push,
        median_days_to_verdict=quality.days_to_verdict,
    )


def trial_view(feed: str, tried: StoredTrial, vault: Vault) -> TrialView:
    """A trial over what is stored; of its examples what the rules look at is shown."""
    examples = [_example(one, tried.examples[one.tried.id], tried.fields, vault) for one in tried.comparison.examples]
    return _trial(feed, tried.comparison, examples)


def file_trial_view(feed: str, tried: FileTrial) -> TrialView:
    """A trial over a file."""
    examples = [_row_example(one, tried.examples[one.tried.id], tried.fields) for one in tried.comparison.examples]
    return _trial(feed, tried.comparison, examples)


def _trial(feed: str, comparison: Comparison, examples: list[ExampleView]) -> TrialView:
    return TrialView(
        feed=feed,
        rows=comparison.rows,
        open=comparison.open,
        both=comparison.both,
        only_tried=comparison.tried.alerts - comparison.both,
        only_in_force=comparison.in_force.alerts - comparison.both,
        in_force=WeightView(**_weight(comparison.in_force)),
        tried=WeightView(**_weight(comparison.tried)),
        examples=examples,
        thresholds=[ThresholdView(value=v, **_weight(weight)) for v, weight in comparison.thresholds.items()],
    )


def _weight(weight: Weight) -> dict[str, Any]:
    return {
        "alerts": weight.alerts,
        "severities": weight.severities,
        "tasks": len(weight.tasks),
        "answered": len(weight.answered),
        "confirmed": len(weight.confirmed),
    }


def _example(example: Example, report: Reported, fields: Collection[str], vault: Vault) -> ExampleView:
    record = vault.open_json(report.sealed, "alert")
    return ExampleView(
        alert_id=report.alert_id,
        which=example.which,
        severity=example.severity,
        occurred_on=report.occurred_on,
        area_code=report.area_code,
        person=masked_person(record["person"]),
        household=masked_household(record["household"]),
        values={name: value for name, value in record["evidence"].items() if name in fields},
        verdict=report.verdict,
    )


def _row_example(example: Example, row: FileExample, fields: Collection[str]) -> ExampleView:
    values = row.values
    number, code = values.get("person.id_number"), values.get("household.national_code")
    person = {"id_number": number, "name": values.get("person.name") or "", "phone": values.get("person.phone")}
    own = ("occurred_on", "area_code")
    return ExampleView(
        alert_id=row.alert_id,
        sheet=row.sheet,
        row=row.row,
        which=example.which,
        severity=example.severity,
        occurred_on=values.get("occurred_on"),
        area_code=values["area_code"],
        person=masked_person(person) if number else None,
        household=masked_household({"national_code": code}) if code else None,
        values={k: v for k, v in values.items() if k in fields and k not in own and v is not None},
        verdict=example.tried.verdict,
    )
