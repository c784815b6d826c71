"""Rows as answers: opened where they are sealed, then masked."""

from typing import Any

from services.alerts.models import Alert, Batch, Feed, FeedVersion
from services.alerts.schemas.alerts import AlertDetail, AlertSummary, MaskedHousehold, MaskedPerson, VerdictView
from services.alerts.schemas.batches import BatchView
from services.alerts.schemas.feeds import FeedContent, FeedDetail, FeedVersionView, FeedView
from services.alerts.usecases.feeds import content_of
from services.alerts.usecases.withdrawal import PURPOSE as WITHDRAWAL_REASON
from shared.masking import mask_id_number, mask_name, mask_phone
from shared.messages import Language
from shared.security.principals import Principal, Role
from shared.security.vault import Vault

_SHOWN_OF_CODE = 4  # last characters of a household code that are shown


def alert_summary(alert: Alert) -> AlertSummary:
    """What stands in clear."""
    return AlertSummary.model_validate(alert, from_attributes=True)


def alert_detail(alert: Alert, who: Principal, vault: Vault) -> AlertDetail:
    """Everything, with the person masked. Free texts may name people: supervisors do not get them."""
    record = vault.open_json(alert.sealed, "alert")
    may_read_texts = who.role is not Role.SUPERVISOR

    def opened(sealed: bytes | None, purpose: str) -> str | None:
        return vault.open(sealed, purpose).decode() if sealed is not None and may_read_texts else None

    return AlertDetail(
        **alert_summary(alert).model_dump(),
        person=_masked_person(record["person"]),
        household=_masked_household(record["household"]),
        evidence=record["evidence"],
        case_id=alert.case_id,
        task_id=alert.task_id,
        answer=_verdict(alert, opened(alert.verdict_reason_sealed, "verdict-reason")),
        batch_id=alert.batch_id,
        withdrawn_at=alert.withdrawn_at,
        withdrawal_reason=opened(alert.withdrawal_reason_sealed, WITHDRAWAL_REASON),
    )


def _verdict(alert: Alert, reason: str | None) -> VerdictView | None:
    if alert.verdict is None or alert.answered_at is None:
        return None
    return VerdictView(verdict=alert.verdict, reason=reason, visited_on=alert.visited_on, answered_at=alert.answered_at)


def _masked_person(person: dict[str, Any] | None) -> MaskedPerson | None:
    if person is None:
        return None
    phone = person["phone"]
    return MaskedPerson(
        id_number=mask_id_number(person["id_number"]),
        name=mask_name(person["name"]),
        phone=mask_phone(phone) if phone else None,
    )


def _masked_household(household: dict[str, Any] | None) -> MaskedHousehold | None:
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
        content=FeedContent.model_validate(row.content),
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
        received_at=batch.received_at,
        started_at=batch.started_at,
        finished_at=batch.finished_at,
    )
