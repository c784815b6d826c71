"""What runs beside the requests. `make_background` lists all of it."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from prometheus_client import Gauge

from services.alerts.models import File
from services.alerts.queries import accounting as accounting_queries
from services.alerts.queries.batches import forget_errors
from services.alerts.queries.receipts import compare
from services.alerts.queries.reference import ReferenceData
from services.alerts.queries.verdicts import forget_notices, place_former
from services.alerts.queries.webhooks import forget_deliveries
from services.alerts.rules.accounting import COMPARED, due_tonight
from services.alerts.rules.alerts import sight
from services.alerts.rules.silence import ContradictionKind
from services.alerts.settings import AlertsSettings
from services.alerts.usecases import accounting, calendar, expiry, phone_codes, webhooks, zero_reports
from services.alerts.usecases.files import forget_old_files, originals
from services.alerts.usecases.rematching import find_missed, forget_expired
from services.alerts.webhook_sender import WebhookSender
from services.alerts.worker import make_workers
from shared.areas import Scope
from shared.clock import local_date, utc_now
from shared.db.engine import Database, WriteSession
from shared.db.rounds import each, until_none
from shared.files import FileStore, Shelf
from shared.files.orphans import forget_orphans
from shared.http.app import BackgroundWork, every
from shared.security.principals import SYSTEM
from shared.security.vault import Vault
from shared.tables.in_turn import keep_ready
from shared.worker_process import keep_process

log = logging.getLogger(__name__)

FORGET_SECONDS = 3600.0
MISSED_SECONDS = 300.0
NIGHT_SECONDS = 1800.0
"""How often is asked whether what is done once a night is due."""
ERRORS_KEPT = timedelta(days=90)
MESSAGES_KEPT = timedelta(days=90)
NOTICES_KEPT = timedelta(days=400)
CHECKS_KEPT = timedelta(days=30)
_EVERYWHERE = Scope.everywhere()
_UNBALANCED = Gauge(
    "alerts_books_unbalanced", "Reports, batches or files of the last month of which something is lost", ["channel"]
)


def make_background(
    settings: AlertsSettings, database: Database, vault: Vault, reference: ReferenceData
) -> Sequence[BackgroundWork]:
    """The work of one process, in the order in which it starts."""
    shelf = originals(FileStore(settings.files), vault)

    async def keep_worker_process() -> None:
        await keep_process("services.alerts.worker", settings)

    kept_days = settings.files.kept_days
    beside = [keep_ready, *[keep_worker_process] * settings.batch_processes] if settings.batch_processes else []
    return [
        *(beside or make_workers(settings, database, vault, reference)),
        WebhookSender(database, vault, settings.webhooks).run,
        every(FORGET_SECONDS, "old records", lambda: forget_records(database, utc_now())),
        every(FORGET_SECONDS, "restored verdicts", lambda: place_restored(database)),
        every(FORGET_SECONDS, "webhook addresses", lambda: seal_addresses(database, vault)),
        every(FORGET_SECONDS, "webhooks of nobody", lambda: close_nobodys(database, utc_now())),
        every(FORGET_SECONDS, "old files", lambda: forget_files(database, shelf, kept_days, utc_now())),
        every(MISSED_SECONDS, "missed rows", lambda: find_missed(database)),
        every(NIGHT_SECONDS, "night", lambda: look_whether_night(database, utc_now())),
        every(settings.reminder_seconds, "reminders", lambda: remind(database, utc_now())),
        every(settings.contradiction_seconds, "contradictions", lambda: find_contradictions(database, utc_now())),
    ]


async def forget_records(database: Database, now: datetime) -> None:
    """Forget records that were kept long enough."""

    async def forget(what: Callable[[WriteSession, datetime], Awaitable[object]], before: datetime) -> None:
        async with database.write(_EVERYWHERE) as session:
            await what(session, before)

    await each(
        errors=partial(forget, forget_errors, now - ERRORS_KEPT),
        checks=partial(forget, accounting_queries.forget_checks, now - CHECKS_KEPT),
        messages=partial(forget, forget_deliveries, now - MESSAGES_KEPT),
        notices=partial(forget, forget_notices, now - NOTICES_KEPT),
        reminders=partial(forget, calendar.forget_reminders, now),
        phone_codes=partial(forget, phone_codes.forget_codes, now),
    )


async def place_restored(database: Database) -> None:
    """Verdicts that were told before the database was restored; after a start, for nobody restores while it runs."""
    async with database.write(_EVERYWHERE) as session:
        await place_former(session)


async def seal_addresses(database: Database, vault: Vault) -> None:
    """Addresses of webhooks that an earlier version has kept in clear."""
    async with database.write(_EVERYWHERE) as session:
        await webhooks.seal_addresses(session, vault)


async def close_nobodys(database: Database, now: datetime) -> None:
    """Webhooks whose last key has expired, or that a closed account registered while its token was good."""
    async with database.write(_EVERYWHERE) as session:
        await webhooks.close_nobodys(session, now)


async def forget_files(database: Database, shelf: Shelf, kept_days: int, now: datetime) -> None:
    """Forget files, and rows that wait for the register, that were kept long enough."""
    await each(
        rows=lambda: forget_expired(database, now),
        files=lambda: forget_old_files(database, shelf, timedelta(days=kept_days), now),
        orphans=lambda: forget_orphans(database, shelf, now, File.id),
    )


async def remind(database: Database, now: datetime) -> None:
    """Remind of the reports that are due, or were."""
    async with database.write(_EVERYWHERE) as session:
        await calendar.remind(session, now)


async def find_contradictions(database: Database, now: datetime) -> None:
    """Flag zero reports that an alert contradicts."""
    kinds: tuple[ContradictionKind, ...] = ("own_alert", "confirmed_elsewhere")
    for kind in kinds:
        flag = partial(zero_reports.flag_contradictions, kind=kind, now=now)
        await until_none(database, flag, zero_reports.BATCH)


async def look_whether_night(database: Database, now: datetime) -> None:
    """What is done once a night: the books are compared, alerts nobody answered expire, and households is asked what it
    knows of the rest.
    """
    async with database.read(_EVERYWHERE) as session:
        last_at = await accounting_queries.last_asked_at(session)
    if due_tonight(last_at, now):
        await each(
            books=lambda: compare_books(database, now),
            expiry=lambda: expire_alerts(database, now),
            accounts=lambda: ask_accounts(database, now),
        )


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
