"""Verdicts (核查结论), one by one after a visit, or many from a list by phone and by what is known (分诊)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from services.households import events
from services.households.models import Verdict, Visit
from services.households.queries.area_checks import ListCount, count_lists
from services.households.queries.cases import list_visits_of
from services.households.queries.tasks import TaskRow, lock_task, lock_tasks
from services.households.queries.verdicts import LiveAlert, find_live, find_verdicts
from services.households.rules import tasks, triage
from services.households.rules.area_checks import require_agrees
from services.households.rules.grading import Cause
from services.households.rules.visits import SecondVisitorMissing, needs_two
from services.households.usecases.dropouts import confirm_dropouts
from services.households.usecases.grading import regrade
from services.households.usecases.monitoring import confirm_risk
from services.households.usecases.tasks import note
from services.households.usecases.visits import VISIT_RULES
from services.households.usecases.work import ask_for_check
from shared.clock import local_date
from shared.contracts import households as contract
from shared.contracts.households import Basis
from shared.contracts.policies import Triage
from shared.contracts.visit_policies import VisitRules
from shared.db.engine import WriteSession
from shared.errors import DomainError
from shared.ids import new_id
from shared.outbox import emit
from shared.projections.policies import InForce, load_in_force
from shared.security import audit
from shared.security.principals import Principal
from shared.security.vault import Vault

REASON, CONTACT = "verdict-reason", "verdict-contact"
"""Purposes under which the texts are sealed."""
TRIAGE = "triage"


@dataclass(frozen=True, slots=True)
class Told:
    """A verdict as somebody gives it. Reason and contact name people: they are stored sealed."""

    verdict: contract.Verdict
    reason: str
    basis: Basis | None = None
    contact: str | None = None
    visit_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one verdict of many."""

    task_id: UUID
    outcome: Literal["given", "repeated", "refused"]
    refusal: DomainError | None = None


async def give_verdict(
    session: WriteSession, vault: Vault, who: Principal, task_id: UUID, told: Told, now: datetime
) -> TaskRow:
    """Say what the check found: the task is done, late or not, the case is closed, and the bureaus are told."""
    row = await lock_task(session, who.scope, task_id)
    giving = await _Giving.begin(session, vault, who, [row], now)
    await giving.give(row, told)
    await giving.regrade()
    return row


async def give_verdicts(
    session: WriteSession, vault: Vault, who: Principal, told: Sequence[tuple[UUID, Told]], now: datetime
) -> list[Outcome]:
    """Many at once: what is right with one is kept, whatever is wrong with another. The same again is a repetition."""
    rows = await lock_tasks(session, who.scope, {task_id for task_id, _ in told})
    giving = await _Giving.begin(session, vault, who, list(rows.values()), now)
    outcomes = [await _try(giving, rows.get(task_id), task_id, one) for task_id, one in told]
    await giving.regrade()
    return outcomes


async def _try(giving: "_Giving", row: TaskRow | None, task_id: UUID, told: Told) -> Outcome:
    try:
        if row is None:
            raise tasks.TaskNotFound(field="task_id")
        if giving.is_repetition(row, told):
            return Outcome(task_id, "repeated")
        async with giving.session.begin_nested():
            await giving.give(row, told)
    except DomainError as refusal:
        return Outcome(task_id, "refused", refusal)
    return Outcome(task_id, "given")


@dataclass(slots=True)
class _Giving:
    """What is known of the tasks that verdicts are given on, loaded once for all of them."""

    session: WriteSession
    vault: Vault
    who: Principal
    now: datetime
    triage: InForce[Triage]
    visit_rules: InForce[VisitRules]
    visits: dict[UUID, list[Visit]]  # by case, oldest first
    alerts: dict[UUID, list[LiveAlert]]  # by case
    lists: dict[UUID, ListCount]  # by task, of those that have a list
    given: dict[UUID, Verdict] = field(default_factory=dict)  # by task
    closed: dict[Cause, set[UUID]] = field(default_factory=lambda: {"correction": set(), "fact": set()})

    @classmethod
    async def begin(
        cls, session: WriteSession, vault: Vault, who: Principal, rows: Sequence[TaskRow], now: datetime
    ) -> "_Giving":
        """Load it for locked tasks."""
        cases = {row.case.id for row in rows}
        return cls(
            session,
            vault,
            who,
            now,
            await load_in_force(session, TRIAGE, local_date(now), Triage),
            await load_in_force(session, VISIT_RULES, local_date(now), VisitRules),
            await list_visits_of(session, who.scope, cases),
            await find_live(session, who.scope, cases),
            await count_lists(session, who.scope, {row.task.id for row in rows if row.case.area_alert_id}),
            await find_verdicts(session, {row.task.id for row in rows if row.task.state == "done"}),
        )

    def is_repetition(self, row: TaskRow, told: Told) -> bool:
        """Whether the same person gave the same verdict on the task before."""
        given = self.given.get(row.task.id)
        if given is None or (given.given_by, given.verdict) != (self.who.id, told.verdict):
            return False
        return (
            told.basis in (None, given.basis) and self.vault.open(given.reason_sealed, REASON).decode() == told.reason
        )

    async def give(self, row: TaskRow, told: Told) -> None:
        """Give one. All that can be wrong with it is found before anything is written."""
        session, task, case = self.session, row.task, row.case
        tasks.require_check(task.dropout_case_id)
        tasks.require_active(task.state)
        listed = self.lists.get(task.id)
        require_agrees(told.verdict, listed.at_risk if listed else 0)
        visit = self._visit(row, told)
        basis = triage.basis_of(told.basis, visited=visit is not None)
        given = Verdict(
            id=new_id(),
            case_id=case.id,
            task_id=task.id,
            visit_id=visit.id if visit else None,
            verdict=told.verdict,
            basis=basis,
            policy_id=self._triage(row, told, basis),
            visit_policy_id=self._two_people(row, told, visit),
            reason_sealed=self.vault.seal(told.reason.encode(), REASON),
            contact_sealed=self.vault.seal(told.contact.encode(), CONTACT) if told.contact else None,
            given_by=self.who.id,
            given_at=self.now,
            checked=listed and listed.checked,
            at_risk=listed and listed.at_risk,
        )
        session.add(given)
        task.state, task.closed_at, task.assignee_id = "done", self.now, task.assignee_id or self.who.id
        task.version += 1
        case.state, case.closed_at, case.verdict = "closed", self.now, told.verdict
        note(session, task, "done", self.who.id, self.now, {"verdict": told.verdict, "basis": basis})
        await self._tell(row, given, visit)
        if told.verdict == "risk_confirmed":
            await confirm_risk(session, self.vault, self.who, case, self.now)
            await confirm_dropouts(session, self.vault, self.who, case, self.now)
            await ask_for_check(session, case, self.now)
        self.given[task.id] = given
        if case.household_id is not None:
            self.closed["correction" if told.verdict in ("wrong_person", "duplicate") else "fact"].add(
                case.household_id
            )

    async def regrade(self) -> None:
        """The households' grades, by what is known of them now. An alert that was none is a corrected record."""
        for cause, households in self.closed.items():
            await regrade(self.session, households, self.now, cause=cause, by=self.who.id)

    async def _tell(self, row: TaskRow, given: Verdict, visit: Visit | None) -> None:
        task, case = row.task, row.case
        alert_ids = list(dict.fromkeys(one.alert_id for one in self.alerts.get(case.id, [])))
        await emit(
            self.session,
            events.task_closed(task.id, case.id, case.subject_key, "done", due_at=task.due_at, now=self.now),
            events.verdict_given(given, case, alert_ids, visit.visited_at if visit else None),
        )
        await audit.record(
            self.session,
            self.who,
            "verdict:give",
            task.id,
            area_code=task.area_code,
            verdict=given.verdict,
            basis=given.basis,
        )

    def _visit(self, row: TaskRow, told: Told) -> Visit | None:
        """The visit the verdict rests on: the one named, else the case's last one, if any and unless it rests on other."""
        visits = self.visits.get(row.case.id, [])
        if told.visit_id is None:
            return visits[-1] if visits and told.basis in (None, "visit") else None
        for visit in visits:
            if visit.id == told.visit_id:
                return visit
        raise tasks.VisitUnknown(field="visit_id")

    def _triage(self, row: TaskRow, told: Told, basis: Basis) -> UUID | None:
        """The version of the policy by which no visit is needed, where there was none."""
        if basis == "visit":
            return None
        policy, policy_id = self.triage.find(row.case.area_code)
        alerted = [one.alerted for one in self.alerts.get(row.case.id, [])]
        triage.require_visit_where_needed(policy, alerted, told.verdict)
        return policy_id

    def _two_people(self, row: TaskRow, told: Told, visit: Visit | None) -> UUID | None:
        """The version of the policy by which two people had to be there, and were. Raises `SecondVisitorMissing`."""
        policy, policy_id = self.visit_rules.find(row.case.area_code)
        alerted = [one.alerted for one in self.alerts.get(row.case.id, [])]
        grade = row.household.grade if row.household else None
        if not needs_two(policy, alerted, verdict=told.verdict, grade=grade):
            return None
        if visit is None or visit.second_by is None:
            raise SecondVisitorMissing(field="visit_id")
        return policy_id
