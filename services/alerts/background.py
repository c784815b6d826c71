"""What runs beside the requests: batches are worked off, old records are swept away."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from prometheus_client import Gauge

from services.alerts.models import File
from services.alerts.queries import accounting as accounting_queries
from services.alerts.queries import batches as queries
from services.alerts.queries.receipts import compare
from services.alerts.queries.reference import ReferenceData
from services.alerts.queries.verdicts import delete_old_notices
from services.alerts.queries.webhooks import delete_old_deliveries
from services.alerts.rules.accounting import COMPARED, due_tonight
from services.alerts.rules.alerts import sight
from services.alerts.rules.batches import lane_of_batch
from services.alerts.rules.silence import ContradictionKind
from services.alerts.usecases import accounting, batches, calendar, expiry, phone_codes, webhooks, zero_reports
from services.alerts.usecases.files import forget_old_files
from services.alerts.usecases.rematching import forget_expired
from shared.areas import Scope
from shared.clock import local_date, utc_now
from shared.db.engine import Database
from shared.db.listening import work_when_rung
from shared.db.outage import is_outage
from shared.db.rounds import until_none
from shared.files import FilesSettings, Shelf
from shared.files.orphans import forget_orphans
from shared.security.principals import SYSTEM
from shared.security.vault import Vault

log = logging.getLogger(__name__)

ERRORS_KEPT = timedelta(days=90)
MESSAGES_KEPT = timedelta(days=90)
NOTICES_KEPT = timedelta(days=400)
CHECKS_KEPT = timedelta(days=30)
_EVERYWHERE = Scope.everywhere()
_UNBALANCED = Gauge(
    "alerts_books_unbalanced", "Reports, batches or files of the last month of which something is lost", ["channel"]
)


@dataclass(frozen=True, slots=True)
class BatchWorker:
    """Works off batches chunk by chunk. Any number of workers, here and in other processes, share the chunks."""

    database: Database
    vault: Vault
    reference: ReferenceData
    live_rows: int  # see `AlertsSettings`

    async def run(self) -> None:
        """Work until cancelled."""
        await work_when_rung(self.database, queries.CHANNEL, "batch", lambda _: self.work_one())

    async def work_one(self) -> bool:
        """Work on the first chunk that nobody has; False when there is none."""
        chunk = None
        try:
            async with self.database.write(_EVERYWHERE) as session:
                chunk = await queries.take_chunk(session, self.live_rows)
                if chunk is not None:
                    reference = await self.reference.since(chunk.received_at)
                    lane = lane_of_batch(chunk.rows_total, self.live_rows)
                    await batches.work_chunk(session, chunk, reference, self.vault, utc_now(), lane)
        except Exception as error:
            if chunk is None or is_outage(error):
                raise
            log.error("chunk failed", extra={"batch": str(chunk.batch_id), "error": type(error).__name__})
            async with self.database.write(_EVERYWHERE) as session:
                await batches.note_failure(session, chunk.batch_id, utc_now())
        return chunk is not None


async def sweep(database: Database) -> None:
    """Delete records that were kept long enough."""
    now = utc_now()
    async with database.write(_EVERYWHERE) as session:
        await queries.delete_old_errors(session, now - ERRORS_KEPT)
        await accounting_queries.delete_old_checks(session, now - CHECKS_KEPT)
        await delete_old_deliveries(session, now - MESSAGES_KEPT)
        await delete_old_notices(session, now - NOTICES_KEPT)
        await calendar.forget_reminders(session, now)
        await phone_codes.forget(session, now)


async def seal_addresses(database: Database, vault: Vault) -> None:
    """Addresses of webhooks that an earlier version has kept in clear."""
    async with database.write(_EVERYWHERE) as session:
        await webhooks.seal_addresses(session, vault)


async def sweep_files(database: Database, shelf: Shelf, kept: FilesSettings) -> None:
    """Delete files, and rows that wait for the register, that were kept long enough."""
    now = utc_now()
    await forget_expired(database, now)
    await forget_old_files(database, shelf, timedelta(days=kept.kept_days), now)
    await forget_orphans(database, shelf, now, File.id)


async def remind(database: Database) -> None:
    """Remind of the reports that are due, or were."""
    async with database.write(_EVERYWHERE) as session:
        await calendar.remind(session, utc_now())


async def find_contradictions(database: Database) -> None:
    """Flag zero reports that an alert contradicts."""
    kinds: tuple[ContradictionKind, ...] = ("own_alert", "confirmed_elsewhere")
    for kind in kinds:
        flag = partial(zero_reports.flag_contradictions, kind=kind, now=utc_now())
        await until_none(database, flag, zero_reports.BATCH)


async def look_whether_night(database: Database, now: datetime) -> None:
    """What is done once a night: the books are compared, alerts nobody answered expire, and households is asked what it
    knows of the rest.
    """
    async with database.read(_EVERYWHERE) as session:
        last_at = await accounting_queries.last_asked_at(session)
    if due_tonight(last_at, now):
        await compare_books(database, now)
        await expire_alerts(database, now)
        await ask_accounts(database, now)


async def compare_books(database: Database, now: datetime) -> None:
    """Look for reports of the last month that got lost, and say so where operators look."""
    today = local_date(now)
    async with database.read(_EVERYWHERE) as session:
        rows = await compare(session, sight(SYSTEM), today - COMPARED, today)
    _UNBALANCED.clear()  # a channel by which nothing came for a month is in no row
    for row in rows:
        ids = [str(id_) for id_ in row["difference_ids"] or ()]
        _UNBALANCED.labels(row["channel"]).set(len(ids))
        if ids:
            told = {"channel": row["channel"], "lost": row["counted"] - row["kept"], "ids": ids}
            log.error("books do not balance", extra=told)


async def expire_alerts(database: Database, now: datetime) -> None:
    """End what is over, page by page."""
    await until_none(database, lambda session: expiry.expire_alerts(session, now), expiry.PAGE)


async def ask_accounts(database: Database, now: datetime) -> None:
    """Ask about all open alerts, page by page."""
    after, more = None, True
    while more:
        async with database.write(_EVERYWHERE) as session:
            after = await accounting.ask_account(session, now, after)
        more = after is not None
