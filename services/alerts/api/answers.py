"""Rows as answers: opened where they are sealed, then masked."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from services.alerts.api.permits import reads_register, reads_texts
from services.alerts.models import Alert, AlertEvidence, AreaCheck, Batch, Feed, FeedVersion, File
from services.alerts.rules import explaining
from services.alerts.rules.explaining import titles_of
from services.alerts.rules.files import ends_at, has_result
from services.alerts.rules.screening_rules import Facts, Rule
from services.alerts.schemas.alerts import (
    AlertDetail,
    AlertSummary,
    EvidenceView,
    MaskedHousehold,
    MaskedPerson,
    ReportedAlert,
    SnoozeView,
    VerdictView,
)
from services.alerts.schemas.area_alerts import AreaCheckView, AreaView
from services.alerts.schemas.batches import BatchView
from services.alerts.schemas.explanations import Explanation, ReasonView
from services.alerts.schemas.feeds import FeedDetail, FeedVersionView, FeedView, saved_content
from services.alerts.schemas.files import FileFailure, FileView, SkippedSheet
from services.alerts.usecases.feeds import content_of
from services.alerts.usecases.files import name_of, skipped_in
from services.alerts.usecases.intake import Reported
from services.alerts.usecases.looking import Seen
from services.alerts.usecases.screening import row_of
from services.alerts.usecases.withdrawals import PURPOSE as WITHDRAWAL_REASON
from shared.clock import local_date
from shared.contracts.households import Verdict
from shared.expressions import Texts
from shared.masking import mask_id_number, mask_name, mask_phone
from shared.messages import Catalogue, Language
from shared.security.principals import Principal
from shared.security.vault import Vault

_OF_REPORT = ("feed", "source_ref", "occurred_on", "area_code", "reported_at")
_OF_EVIDENCE = ("severity", "outcome", "policy_id", "batch_id", "withdrawn_at")
_SHOWN_OF_CODE = 4  # last characters of a household code that are shown


def alert_summary(alert: Alert, own: AlertEvidence | None = None, said: Verdict | None = None) -> AlertSummary:
    """What stands in clear; seen through the reader's own evidence where the alert itself is another bureau's.

    `said`: the verdict of the areas that this evidence names, where it is about areas.
    """
    summary = AlertSummary.model_validate(alert, from_attributes=True)
    if own is None:
        return summary
    verdict = said if alert.area and alert.verdict else alert.verdict
    return summary.model_copy(update={"verdict": verdict, **{name: getattr(own, name) for name in _OF_REPORT}})


def reported_alert(reported: Reported) -> ReportedAlert:
    """The alert that a report became or belongs to."""
    summary = alert_summary(reported.alert, reported.own, reported.said).model_dump()
    return ReportedAlert(**summary, outcome=reported.outcome, snoozed_until=reported.snoozed_until)


def alert_detail(
    seen: Seen, who: Principal, vault: Vault, explain: Callable[[dict[str, Any]], Explanation] | None = None
) -> AlertDetail:
    """Everything, with the person masked. Free texts may name people: supervisors and administrators do not get them."""
    alert = seen.alert
    record = vault.open_json((seen.own or alert).sealed, "alert")
    opened = _opener(who, vault)
    summary = alert_summary(alert, seen.own, seen.said)
    return AlertDetail(
        **summary.model_dump(),
        risk_family=alert.risk_family,
        evidences=seen.evidences,
        reopens=alert.reopens,
        snooze=_snooze(summary.verdict, seen.snoozed_until),
        person=masked_person(record["person"]),
        household=masked_household(record["household"]),
        area=AreaView.model_validate(area) if (area := (seen.own or alert).area) else None,
        areas=[_area_check(check, opened(check.reason_sealed, "verdict-reason")) for check in seen.checks],
        evidence=record["evidence"],
        case_id=alert.case_id,
        task_id=alert.task_id,
        answer=_verdict(seen, summary.verdict, opened(alert.verdict_reason_sealed, "verdict-reason")),
        batch_id=(seen.own or alert).batch_id,
        withdrawn_at=alert.withdrawn_at,
        withdrawal_reason=opened((seen.own or alert).withdrawal_reason_sealed, WITHDRAWAL_REASON),
        expired_at=alert.expired_at,
        dropped_at=alert.dropped_at,
        explanation=explain(record) if explain is not None else None,
    )


def evidence_view(
    one: AlertEvidence, who: Principal, vault: Vault, explain: Callable[[dict[str, Any]], Explanation]
) -> EvidenceView:
    """One further evidence and what its feed's rule saw in it, with the person masked."""
    record = vault.open_json(one.sealed, "alert")
    plain = {name: getattr(one, name) for name in ("id", *_OF_REPORT, *_OF_EVIDENCE)}
    return EvidenceView(
        **plain,
        person=masked_person(record["person"]),
        household=masked_household(record["household"]),
        area=AreaView.model_validate(one.area) if one.area else None,
        evidence=record["evidence"],
        withdrawal_reason=_opener(who, vault)(one.withdrawal_reason_sealed, WITHDRAWAL_REASON),
        explanation=explain(record),
    )


def _opener(who: Principal, vault: Vault) -> Callable[[bytes | None, str], str | None]:
    may_read_texts = reads_texts(who)

    def opened(sealed: bytes | None, purpose: str) -> str | None:
        return vault.open(sealed, purpose).decode() if sealed is not None and may_read_texts else None

    return opened


def _snooze(verdict: Verdict | None, until: datetime | None) -> SnoozeView | None:
    return SnoozeView(verdict=verdict, until=until) if verdict is not None and until is not None else None


def explainer(
    report: Alert | AlertEvidence, rule: Rule | None, feed: Feed, who: Principal, texts: Texts, language: Language
) -> Callable[[dict[str, Any]], Explanation]:
    """What tells why the report became an alert, from the opened record. `rule`: None where none was in force."""

    # What further evidence raised an alert to is explained by that evidence.
    own = (isinstance(report, Alert) and report.first_severity) or report.severity

    def explain(record: dict[str, Any]) -> Explanation:
        severity = texts.text(f"severity-{own}", language)
        if rule is None:
            code = "explanation-no-rule" if report.rule_id is None else "explanation-lost"
            text = texts.text(code, language, severity=severity)
            return Explanation(rule_id=report.rule_id, version=None, text=text, reasons=[])
        row = {
            "reported_on": local_date(report.reported_at),
            **row_of(report.occurred_on, report.area_code, record["evidence"]),
        }
        titles = titles_of(feed.evidence_schema, language)
        facts: Facts | None = record.get("facts") if reads_register(who) else None
        told = explaining.explain(rule, row, facts, own, titles, texts, language)
        reasons = [ReasonView.model_validate(reason) for reason in told.reasons]
        return Explanation(rule_id=rule.id, version=rule.version, text=told.text, reasons=reasons)

    return explain


def _verdict(seen: Seen, verdict: Verdict | None, reason: str | None) -> VerdictView | None:
    alert = seen.alert
    if verdict is None or alert.answered_at is None:
        return None
    visits = [check.visited_on for check in seen.checks if check.visited_on]
    return VerdictView(
        verdict=verdict,
        basis=alert.verdict_basis,
        reason=reason,
        visited_on=max(visits, default=None) if seen.own and alert.area else alert.visited_on,
        answered_at=alert.answered_at,
    )


def _area_check(check: AreaCheck, reason: str | None) -> AreaCheckView:
    return AreaCheckView(
        area_code=check.area_code,
        task_id=check.task_id,
        due_at=check.due_at,
        households=check.households,
        verdict=check.verdict,
        basis=check.basis,
        reason=reason,
        visited_on=check.visited_on,
        answered_at=check.answered_at,
        cancelled_at=check.cancelled_at,
        checked=check.checked,
        at_risk=check.at_risk,
    )


def masked_person(person: dict[str, Any] | None) -> MaskedPerson | None:
    if person is None:
        return None
    phone = person["phone"]
    return MaskedPerson(
        id_number=mask_id_number(person["id_number"]),
        name=mask_name(person["name"]),
        phone=mask_phone(phone) if phone else None,
    )


def masked_household(household: dict[str, Any] | None) -> MaskedHousehold | None:
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
        merged=batch.merged,
        worsened=batch.worsened,
        snoozed=batch.snoozed,
        repeated=batch.repeated,
        rejected=batch.rejected,
        not_triggered=batch.not_triggered,
        received_at=batch.received_at,
        started_at=batch.started_at,
        finished_at=batch.finished_at,
    )


_SAME = ("id", "feed", "period", "state", "format", "size", "rows_estimate", "rows_read", "screened", "triggered")
_ALIKE = ("matched", "stored", "repeated", "merged", "worsened", "snoozed", "rejected", "unmatched", "rematched")


def _skipped(file: File, vault: Vault, texts: Catalogue, language: Language, *, named: bool) -> list[SkippedSheet]:
    return [
        SkippedSheet(sheet=number, name=name if named else None, code=code, message=texts.text(code, language))
        for number, name, code in skipped_in(file, vault)
    ]


def _failure(file: File, texts: Catalogue, language: Language) -> FileFailure | None:
    """Why it was given up; and what stands of it, for the next file is to be whole again."""
    if file.failure is None:
        return None
    code, params = file.failure["code"], file.failure["params"]
    reason = texts.text(code, language, **params)
    if file.rows_read:
        reason = texts.text("file-rows-stand", language, reason=reason.rstrip("。"), rows=file.rows_read)
    return FileFailure(code=code, message=reason)


def file_view(file: File, vault: Vault, texts: Catalogue, language: Language, *, named: bool = True) -> FileView:
    """How far a file has come, and when it will be done; unless `named` without its name, for people put names into it."""
    running = file.state in ("queued", "running")
    done = min(1.0, file.rows_read / file.rows_estimate) if file.rows_estimate else None
    return FileView(
        **{name: getattr(file, name) for name in (*_SAME, *_ALIKE)},
        name=name_of(file, vault) if named else None,
        skipped=_skipped(file, vault, texts, language, named=named),
        errors=file.faults,
        progress=1.0 if file.state == "done" else done,
        received_at=file.received_at,
        started_at=file.started_at,
        finished_at=file.finished_at,
        ends_at=ends_at(file.rows_read, file.rows_estimate, file.started_at, file.moved_at) if running else None,
        failure=_failure(file, texts, language),
        result_kept=has_result(file.state, file.rows_read) and file.deleted_at is None,
    )
