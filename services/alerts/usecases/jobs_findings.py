"""What the jobs service found is an alert by the same road as a bureau's report: somebody without work again, a child at
work. Its `source_ref` is the finding, so that the same told again changes nothing.
"""

import base64
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid5

from services.alerts.codes import FOUND_IN
from services.alerts.queries.reference import ReferenceData
from services.alerts.rules.alerts import SourceRefReused
from services.alerts.schemas.alerts import AlertDraft, PersonDraft
from services.alerts.usecases import intake
from services.alerts.usecases.screening import Bench
from shared.clock import local_date
from shared.contracts.jobs import JoblessAgain, MinorWorking
from shared.contracts.labour import ID_NUMBER, NAME
from shared.db.engine import EMITTED, WriteSession, raw
from shared.security.principals import SYSTEM, Principal, Role
from shared.security.vault import Vault

JOBLESS, MINOR = "jobs.jobless", "jobs.minor-working"
JOBS: Principal = replace(SYSTEM, id=uuid5(UUID(int=0), "jobs"), role=Role.COUNTY, feeds=frozenset({JOBLESS, MINOR}))
"""The reporter: no account, and no feed of a bureau."""


async def raise_findings(
    session: WriteSession,
    vault: Vault,
    reference: ReferenceData,
    found: Sequence[JoblessAgain | MinorWorking],
    now: datetime,
) -> None:
    """An alert for each finding, whatever a rule says of it: nobody has to report it first.

    Only of those who came home by the ledger the rule decides who is one: in a county of travelling workers that is
    every household's daily life, and the shipped rule asks for the registered poor.

    Raises `InvalidInput` where a feed was changed so that it takes them no more; the event becomes a dead letter.
    """
    for event in found:
        ruled = isinstance(event, JoblessAgain) and event.found_in == "ledger"
        await _raise(session, vault, reference, _draft(event, vault), now, ruled=ruled)


async def _raise(
    session: WriteSession, vault: Vault, reference: ReferenceData, draft: AlertDraft, now: datetime, *, ruled: bool
) -> None:
    known = await reference.knowing(draft.feed, draft.area_code)
    bench = Bench(known.rules, local_date(now))
    connection = await raw(session)
    report = intake.screen_report(JOBS, draft, known, bench)
    report = await intake.ask_register(connection, report, vault)
    if ruled and report.judged.severity is None:
        return
    report = intake.let_through(report)
    alert, told = intake.prepare_report(JOBS, report, vault, now)
    session.info[EMITTED] = True
    if await intake.report_alert(connection, alert, told) is None:
        try:
            await intake.settle_report(session, JOBS, alert, told, vault)
        except SourceRefReused:
            return  # the finding is an alert already; the name was mended since, or the like


def _draft(event: JoblessAgain | MinorWorking, vault: Vault) -> AlertDraft:
    """As a bureau would send it."""
    evidence: dict[str, Any] = {"found_in": FOUND_IN[event.found_in]}
    if isinstance(event, JoblessAgain):
        evidence["days_jobless"] = max((local_date(event.noticed_at) - event.since_on).days, 0)
        evidence["since_on"] = event.since_on.isoformat()
        if event.reason is not None:
            evidence["reason"] = event.reason
    else:
        evidence |= {"age": event.age, "seen_on": event.seen_on.isoformat()}
    return AlertDraft(
        feed=JOBLESS if isinstance(event, JoblessAgain) else MINOR,
        source_ref=str(event.finding_id),
        occurred_on=_day(event),
        person=PersonDraft(id_number=_open(vault, event.id_number_sealed, ID_NUMBER), name=_name(vault, event)),
        area_code=event.area_code,
        evidence=evidence,
    )


def _day(event: JoblessAgain | MinorWorking) -> date:
    """When it happened; never a day that is still to come."""
    on = event.since_on if isinstance(event, JoblessAgain) else event.seen_on
    return min(on, local_date(event.noticed_at))


def _name(vault: Vault, event: JoblessAgain | MinorWorking) -> str:
    return _open(vault, event.name_sealed, NAME)


def _open(vault: Vault, sealed: str, purpose: str) -> str:
    return vault.open(base64.b64decode(sealed), purpose).decode()
