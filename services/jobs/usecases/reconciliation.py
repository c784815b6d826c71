"""Exports of others are taken in, compared with the ledger, and forgotten (`usecases.reconciliation_work` compares)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from services.jobs.models import Reconciliation
from services.jobs.queries import reconciliation as queries
from services.jobs.queries import reconciliation_work as work
from services.jobs.rules.reconciliation import ReconciliationNotFound
from services.jobs.usecases.post_rules import require_keeper
from shared.areas import Scope
from shared.attempts import lock_row
from shared.clock import local_date
from shared.contracts.jobs_reconcile_policies import ExportSource, LedgerComparison
from shared.db.engine import Database, ReadSession, WriteSession
from shared.db.rounds import until_none
from shared.files import FileStore, Shelf, though_refused
from shared.projections import policies
from shared.security import audit
from shared.security.principals import Principal, Role
from shared.security.vault import Vault

CONTENT, NAMES = "reconciliation-file", "reconciliation-files"
FOLDER = "reconciliations/"
POLICY = "ledger-comparison"
_EVERYWHERE = Scope.everywhere()


def exports(store: FileStore, vault: Vault) -> Shelf:
    """Where the exports lie, by the comparison's id and their number in the set."""
    return Shelf(store, vault, FOLDER, CONTENT)


@dataclass(frozen=True, slots=True)
class ArrivedExport:
    """All files of an upload: they lie sealed in the store, whole, and their heads were read."""

    id: UUID
    source: ExportSource
    month: date
    area_code: str
    files: Sequence[tuple[str, int]]  # names and bytes
    rows_estimate: int | None


async def get_comparison(session: ReadSession, area_code: str, now: datetime) -> tuple[LedgerComparison, UUID]:
    """The policy by which an area's ledger is compared. Raises `PolicyMissing`."""
    return await policies.in_force(session, POLICY, area_code, local_date(now), LedgerComparison)


async def require_sender(session: ReadSession, who: Principal, area_code: str, now: datetime) -> None:
    """Of bureaus those alone that have to do with work. Raises `BureauKeepsNoPosts`, `PolicyMissing`."""
    if who.role is Role.BUREAU:
        await require_keeper(session, who, area_code, now)


async def get_watched(session: ReadSession, who: Principal, run_id: UUID) -> Reconciliation:
    """A comparison that concerns the asker; a bureau's are those it sent. Raises `ReconciliationNotFound`."""
    run = await queries.get_run(session, who.scope, run_id)
    if who.role is Role.BUREAU and run.sent_by != who.id:
        raise ReconciliationNotFound
    return run


async def accept_export(
    session: WriteSession, vault: Vault, who: Principal, arrived: ArrivedExport, now: datetime
) -> Reconciliation:
    """Keep an export to be compared."""
    size = sum(size for _, size in arrived.files)
    names: dict[str, Any] = {"files": [{"name": name, "size": size} for name, size in arrived.files]}
    run = Reconciliation(
        id=arrived.id,
        source=arrived.source,
        month=arrived.month,
        area_code=arrived.area_code,
        state="queued",
        files_sealed=vault.seal_json(names, NAMES),
        size=size,
        sent_by=who.id,
        rows_estimate=arrived.rows_estimate,
        rows_read=0,
        people_compared=0,
        attempts=0,
        received_at=now,
    )
    await queries.insert_run(session, run)
    told = {"source": run.source, "month": run.month.isoformat(), "files": len(arrived.files), "size": size}
    await audit.record(session, who, "reconciliation:send", run.id, area_code=run.area_code, **told)
    return run


def files_of(run: Reconciliation, vault: Vault) -> list[dict[str, Any]]:
    """Names and sizes of a set's files, in their order."""
    files: list[dict[str, Any]] = vault.open_json(run.files_sealed, NAMES)["files"]
    return files


async def forget_files(database: Database, shelf: Shelf, now: datetime) -> int:
    """Delete the files of comparisons that are over; what was found stays. How many."""
    async with database.read(_EVERYWHERE) as session:
        over = await queries.list_read(session, 100)
    for run in over:
        with though_refused():
            await shelf.delete_set(run.id, len(files_of(run, shelf.vault)))
            async with database.write(_EVERYWHERE) as session:
                (await lock_row(session, Reconciliation, run.id)).files_deleted_at = now
    return len(over)


async def forget_old_runs(database: Database, now: datetime) -> int:
    """Delete the rows of comparisons that were kept as long as the policy of their area says, if one does. How many."""
    async with database.read(_EVERYWHERE) as session:
        versions = (await policies.load(session, POLICY)).versions
        kept = min((LedgerComparison.model_validate(one.body).kept_days for one in versions), default=None)
        outworn = await queries.list_outworn(session, now - timedelta(days=kept), 100) if kept else []
        in_force = await policies.load_in_force(session, POLICY, local_date(now), LedgerComparison)
    forgotten = 0
    for run in outworn:
        comparison, _ = in_force.find(run.area_code)
        if comparison is not None and run.received_at < now - timedelta(days=comparison.kept_days):
            await forget_rows(database, run.id)
            async with database.write(_EVERYWHERE) as session:
                (await lock_row(session, Reconciliation, run.id)).deleted_at = now
            forgotten += 1
    return forgotten


async def forget_rows(database: Database, run_id: UUID) -> None:
    """Delete what a comparison found, part by part."""
    await until_none(database, lambda session: work.forget_some_rows(session, run_id))
