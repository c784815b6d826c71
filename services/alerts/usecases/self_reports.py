"""A household asks for help itself (自主申报), or a cadre does on its behalf: an alert by the same road as any other."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from services.alerts.codes import REQUEST_CHANNELS, REQUEST_KIND, TOPIC_OF_FAMILY
from services.alerts.models import SelfReport
from services.alerts.queries import self_reports as queries
from services.alerts.rules.screening import Reference
from services.alerts.rules.self_reports import FEED, PhoneCodeInvalid, normalise_phone, request_faults
from services.alerts.rules.silence import Source
from services.alerts.schemas.alerts import AlertDraft, PersonDraft
from services.alerts.schemas.self_reports import SelfReportDraft
from services.alerts.usecases import intake
from services.alerts.usecases.phone_codes import Proof
from services.alerts.usecases.screening import Bench
from shared.clock import local_date
from shared.db.engine import EMITTED, WriteSession, raw
from shared.errors import InvalidInput
from shared.ids import new_id
from shared.security import audit
from shared.security.principals import SYSTEM, Principal, Role
from shared.security.vault import Vault

HOUSEHOLD = replace(SYSTEM, id=uuid5(UUID(int=0), "household"), role=Role.VILLAGE, feeds=frozenset({FEED}))
"""Whoever reports himself, by whichever phone: nobody has an account."""
_OTHER = "other"


def check_request(draft: SelfReportDraft, who: Principal, reference: Reference, now: datetime) -> None:
    """Raise what is wrong with a request, before its code is used up. Asks nobody who anybody is."""
    try:
        intake.screen_report(who, _alert(draft, "cadre", now), reference, _bench(reference, now))
    except InvalidInput as invalid:
        raise InvalidInput(request_faults(invalid.faults)) from None


async def report_by_phone(
    session: WriteSession, draft: SelfReportDraft, proof: Proof, reference: Reference, vault: Vault, now: datetime
) -> tuple[SelfReport, bool]:
    """Take a household's own request. The same again with the same code gets the first receipt.

    Raises `PhoneCodeInvalid` when the code was used for another one.
    """
    content_key = _content_key(draft, proof.phone_key, vault, now)
    if not await queries.use_code(session, proof.phone_key, proof.code_hash, content_key):
        raise PhoneCodeInvalid(field="code")
    return await _report(session, draft, HOUSEHOLD, content_key, proof.phone_key, reference, vault, now)


async def report_on_behalf(
    session: WriteSession, draft: SelfReportDraft, who: Principal, reference: Reference, vault: Vault, now: datetime
) -> tuple[SelfReport, bool]:
    """Take a request that a cadre writes down. Raises `AreaNotPermitted` outside the cadre's areas."""
    content_key = _content_key(draft, str(who.id), vault, now)
    return await _report(session, draft, who, content_key, None, reference, vault, now)


async def _report(
    session: WriteSession,
    draft: SelfReportDraft,
    who: Principal,
    content_key: bytes,
    phone_key: str | None,
    reference: Reference,
    vault: Vault,
    now: datetime,
) -> tuple[SelfReport, bool]:
    if first := await queries.find_self_report(session, content_key):
        return first, False
    source: Source = "household" if who is HOUSEHOLD else "cadre"
    connection, bench = await raw(session), _bench(reference, now)
    report = intake.screen_report(who, _alert(draft, source, now), reference, bench)
    # No rule turns away who asks for help: it only says how grave that is.
    report = intake.let_through(await intake.ask_register(connection, report, vault))
    alert, told = intake.prepare_report(who, report, vault, now)
    alert_id = alert.id
    if await intake.report_alert(connection, alert, told) is None:
        alert_id = (await intake.settle_report(session, who, alert, told, vault)).alert.id
    session.info[EMITTED] = True
    made = SelfReport(
        id=new_id(),
        alert_id=alert_id,
        content_key=content_key,
        source=source,
        risk_family=alert.risk_family,
        phone_key=phone_key,
        reported_at=now,
    )
    if not await queries.insert_self_report(session, _values(made)):  # sent twice at the same moment
        first = await queries.find_self_report(session, content_key)
        assert first is not None
        return first, False
    await audit.record(session, who, "self-report:make", made.id, area_code=draft.area_code, source=source)
    return made, True


def _bench(reference: Reference, now: datetime) -> Bench:
    return Bench(reference.rules, local_date(now))


def _values(made: SelfReport) -> tuple[Any, ...]:
    return (
        *(made.id, made.alert_id, made.content_key, made.source),
        *(made.risk_family, made.phone_key, made.reported_at),
    )


def _alert(draft: SelfReportDraft, source: Source, now: datetime) -> AlertDraft:
    evidence: dict[str, Any] = {
        "topic": TOPIC_OF_FAMILY.get(draft.kind, TOPIC_OF_FAMILY[_OTHER]),
        "kind": REQUEST_KIND,
        "channel": REQUEST_CHANNELS[source],
        "urgent": draft.urgent,
        "note": draft.text,
    }
    phone = normalise_phone(draft.phone) if draft.phone else None
    return AlertDraft(
        feed=FEED,
        occurred_on=local_date(now),
        person=PersonDraft(id_number=draft.id_number, name=draft.name, phone=phone),
        area_code=draft.area_code,
        evidence=evidence,
    )


def _content_key(draft: SelfReportDraft, sender: str, vault: Vault, now: datetime) -> bytes:
    """What makes a request the same: sender, day and words."""
    content = draft.model_dump_json(exclude={"phone", "code"})
    return vault.fingerprint(f"{sender}|{local_date(now)}|{content}".encode(), "self-report")
