"""A report comes in: screened, sealed, stored and told in one statement. Batches take the same road, row by row."""

from datetime import datetime
from uuid import UUID

import orjson

from services.alerts import events, rules
from services.alerts.models import NewAlert
from services.alerts.queries import intake
from services.alerts.schemas.alerts import AlertDraft, AlertSummary
from shared.clock import local_date
from shared.errors import InvalidInput
from shared.ids import new_id
from shared.lanes import Lane
from shared.security.principals import AreaNotPermitted, Principal
from shared.security.vault import Vault
from shared.telemetry import current_traceparent


async def report_alert(
    connection: intake.Connection,
    who: Principal,
    draft: AlertDraft,
    reference: rules.Reference,
    vault: Vault,
    now: datetime,
) -> tuple[AlertSummary, bool]:
    """Take a report. Returns the alert, and whether it is new: the same row again gets the first one, unchanged.

    Raises `InvalidInput`, `FeedNotPermitted`, `AreaNotPermitted`, and `SourceRefReused` for other content.
    """
    alert = prepare_alert(who, draft, reference, vault, now)
    told = events.raised_row(alert, reference.feeds[alert.feed].risk_family, current_traceparent())
    if await intake.insert_alert(connection, alert, told):
        return _new_summary(alert), True
    first = await intake.get_repeated(connection, alert.feed, alert.dedup)
    if first["row_hash"] != alert.row_hash:
        raise rules.SourceRefReused(field="source_ref")
    return AlertSummary.model_validate(dict(first)), False


def prepare_alert(
    who: Principal,
    draft: AlertDraft,
    reference: rules.Reference,
    vault: Vault,
    now: datetime,
    batch_id: UUID | None = None,
    lane: Lane = Lane.LIVE,
) -> NewAlert:
    """Screen a report and seal what is personal in it. Raises as `report_alert` does."""
    feed = reference.feeds.get(draft.feed)
    area_known = draft.area_code in reference.areas
    if feed is not None:
        who.require_feed(draft.feed)
    if area_known and not who.scope.covers(draft.area_code):
        raise AreaNotPermitted(field="area_code", area=draft.area_code)
    screened = rules.screen(draft, feed, area_known=area_known, today=local_date(now))
    if isinstance(screened, list):
        raise InvalidInput(screened)
    record = _record(draft, screened)
    row_hash = vault.fingerprint(record + _rest(draft), "alert-row")
    return NewAlert(
        id=new_id(),
        feed=draft.feed,
        source_ref=draft.source_ref,
        dedup=b"ref:" + draft.source_ref.encode() if draft.source_ref else b"row:" + row_hash,
        row_hash=row_hash,
        severity=screened.severity,
        occurred_on=draft.occurred_on,
        area_code=draft.area_code,
        person_key=vault.person_key(screened.id_number) if screened.id_number else None,
        household_key=vault.household_key(draft.household.national_code) if draft.household else None,
        sealed=vault.seal(record, "alert"),
        reported_by=who.id,
        batch_id=batch_id,
        reported_at=now,
        lane=lane,
    )


def _record(draft: AlertDraft, screened: rules.Screened) -> bytes:
    """What is sealed: `{"evidence": {...}, "household": ..., "person": ...}`, the same bytes for the same row."""
    person, household = draft.person, draft.household
    who = {
        "household": {"national_code": household.national_code} if household else None,
        "person": {"id_number": screened.id_number, "name": person.name, "phone": person.phone} if person else None,
    }
    return b'{"evidence":' + screened.evidence + b"," + orjson.dumps(who)[1:]


def _rest(draft: AlertDraft) -> bytes:
    """The rest of the row. The severity as it was sent: a feed's new default makes no new row of an old one."""
    return f"|{draft.occurred_on}|{draft.area_code}|{draft.severity}".encode()


def _new_summary(alert: NewAlert) -> AlertSummary:
    return AlertSummary(
        id=alert.id,
        feed=alert.feed,
        source_ref=alert.source_ref,
        severity=alert.severity,
        occurred_on=alert.occurred_on,
        area_code=alert.area_code,
        state="reported",
        reported_at=alert.reported_at,
        due_at=None,
        verdict=None,
    )
