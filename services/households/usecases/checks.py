"""Alerts become checks (核查): a case with a task for the right desk, or more evidence for the case that is open."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypeVar
from uuid import UUID

from pydantic import BaseModel

from services.households.queries import checks as find
from services.households.queries.checks import CaseKey
from services.households.rules import checks as rules
from services.households.rules.checks import OpenCase, Residence, Subject
from services.households.usecases.opening import Deadline, Opening
from shared.areas import AreaCode
from shared.clock import local_date
from shared.contracts.alerts import AlertRaised
from shared.contracts.policies import CaseMerge, Span, TaskDeadline
from shared.db.engine import WriteSession
from shared.inbox import Received
from shared.projections import policies
from shared.projections.policies import Policies, Policy

B = TypeVar("B", bound=BaseModel)


async def open_checks(session: WriteSession, received: Sequence[Received[AlertRaised]], now: datetime) -> None:
    """Open a case and a task for each alert, or add it to the case that is open for its household and risk.

    An alert that is evidence already is passed over, so the log may be read again from its beginning. Whatever the
    size of the batch, it takes the same dozen statements.
    """
    alerts = [one.event for one in received]
    residences = await find.find_residences(
        session,
        {alert.person_key for alert in alerts if alert.person_key},
        {alert.household_key for alert in alerts if alert.household_key},
    )
    subjects = [_subject(alert, residences) for alert in alerts]
    keys = {subject.key for subject in subjects}
    await find.lock_subjects(session, keys)
    seen = await find.find_known_alerts(session, [alert.alert_id for alert in alerts])
    cases = await find.find_open_cases(session, keys)
    clocks = _Clocks(await policies.load(session, "task-deadline"), await policies.load(session, "case-merge"))

    opening = Opening(now)
    for one, subject in zip(received, subjects, strict=True):
        if one.event.alert_id not in seen:
            seen.add(one.event.alert_id)
            _take(one, subject, cases, clocks, opening)
    await opening.write(session)


def _subject(alert: AlertRaised, residences: dict[str, Residence]) -> Subject:
    residence = residences.get(alert.person_key or "") or residences.get(alert.household_key or "")
    return rules.subject_of(residence, alert.key, AreaCode(alert.area_code))


def _take(
    one: Received[AlertRaised], subject: Subject, cases: dict[CaseKey, OpenCase], clocks: "_Clocks", opening: Opening
) -> None:
    """Decide on one alert. `cases` follows, for the batch's next alert may belong to the same case."""
    alert = one.event
    case = cases.get((subject.key, alert.risk_family))
    day = local_date(alert.reported_at)
    if case is not None:
        window, policy_id = clocks.window(subject.area_code, day)
        if rules.joins(case, alert.reported_at, window):
            case.last_evidence_at = max(case.last_evidence_at, alert.reported_at)
            opening.add_evidence(one, case, policy_id)
            return
    deadline = clocks.deadline(subject.area_code, day, alert)
    cases[subject.key, alert.risk_family] = opening.open_case(one, subject, deadline)


@dataclass(slots=True)
class _Clocks:
    """The two policies a check is opened by, each version read once for the batch."""

    deadlines: Policies
    merges: Policies
    _read: dict[UUID, BaseModel] = field(default_factory=dict)

    def deadline(self, area_code: AreaCode, day: date, alert: AlertRaised) -> Deadline:
        """When the check is due; counted from the report, so that reading the log again gives the same day."""
        policy = self.deadlines.in_force(area_code, day)
        span = self._body(policy, TaskDeadline).span(alert.feed, alert.severity)
        return Deadline(span.after(alert.reported_at), policy.id)

    def window(self, area_code: AreaCode, day: date) -> tuple[Span, UUID]:
        """How long after its last evidence a case takes in further alerts, and the policy version that says so."""
        policy = self.merges.in_force(area_code, day)
        return self._body(policy, CaseMerge).window, policy.id

    def _body(self, policy: Policy, kind: type[B]) -> B:
        if policy.id not in self._read:
            self._read[policy.id] = kind.model_validate(policy.body)
        body = self._read[policy.id]
        assert isinstance(body, kind)
        return body
