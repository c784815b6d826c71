"""A report comes in: screened, judged by its feed's rule, sealed, stored and told in one statement.

What does not trigger goes no further: nothing of it is kept or told. Batches take the same road, row by row.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.alerts import events
from services.alerts.codes import FAMILY_OF_TOPIC
from services.alerts.models import Alert, AlertEvidence, Finished, NewAlert, OutboxRow
from services.alerts.queries import alerts as queries
from services.alerts.queries import intake, known, unmatched
from services.alerts.rules.alerts import SourceRefReused, sight
from services.alerts.rules.feeds import family_of, require_reporter
from services.alerts.rules.merging import Outcome
from services.alerts.rules.screening import Feed, Reference, Screened, screen
from services.alerts.rules.screening_rules import Facts, Judged, Rule, decide
from services.alerts.schemas.alerts import AlertDraft, ReportedAlert
from services.alerts.usecases import area_alerts, merging
from services.alerts.usecases.merging_desk import Arrival, Settled
from services.alerts.usecases.record import ALERT_ROW, dedup_of, facts_behind, record_of, rest_of, with_facts
from services.alerts.usecases.screening import Bench
from shared.clock import local_date
from shared.contracts.households import Verdict
from shared.db.engine import WriteSession
from shared.errors import InvalidInput
from shared.ids import new_id
from shared.lanes import Lane
from shared.security import audit
from shared.security.principals import AreaNotPermitted, Principal
from shared.security.vault import Vault
from shared.telemetry import current_traceparent


@dataclass(frozen=True, slots=True)
class Reported:
    """What became of a report: the alert that it became or belongs to, as its sender sees it."""

    alert: Alert
    own: AlertEvidence | None  # the sender's first evidence, where the alert itself is another bureau's
    outcome: Outcome
    snoozed_until: datetime | None
    said: Verdict | None = None  # by the areas that `own` and further evidence of the sender's name


class Report(NamedTuple):
    """A report without fault, and what its feed's rule says of it. Severity None, and not open: it does not trigger."""

    draft: AlertDraft
    feed: Feed
    screened: Screened
    rule: Rule | None  # None: none is in force
    judged: Judged
    facts: Facts | None = None  # what the register knew, where the rule had to ask


class Stored(NamedTuple):
    """What became of one report of many. `outcome` None: its source_ref belongs to somebody else."""

    outcome: Outcome | None
    registered: bool  # its household is in the register
    alert: bytes  # the id of the alert that it is or belongs to


def screen_report(who: Principal, draft: AlertDraft, reference: Reference, bench: Bench) -> Report:
    """A report held against its feed, the sender's areas, and the rule in force. Keeps and asks nothing.

    Raises `InvalidInput`, `FeedNotPermitted`, `AreaNotPermitted`.
    """
    draft = area_alerts.placed(who, draft, reference)
    feed = reference.feeds.get(draft.feed)
    area_known = draft.area_code in reference.areas
    if feed is not None:
        require_reporter(who, draft.feed, feed.reporters)
    if area_known and not who.scope.covers(draft.area_code):
        raise AreaNotPermitted(field="area_code", area=draft.area_code)
    screened = screen(draft, feed, area_known=area_known, today=bench.today)
    if isinstance(screened, list):
        raise InvalidInput(screened)
    assert feed is not None, "screened with a fault otherwise"
    rule = bench.rule(draft.feed, draft.area_code)
    judged = bench.judge(feed, rule, draft.occurred_on, draft.area_code, draft.evidence)
    return Report(draft, feed, screened, rule, judged)


def asked_of(report: Report, vault: Vault) -> known.Asked:
    """Of whom a report is, as the register and the database know them."""
    number, household = report.screened.id_number, report.draft.household
    return known.Asked(
        vault.person_key(number) if number else None,
        vault.household_key(household.national_code) if household else None,
        family_of(report.feed.risk_family, report.draft.evidence, FAMILY_OF_TOPIC),
    )


def told(report: Report, facts: Facts) -> Report:
    """A report that was open, judged by what the register knows."""
    draft, feed, screened, rule, judged, _ = report
    assert rule is not None, "without a rule nothing is open"
    return Report(draft, feed, screened, rule, decide(rule, judged, facts), facts)


async def ask_register(connection: intake.Connection, report: Report, vault: Vault) -> Report:
    """The report, judged for good: where that depends on what the register knows, one statement asks it."""
    if not report.judged.is_open:
        return report
    [facts] = await known.look_up(connection, [asked_of(report, vault)])
    return told(report, facts)


async def note_asked(session: WriteSession, who: Principal, report: Report, vault: Vault) -> None:
    """That a report does not trigger may tell its sender what the register knows of somebody: then it is on record."""
    if report.facts is None:
        return
    asked = asked_of(report, vault)
    area = report.draft.area_code
    subject = asked.person_key or asked.household_key or area
    told = {"feed": report.draft.feed, "rule": str(report.judged.rule_id)}
    await audit.record(session, who, "register:asked", subject, area_code=area, **told)


def let_through(report: Report) -> Report:
    """A report that is an alert whatever the rule says: somebody asks for help himself."""
    if report.judged.severity is not None:
        return report
    return report._replace(judged=Judged(report.feed.default_severity, None))


def prepare_report(who: Principal, report: Report, vault: Vault, now: datetime) -> tuple[NewAlert, OutboxRow]:
    """A report that triggers, sealed, and what will tell of it."""
    alert = seal_report(who, report, vault, now)
    return alert, events.raised_row(alert, current_traceparent())


async def report_alert(connection: intake.Connection, alert: NewAlert, told: OutboxRow) -> ReportedAlert | None:
    """Take a report that is simply new, in one statement. None, and nothing done, when it has to be settled.

    About areas it always has: which alert names them is more than a key can tell.
    """
    if alert.area is not None:
        return None
    return _new_summary(alert) if await intake.insert_alert(connection, alert, told) else None


async def settle_report(
    session: WriteSession, who: Principal, alert: NewAlert, told: OutboxRow, vault: Vault
) -> Reported:
    """Take a report that something stands in the way of: its row came before, or its subject has an alert.

    What waits for the register under its number ends with it.
    Raises `SourceRefReused` for a source_ref that is known of somebody else.
    """
    [report] = intake.finished([alert], [told])
    whom = alert.person_key, alert.household_key
    await unmatched.delete_corrected(session, {(alert.feed, alert.dedup): whom})
    if report.about_areas:
        await merging.lock_areas(session, [report])
        settled = await _settle_areas(session, report, vault)
    else:
        [subject] = await intake.find_subjects(session, [report])
        [settled] = await merging.settle(session, [Arrival(report, subject.key)], vault)
    if settled.outcome is None:
        raise SourceRefReused(field="source_ref")
    found, own = await queries.get_seen(session, sight(who), settled.alert_id, alert)
    until = await merging.snooze_end(session, found, local_date(alert.reported_at))
    said = await queries.find_said(session, sight(who), [own]) if own is not None else {}
    return Reported(found, own, settled.outcome, until, said.get(settled.alert_id))


async def store_alerts(session: WriteSession, reports: Sequence[Finished], vault: Vault) -> list[Stored]:
    """Store reports and tell of them; what became of each, in their order.

    Mostly all are new: then one look-up and two COPYs do it. At most some 4,000 in one transaction.
    """
    if not reports:
        return []
    subjects = await intake.find_subjects(session, reports)
    arrivals = [Arrival(report, subject.key) for report, subject in zip(reports, subjects, strict=True)]
    pairs = [(one, subject) for one, subject in zip(arrivals, subjects, strict=True) if not one.report.about_areas]
    fresh = await merging.open_new(session, [arrival for arrival, subject in pairs if not subject.row_known])
    rest = [arrival for arrival, _ in pairs if arrival.report.id_bytes not in fresh]
    settled = iter(await merging.settle(session, rest, vault) if rest else ())
    await merging.lock_areas(session, [one for one in reports if one.about_areas])
    of_areas = {one.id_bytes: await _settle_areas(session, one, vault) for one in reports if one.about_areas}
    stored = []
    for report, subject in zip(reports, subjects, strict=True):
        if (own := report.id_bytes) in fresh:
            stored.append(Stored("new", subject.registered, own))
        else:
            one = of_areas.get(own) or next(settled)
            stored.append(Stored(one.outcome, subject.registered, one.alert_id.bytes))
    return stored


async def _settle_areas(session: WriteSession, report: Finished, vault: Vault) -> Settled:
    subject_key = await merging.subject_of_areas(session, report)
    [settled] = await merging.settle(session, [Arrival(report, subject_key)], vault)
    return settled


def seal_report(
    who: Principal,
    report: Report,
    vault: Vault,
    now: datetime,
    batch_id: UUID | None = None,
    lane: Lane = Lane.LIVE,
    asked: known.Asked | None = None,
) -> NewAlert:
    """A report that triggers as an alert, with all that is personal in it sealed. `asked`: of the report, if known."""
    draft, severity = report.draft, report.judged.severity
    assert severity is not None, "it does not trigger"
    record, row_hash = hashed(report, vault)
    person_key, household_key, risk_family = asked or asked_of(report, vault)
    return NewAlert(
        id=new_id(),
        feed=draft.feed,
        source_ref=draft.source_ref,
        dedup=dedup_of(draft.source_ref, row_hash),
        row_hash=row_hash,
        severity=draft.severity or severity,
        occurred_on=draft.occurred_on,
        area_code=draft.area_code,
        person_key=person_key,
        household_key=household_key,
        sealed=vault.seal(with_facts(record, facts_behind(report.facts) if report.facts else b""), "alert"),
        reported_by=who.id,
        batch_id=batch_id,
        reported_at=now,
        lane=lane,
        risk_family=risk_family,
        rule_id=report.judged.rule_id,
        area=area_alerts.as_json(draft.area),
    )


def hashed(report: Report, vault: Vault) -> tuple[bytes, bytes]:
    """What is sealed of a report, but for the facts, and the hash that makes its row the same."""
    draft, screened = report.draft, report.screened
    person, household = draft.person, draft.household
    record = record_of(
        screened.id_number,
        person.name if person else None,
        person.phone if person else None,
        household.national_code if household else None,
        screened.evidence,
        draft.area.model_dump() if draft.area else None,
    )
    rest = rest_of(draft.occurred_on, draft.area_code, draft.severity)
    return record, vault.fingerprint(record + rest, ALERT_ROW)


def _new_summary(alert: NewAlert) -> ReportedAlert:
    return ReportedAlert(
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
        outcome="new",
        snoozed_until=None,
    )
