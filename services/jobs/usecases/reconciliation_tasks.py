"""Tasks by which villages look at what differs (台账更正): opened by somebody, closed by the facts."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from services.jobs.models import Reconciliation, ReconciliationRow
from services.jobs.queries import reconciliation as queries
from services.jobs.queries import reconciliation_work as work
from services.jobs.rules.comparing import statement_of
from services.jobs.rules.reconciliation import ReconciliationGone, ReconciliationNotDone, is_settled
from services.jobs.rules.tasks import TaskDraft, TaskKind
from services.jobs.usecases.ledger_statements import ROW, ledger_statement
from services.jobs.usecases.reconciliation import get_comparison
from services.jobs.usecases.tasks import open_tasks
from shared.attempts import lock_row
from shared.clock import local_date
from shared.contracts.jobs_reconcile_policies import LedgerComparison
from shared.db.engine import WriteSession
from shared.security import audit
from shared.security.principals import Principal
from shared.security.vault import Vault

PART = 500
"""Rows looked at again in one transaction."""


def require_done(run: Reconciliation) -> None:
    """Raise unless there is something to read."""
    if run.deleted_at is not None:
        raise ReconciliationGone
    if run.state != "done":
        raise ReconciliationNotDone(state=run.state)


async def ask_villages(session: WriteSession, who: Principal, run_id: UUID, now: datetime) -> int:
    """Open tasks for what differs within the asker's areas, in each village no more than the policy lets be open.

    Asked again later, the next ones get theirs. Returns how many were opened. Raises `ReconciliationNotFound`,
    `ReconciliationNotDone`, `ReconciliationGone`, `PolicyMissing`.
    """
    run = await queries.get_run(session, who.scope, run_id)
    require_done(run)
    await lock_row(session, Reconciliation, run_id)  # two who ask at once would count the same tasks
    comparison, policy_id = await get_comparison(session, run.area_code, now)
    rule, areas = comparison.corrections, who.scope.like_patterns()
    await work.join_open_tasks(session, run_id, rule.outcomes, areas)
    rows = await work.list_to_ask(session, run_id, run.source, rule.outcomes, rule.most_open_per_village, areas)
    due_on = local_date(now) + timedelta(days=rule.due_days)
    drafts = [
        TaskDraft(TaskKind.CORRECT_ROW, row["area_code"], row["id"], due_on, row["person_id"], policy_id)
        for row in rows
    ]
    opened = await open_tasks(session, drafts, now)
    await work.take_tasks(session, [row["id"] for row in rows])
    await audit.record(session, who, "reconciliation:ask", run_id, area_code=run.area_code, tasks=opened)
    return opened


async def close_overtaken(session: WriteSession, run: Reconciliation, now: datetime) -> int:
    """What earlier comparisons with the same source found is settled by this one, and tasks without a reason close."""
    await session.flush()
    tasks = await work.overtake(session, run.id, run.source, run.month, run.area_code, now)
    return len(await work.close_answered(session, tasks, now))


async def settle_corrected(session: WriteSession, vault: Vault, now: datetime) -> int:
    """Look again at what was found about rows of the ledger that have changed since, and close tasks without a reason.

    Returns how many rows were looked at: a full part means that there may be more.
    """
    found = await work.list_corrected(session, PART)
    rows = await queries.lock_rows(session, [one["id"] for one in found])
    by_month: dict[date, list[UUID]] = {}
    for row, run in rows:
        if row.person_id is not None:
            by_month.setdefault(run.month, []).append(row.person_id)
    ledger = {month: await work.find_ledger(session, month, people) for month, people in by_month.items()}
    policies: dict[str, LedgerComparison] = {}
    answered: set[UUID] = set()
    for row, run in rows:
        if run.area_code not in policies:
            policies[run.area_code], _ = await get_comparison(session, run.area_code, now)
        row.looked_at = now
        if row.person_id and _is_settled(
            vault, row, run, ledger[run.month].get(row.person_id), policies[run.area_code]
        ):
            row.settled, row.settled_at = "correction", now
            answered |= {row.task_id} if row.task_id else set()
    await session.flush()
    await work.close_answered(session, answered, now)
    return len(rows)


def _is_settled(
    vault: Vault, row: ReconciliationRow, run: Reconciliation, ledger: Any, comparison: LedgerComparison
) -> bool:
    said = vault.open_json(row.sealed, ROW) if row.sealed else {}
    theirs = statement_of(said.get("theirs", {}))
    ours = ledger_statement(ledger, vault) if ledger is not None else None
    status = ledger["status"] if ledger is not None else None
    rule = comparison.sources[run.source]
    return is_settled(row.outcome, ours, status, theirs, rule, comparison.tolerances)
