"""Reports on a subject that has an alert already: more evidence, news, or an alert of their own.

Many go the same road as one, a dozen statements whatever their number. What is decided follows in memory, for the
next report may be about the same subject.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from services.alerts import events
from services.alerts.models import Alert, Finished, NewAlert
from services.alerts.models.areas import named_by
from services.alerts.queries import intake
from services.alerts.queries import merging as find
from services.alerts.queries.merging import KnownRow, Standing, Subject
from services.alerts.queries.receipts import insert_receipts
from services.alerts.rules.alerts import Severity
from services.alerts.rules.areas import Named, meet, names
from services.alerts.rules.merging import EvidenceOutcome, Incoming, Newest, Outcome, highest, judge, snoozed_until
from services.alerts.usecases.record import ROW, former_hashes
from shared.areas import lineage
from shared.clock import local_date
from shared.contracts.alerts import AlertWorsened, AreaAlertWorsened
from shared.contracts.policies import AlertMerge
from shared.db.engine import ReadSession, WriteSession
from shared.lanes import Lane
from shared.outbox import emit
from shared.projections.policies import InForce, find_in_force, load_in_force
from shared.security.vault import Vault

KIND = "alert-merge"
Row = tuple[str, bytes]
"""Feed and `dedup`."""

_AS_EVIDENCE: dict[str, EvidenceOutcome] = {"merge": "merged", "worsen": "worsened", "snooze": "snoozed"}


class Arrival(NamedTuple):
    """A report, screened and sealed, with whom it is about."""

    report: Finished
    subject_key: str

    @property
    def row(self) -> Row:
        """What makes it the same row as another."""
        return self.report.feed, self.report.dedup

    @property
    def content(self) -> Row:
        """What makes it the same row with the same content, where its number was used before."""
        return self.report.feed, self.report.row_hash

    @property
    def subject(self) -> Subject:
        """Subject and risk family."""
        return self.subject_key, self.report.risk_family


class Settled(NamedTuple):
    """What became of a row, and the alert it is or belongs to.

    `outcome` None: refused, for its source_ref belongs to somebody else.
    """

    outcome: Outcome | None
    alert_id: UUID


async def settle(session: WriteSession, arrivals: Sequence[Arrival], vault: Vault) -> list[Settled]:
    """Decide on reports that were not simply new, in their order, and write down and tell what follows."""
    await find.lock_subjects(session, [arrival.subject_key for arrival in arrivals])
    opened: set[bytes] = set()
    known, standing = await _look(session, arrivals, vault)
    while strays := [one for one in arrivals if one.row not in known and one.subject not in standing]:
        fresh = await open_new(session, strays)
        await insert_receipts(session, [intake.alert_of(one.report) for one in strays if one.report.id_bytes in fresh])
        opened |= fresh
        known, standing = await _look(session, arrivals, vault)
    feeds = {arrival.report.feed for arrival in arrivals}
    first = intake.alert_of(arrivals[0].report)  # all came by the same road, at the same moment
    merges = await load_in_force(session, KIND, local_date(first.reported_at), AlertMerge)
    desk = _Desk(vault, merges, known, standing, opened)
    for told in await find.find_told(session, [one.newest.id for one in standing.values()], feeds):
        desk.sealed.setdefault((told.alert_id, told.feed), []).append(told.sealed)
    settled = [desk.take(arrival) for arrival in arrivals]
    await desk.write(session, first.lane)
    return settled


async def lock_areas(session: WriteSession, reports: Sequence[Finished]) -> None:
    """Reports about areas of one risk wait for each other until the commit, and verdicts on what may take them in for
    them. All risks of a batch are locked at once, and all alerts: who holds one each would wait for the other for ever.
    """
    if reports:
        risks = {report.risk_family for report in reports}
        await find.lock_subjects(session, {f"areas:{risk}" for risk in risks})
        above = {code for report in reports for code in _above(_named_by(report))}
        await find.lock_area_alerts(session, risks, above)


async def subject_of_areas(session: WriteSession, report: Finished) -> str:
    """The subject of a report about areas: that of the newest open alert that names all of them already, else its own.

    What was answered was an event: of the next one in the same place somebody is told, whatever was said of that.
    The caller has locked its risk and these alerts. Such reports are settled one by one: there are few.
    """
    named = _named_by(report)
    for subject_key, reports in await find.list_area_alerts(session, report.risk_family, _above(named)):
        if names(reports, named):
            return subject_key
    return str(report.id)


def _named_by(report: Finished) -> Named:
    named = named_by(intake.alert_of(report).area)
    assert named is not None, "a report about a person or a household"
    return named


def _above(named: Named) -> set[str]:
    """The areas by which an alert is found that may name them."""
    return {one for code in named.codes for one in lineage(code)}


async def _look(
    session: WriteSession, arrivals: Sequence[Arrival], vault: Vault
) -> tuple[dict[Row, KnownRow], dict[Subject, Standing]]:
    known = await find.find_known_rows(session, {key for one in arrivals for key in (one.row, one.content)})
    await _find_former(session, arrivals, known, vault)
    return known, await find.lock_newest(session, {arrival.subject for arrival in arrivals})


async def _find_former(
    session: WriteSession, arrivals: Sequence[Arrival], known: dict[Row, KnownRow], vault: Vault
) -> None:
    """What is known by the hash that it had when that was of its numbers' texts is known by the one it has now."""
    strangers = [one for one in arrivals if one.row not in known or known[one.row].row_hash != one.report.row_hash]
    former = {one: former_hashes(intake.alert_of(one.report), vault) for one in strangers}
    keys = {(one.report.feed, key) for one, hashes in former.items() for each in hashes for key in (each, ROW + each)}
    found = await find.find_known_rows(session, keys) if keys else {}
    for one, hashes in former.items():
        for each in hashes:
            numbered = known.get(one.row)
            if numbered is not None and numbered.row_hash == each:
                known[one.row] = replace(numbered, row_hash=one.report.row_hash)
            for key, now in ((ROW + each, one.row), (each, one.content)):
                if row := found.get((one.report.feed, key)):
                    known[now] = replace(row, row_hash=one.report.row_hash)


async def snooze_end(session: ReadSession, alert: Alert, on: date) -> datetime | None:
    """Until when the verdict on an alert keeps its subject quiet, by the policy of the day; None: it does not.

    A verdict on areas is about an event, and keeps no place quiet.
    """
    if alert.state != "answered" or alert.area is not None:
        return None
    policy, _ = await find_in_force(session, KIND, alert.area_code, on, AlertMerge)
    return snoozed_until(alert.verdict, alert.answered_at, policy)


async def open_new(session: WriteSession, arrivals: Sequence[Arrival]) -> set[bytes]:
    """Store and tell the first report of each row and subject, unless something stands in the way; their `id_bytes`."""
    firsts: list[Arrival] = []
    rows, subjects = set(), set()
    for arrival in arrivals:
        row, subject = arrival.row, arrival.subject
        if row not in rows and subject not in subjects:
            firsts.append(arrival)
        rows.add(row)
        subjects.add(subject)
    fresh = await intake.insert_alerts(session, [(one.report, one.subject_key) for one in firsts])
    told = [one.report for one in firsts if one.report.id_bytes in fresh]
    if told:
        await intake.copy_outbox(session, told)
    return fresh


@dataclass(slots=True)
class _Opening:
    alert: NewAlert
    subject_key: str
    reopens: UUID | None
    merging: bool = True


@dataclass(slots=True)
class _Desk:
    """What is known, and what is to be written."""

    vault: Vault
    merges: InForce[AlertMerge]
    known: dict[Row, KnownRow]
    standing: dict[Subject, Standing]
    opened: set[bytes]  # `id_bytes`
    sealed: dict[tuple[UUID, str], list[bytes]] = field(default_factory=dict)
    _openings: dict[UUID, _Opening] = field(default_factory=dict)
    _retired: list[UUID] = field(default_factory=list)
    _evidence: list[tuple[UUID, NewAlert, str, UUID]] = field(default_factory=list)
    _severities: dict[UUID, Severity] = field(default_factory=dict)
    _told: list[Finished] = field(default_factory=list)
    _worsened: list[AlertWorsened | AreaAlertWorsened] = field(default_factory=list)

    def __post_init__(self) -> None:
        for one in self.standing.values():
            if one.first is not None:
                self.sealed[one.newest.id, one.first.feed] = [one.first.sealed]

    def take(self, arrival: Arrival) -> Settled:
        """Decide on one report."""
        report, row = arrival.report, self.known.get(arrival.row)
        if row is None:
            return self._judged(arrival, arrival.row, intake.alert_of(report))
        if report.id_bytes in self.opened:
            return Settled("new", report.id)
        return Settled("repeated", row.alert_id) if row.row_hash == report.row_hash else self._corrected(arrival, row)

    def _corrected(self, arrival: Arrival, row: KnownRow) -> Settled:
        """Other content under a known number: an export cannot but tell a row's news so. It is judged as any report is."""
        if known := self.known.get(arrival.content):
            return Settled("repeated", known.alert_id)
        alert = intake.alert_of(arrival.report)._replace(dedup=arrival.report.row_hash)
        if (named := named_by(alert.area)) is not None:  # a flood that reaches one more village is the same flood
            same = row.named is not None and meet(row.named, named)
        else:
            same = row.subject == arrival.subject and arrival.subject in self.standing
        return self._judged(arrival, arrival.content, alert) if same else Settled(None, row.alert_id)

    def _judged(self, arrival: Arrival, row: Row, alert: NewAlert) -> Settled:
        settled = self._settled(arrival, alert)
        self.known[row] = KnownRow(settled.alert_id, alert.row_hash, arrival.subject)
        return settled

    def _settled(self, arrival: Arrival, alert: NewAlert) -> Settled:
        one = self.standing.get(arrival.subject)
        if one is None:  # corrected, it names areas that no open alert does
            self._begin(arrival, alert, Incoming(alert.feed, alert.severity, alert.reported_at, {}), None)
            return Settled("new", alert.id)
        policy, policy_id = self.merges.find(alert.area_code, local_date(alert.reported_at))
        values: dict[str, Any] = {}
        if policy is not None and any(rule.feed == alert.feed for rule in policy.worsening):
            values = self._open(alert.sealed)
            self._open_told(one.newest, alert.feed)
        report = Incoming(alert.feed, alert.severity, alert.reported_at, values)
        judgement = judge(one.newest, report, policy)
        if policy_id is None or judgement in ("new", "reopen"):
            self._begin(arrival, alert, report, one.newest.id if judgement == "reopen" else None)
            return Settled("reopened" if judgement == "reopen" else "new", alert.id)
        outcome = _AS_EVIDENCE[judgement]
        self._add(arrival, alert, report, outcome, policy_id)
        return Settled(outcome, one.newest.id)

    def _begin(self, arrival: Arrival, alert: NewAlert, report: Incoming, reopens: UUID | None) -> None:
        """An alert of its own, which takes the place of the newest one; about areas beside it, for it may name less."""
        subject_key = arrival.subject_key
        if alert.area is not None:
            subject_key = str(alert.id)
        elif (before := self.standing[arrival.subject].newest.id) in self._openings:
            self._openings[before].merging = False
        else:
            self._retired.append(before)
        self._openings[alert.id] = _Opening(alert, subject_key, reopens)
        self._told.append(arrival.report)
        newest = Newest(alert.id, "reported", alert.severity, alert.reported_at, told={alert.feed: [report.values]})
        self.standing[arrival.subject] = Standing(newest, events.partition_key(alert), None)

    def _add(
        self, arrival: Arrival, alert: NewAlert, report: Incoming, outcome: EvidenceOutcome, policy_id: UUID
    ) -> None:
        """More evidence for the newest alert."""
        one = self.standing[arrival.subject]
        newest = one.newest
        self._evidence.append((newest.id, alert, outcome, policy_id))
        newest.last_evidence_at = max(newest.last_evidence_at, alert.reported_at)
        told = newest.told.setdefault(alert.feed, [])
        if outcome == "worsened":
            self._worsened.append(events.alert_worsened(newest.id, one.partition_key, alert, alert.risk_family))
            newest.severity = highest((newest.severity, alert.severity))
            self._severities[newest.id] = newest.severity
        if outcome == "worsened" or not told:
            told.append(report.values)

    def _open(self, sealed: bytes) -> dict[str, Any]:
        evidence: dict[str, Any] = self.vault.open_json(sealed, "alert")["evidence"]
        return evidence

    def _open_told(self, newest: Newest, feed: str) -> None:
        told = [self._open(sealed) for sealed in self.sealed.pop((newest.id, feed), ())]
        newest.told[feed] = [*told, *newest.told.get(feed, ())]

    async def write(self, session: WriteSession, lane: Lane) -> None:
        """Write all of it, and tell."""
        await find.retire(session, self._retired)
        openings = [(one.alert, one.subject_key, one.merging, one.reopens) for one in self._openings.values()]
        await find.insert_openings(session, openings)
        await find.insert_evidence(session, self._evidence)
        await find.raise_severities(session, self._severities)
        if self._told:
            await intake.copy_outbox(session, self._told)
        await emit(session, *self._worsened, lane=lane)
