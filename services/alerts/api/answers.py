"""Rows as answers: opened where they are sealed, then masked."""

from collections.abc import Callable
from typing import Any

from services.alerts.models import Alert, Batch, Feed, FeedVersion
from services.alerts.rules import explaining
from services.alerts.rules.explaining import Texts, titles_of
from services.alerts.rules.screening_rules import Facts, Rule
from services.alerts.schemas.alerts import AlertDetail, AlertSummary, MaskedHousehold, MaskedPerson, VerdictView
from services.alerts.schemas.batches import BatchView
from services.alerts.schemas.explanations import Explanation, ReasonView
from services.alerts.schemas.feeds import FeedDetail, FeedVersionView, FeedView, saved_content
from services.alerts.usecases.feeds import content_of
from services.alerts.usecases.screening import row_of
from services.alerts.usecases.withdrawal import PURPOSE as WITHDRAWAL_REASON
from shared.clock import local_date
from shared.masking import mask_id_number, mask_name, mask_phone
from shared.messages import Language
from shared.security.principals import Principal, Role
from shared.security.vault import Vault

_SHOWN_OF_CODE = 4  # last characters of a household code that are shown


def alert_summary(alert: Alert) -> AlertSummary:
    """What stands in clear."""
    return AlertSummary.model_validate(alert, from_attributes=True)


def alert_detail(
    alert: Alert, who: Principal, vault: Vault, explain: Callable[[dict[str, Any]], Explanation] | None = None
) -> AlertDetail:
    """Everything, with the person masked. Free texts may name people: supervisors do not get them.

    `explain` makes the explanation of the opened record.
    """
    record = vault.open_json(alert.sealed, "alert")
    may_read_texts = who.role is not Role.SUPERVISOR

    def opened(sealed: bytes | None, purpose: str) -> str | None:
        return vault.open(sealed, purpose).decode() if sealed is not None and may_read_texts else None

    return AlertDetail(
        **alert_summary(alert).model_dump(),
        person=masked_person(record["person"]),
        household=masked_household(record["household"]),
        evidence=record["evidence"],
        case_id=alert.case_id,
        task_id=alert.task_id,
        answer=_verdict(alert, opened(alert.verdict_reason_sealed, "verdict-reason")),
        batch_id=alert.batch_id,
        withdrawn_at=alert.withdrawn_at,
        withdrawal_reason=opened(alert.withdrawal_reason_sealed, WITHDRAWAL_REASON),
        explanation=explain(record) if explain is not None else None,
    )


def explainer(
    alert: Alert, rule: Rule | None, feed: Feed, texts: Texts, language: Language
) -> Callable[[dict[str, Any]], Explanation]:
    """What tells why the report became an alert, from the opened record. `rule`: None where none was in force."""

    def explain(record: dict[str, Any]) -> Explanation:
        severity = texts.text(f"severity-{alert.severity}", language)
        if rule is None:
            code = "explanation-no-rule" if alert.rule_id is None else "explanation-lost"
            text = texts.text(code, language, severity=severity)
            return Explanation(rule_id=alert.rule_id, version=None, text=text, reasons=[])
        row = {
            "reported_on": local_date(alert.reported_at),
            **row_of(alert.occurred_on, alert.area_code, record["evidence"]),
        }
        titles = titles_of(feed.evidence_schema, language)
        facts: Facts | None = record.get("facts")
        told = explaining.explain(rule, row, facts, alert.severity, titles, texts, language)
        reasons = [ReasonView.model_validate(reason) for reason in told.reasons]
        return Explanation(rule_id=rule.id, version=rule.version, text=told.text, reasons=reasons)

    return explain


def _verdict(alert: Alert, reason: str | None) -> VerdictView | None:
    if alert.verdict is None or alert.answered_at is None:
        return None
    return VerdictView(verdict=alert.verdict, reason=reason, visited_on=alert.visited_on, answered_at=alert.answered_at)


def masked_person(person: dict[str, Any] | None) -> MaskedPerson | None:
    """The person of a record, recognisable to who knows them."""
    if person is None:
        return None
    phone = person["phone"]
    return MaskedPerson(
        id_number=mask_id_number(person["id_number"]),
        name=mask_name(person["name"]),
        phone=mask_phone(phone) if phone else None,
    )


def masked_household(household: dict[str, Any] | None) -> MaskedHousehold | None:
    """The household of a record: the last characters of its code."""
    if household is None:
        return None
    code: str = household["national_code"]
    shown = code[-_SHOWN_OF_CODE:] if len(code) > 2 * _SHOWN_OF_CODE else ""
    return MaskedHousehold(national_code=shown.rjust(len(code), "*"))


def feed_view(feed: Feed, language: Language) -> FeedView:
    """A feed with its names in the caller's language."""
    return FeedView(**_feed_fields(feed, language))


def feed_detail(feed: Feed, language: Language) -> FeedDetail:
    """The same, and the body a change starts from."""
    return FeedDetail(**_feed_fields(feed, language), content=content_of(feed))


def feed_version_view(row: FeedVersion) -> FeedVersionView:
    """What a feed was."""
    return FeedVersionView(
        version=row.version,
        active=row.active,
        content=saved_content(row.content),
        changed_by=row.changed_by,
        changed_at=row.changed_at,
    )


def _feed_fields(feed: Feed, language: Language) -> dict[str, Any]:
    same = {
        name: getattr(feed, name) for name in FeedView.model_fields if name not in ("bureau", "bureau_code", "name")
    }
    return {
        **same,
        "bureau": feed.bureau_zh if language == "zh" else feed.bureau_en,
        "bureau_code": feed.bureau,
        "name": feed.name_zh if language == "zh" else feed.name_en,
    }


def batch_view(batch: Batch) -> BatchView:
    """How far it has come."""
    return BatchView(
        id=batch.id,
        state=batch.state,
        format=batch.format,
        rows=batch.rows_total,
        accepted=batch.accepted,
        repeated=batch.repeated,
        rejected=batch.rejected,
        not_triggered=batch.not_triggered,
        received_at=batch.received_at,
        started_at=batch.started_at,
        finished_at=batch.finished_at,
    )
