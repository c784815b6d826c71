"""Alerts become checks (核查): a case with a task for the right desk, or more evidence for the case that is open."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Self
from uuid import UUID

from services.households.queries import checks as find
from services.households.queries.checks import CaseKey
from services.households.rules import checks as rules
from services.households.rules.checks import OpenCase, Residence, Subject
from services.households.usecases.dropout_moves import hear_of_absences
from services.households.usecases.grading import regrade_by_lane
from services.households.usecases.opening import WORSENED, Deadline, Opening, Raised, evidence_id
from shared.areas import AreaCode
from shared.clock import local_date
from shared.contracts.alerts import AlertRaised, AlertWorsened
from shared.contracts.policies import CaseMerge, Span, TaskDeadline
from shared.db.engine import ReadSession, WriteSession
from shared.inbox import Received
from shared.projections.policies import InForce, load_in_force


async def open_checks(session: WriteSession, received: Sequence[Received[AlertRaised]], now: datetime) -> None:
    """Open a case and a task for each alert, or add it to the case that is open for its household and risk.

    What made an alert worse belongs to the alert's own case while that is open; then its deadline may come nearer.
    An alert that is evidence already is passed over, so the log may be read again from its beginning. Whatever the
    size of the batch, it takes the same dozen statements.
    """
    alerts = [one.event for one in received]
    residences = await find.find_residences(
        session,
        {alert.person_key for alert in alerts if alert.person_key},
        {alert.household_key for alert in alerts if alert.household_key},
    )
    worse = [alert.alert_id for alert in alerts if isinstance(alert, AlertWorsened)]
    subjects = await _lock_subjects(session, alerts, residences, worse)
    keys = {subject.key for subject in subjects}
    seen = await find.find_known_evidence(session, [evidence_id(alert) for alert in alerts])
    cases = _Cases(await find.find_open_cases(session, keys), await find.find_open_cases_of_alerts(session, worse))
    clocks = await Clocks.load(session, now)
    opening = Opening(now)
    for one, subject in zip(received, subjects, strict=True):
        if evidence_id(one.event) not in seen:
            seen.add(evidence_id(one.event))
            own = cases.by_alert.get(one.event.alert_id)
            take(one, subject, own, cases.by_subject, clocks, opening)
    await opening.write(session)
    await hear_of_absences(session, alerts, now)
    await regrade_by_lane(session, {subject.household_id for subject in subjects if subject.household_id}, now)


async def _lock_subjects(
    session: WriteSession, alerts: Sequence[AlertRaised], residences: dict[str, Residence], worse: Sequence[UUID]
) -> list[Subject]:
    """The subject of each alert, locked. A household may be merged while we wait for it: then it is the other one."""
    subjects = [_subject(alert, residences) for alert in alerts]
    keys = {subject.key for subject in subjects}
    await find.lock_subjects(session, keys | await find.find_subjects_of_alerts(session, worse))
    merged = await find.find_merged(session, {one.household_id for one in residences.values()})
    if not merged:
        return subjects
    residences = {key: merged.get(one.household_id, one) for key, one in residences.items()}
    subjects = [_subject(alert, residences) for alert in alerts]
    await find.lock_subjects(session, {subject.key for subject in subjects} - keys)
    return subjects


def _subject(alert: AlertRaised, residences: dict[str, Residence]) -> Subject:
    residence = residences.get(alert.person_key or "") or residences.get(alert.household_key or "")
    return rules.subject_of(residence, alert.key, AreaCode(alert.area_code))


@dataclass(slots=True)
class _Cases:
    """The open cases, by subject and risk and by the alerts that stand in them. One case is one object."""

    by_subject: dict[CaseKey, OpenCase]
    by_alert: dict[UUID, OpenCase]

    def __post_init__(self) -> None:
        same = {case.case_id: case for case in self.by_subject.values()}
        self.by_alert = {alert: same.setdefault(case.case_id, case) for alert, case in self.by_alert.items()}


def take(
    one: Received[Raised],
    subject: Subject,
    own: OpenCase | None,
    cases: dict[CaseKey, OpenCase],
    clocks: "Clocks",
    opening: Opening,
) -> OpenCase:
    """Decide on one alert: the open case it stands in already (`own`), the subject's that it joins, or a new one.

    `cases` follows, for the batch's next alert may belong to the same case.
    """
    alert = one.event
    day = local_date(alert.reported_at)
    deadline = clocks.deadline(subject.area_code, day, alert)
    case, policy_id = own, deadline.policy_id
    if case is None and (case := cases.get((subject.key, alert.risk_family))) is not None:
        window, policy_id = clocks.window(subject.area_code, day)
        case = case if rules.joins(case, alert.reported_at, window) else None
    if case is None:
        case = cases[subject.key, alert.risk_family] = opening.open_case(one, subject, deadline)
        return case
    case.last_evidence_at = max(case.last_evidence_at, alert.reported_at)
    if isinstance(alert, WORSENED):
        opening.worsen(one, case, deadline)
    else:
        opening.add_evidence(one, case, policy_id)
    return case


@dataclass(slots=True)
class Clocks:
    """The two policies a check is opened by."""

    deadlines: InForce[TaskDeadline]
    merges: InForce[CaseMerge]

    @classmethod
    async def load(cls, session: ReadSession, now: datetime) -> Self:
        """What is in force."""
        today = local_date(now)
        return cls(
            await load_in_force(session, "task-deadline", today, TaskDeadline),
            await load_in_force(session, "case-merge", today, CaseMerge),
        )

    def deadline(self, area_code: AreaCode, day: date, alert: Raised) -> Deadline:
        """When the check is due; counted from the report, so that reading the log again gives the same day."""
        body, policy_id = self.deadlines.get(area_code, day)
        return Deadline(body.span(alert.feed, alert.severity).after(alert.reported_at), policy_id)

    def window(self, area_code: AreaCode, day: date) -> tuple[Span, UUID]:
        """How long after its last evidence a case takes in further alerts, and the policy version that says so."""
        body, policy_id = self.merges.get(area_code, day)
        return body.window, policy_id
