"""What becomes of each report on a subject that has an alert already: decided in memory, for the next report may be about
the same subject, and written down at the end.
"""

from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from services.alerts import events
from services.alerts.models import Finished, NewAlert
from services.alerts.models.areas import named_by
from services.alerts.queries import intake
from services.alerts.queries import merging as find
from services.alerts.queries.merging import KnownRow, Standing, Subject
from services.alerts.rules.alerts import Severity
from services.alerts.rules.areas import meet
from services.alerts.rules.merging import EvidenceOutcome, Incoming, Newest, Outcome, highest, judge
from shared.clock import local_date
from shared.contracts.alerts import AlertWorsened, AreaAlertWorsened
from shared.contracts.policies import AlertMerge
from shared.db.engine import WriteSession
from shared.lanes import Lane
from shared.outbox import emit
from shared.projections.policies import InForce
from shared.security.vault import Vault

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


@dataclass(slots=True)
class _Opening:
    alert: NewAlert
    subject_key: str
    reopens: UUID | None
    merging: bool = True


@dataclass(slots=True)
class Desk:
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
