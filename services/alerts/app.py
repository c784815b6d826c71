"""Composition of the alerts service: settings → engine → routes → consumers → background."""

from datetime import timedelta
from functools import partial
from pathlib import Path

from fastapi import FastAPI

from services.alerts import api, background
from services.alerts.consumers import make_handlers
from services.alerts.file_worker import FileWorker
from services.alerts.queries import known
from services.alerts.queries.reference import ReferenceData
from services.alerts.settings import AlertsSettings
from services.alerts.usecases.files import originals
from services.alerts.webhook_sender import WebhookSender
from shared.bus.port import Bus
from shared.clock import utc_now
from shared.db.engine import Database
from shared.db.together import Together
from shared.files import FileStore
from shared.http.app import BackgroundWork, Parts, every, service_app
from shared.http.documents import read_problems
from shared.inbox import Inbox
from shared.messages import Catalogue
from shared.projections import api_keys
from shared.security.gate import ServiceGate
from shared.security.tokens import FindKey, TokenVerifier
from shared.security.vault import Vault
from shared.worker_process import keep_process

SWEEP_SECONDS = 3600.0
NIGHT_SECONDS = 1800.0


def create_app(settings: AlertsSettings, bus: Bus, find_key: FindKey) -> FastAPI:
    """The alerts service."""
    database = Database(settings.database, "alerts")
    vault = Vault(settings.vault)
    reference = ReferenceData(database)

    async def keep_worker_process() -> None:
        await keep_process("services.alerts.worker", settings)

    shelf = originals(FileStore(settings.files), vault)
    unmatched_kept = timedelta(days=settings.files.unmatched_days)

    async def look_whether_night() -> None:
        await background.look_whether_night(database, utc_now())

    workers: list[BackgroundWork] = [keep_worker_process] * settings.batch_processes
    if not workers:
        workers = [
            background.BatchWorker(database, vault, reference, settings.live_rows).run,
            FileWorker(database, shelf, reference, unmatched_kept).run,
        ]
    return service_app(
        Parts(
            name="alerts",
            title="Alerts · 预警",
            description="Early warnings of the bureaus, single or in batches, and what became of each. · 部门预警报送与反馈",
            routers=api.ROUTERS,
            database=database,
            bus=bus,
            gate=ServiceGate(TokenVerifier(settings.token, find_key), api_keys.finder(database)),
            catalogue=Catalogue(Path(__file__).parent),
            vault=vault,
            problems=read_problems(Path(__file__).parent),
            inbox=Inbox(database, make_handlers(vault, reference), attempts=settings.inbox_attempts),
            background=(
                *workers,
                WebhookSender(database, vault, settings.webhooks).run,
                every(SWEEP_SECONDS, "sweep", partial(background.sweep, database)),
                every(SWEEP_SECONDS, "webhook addresses", partial(background.seal_addresses, database, vault)),
                every(SWEEP_SECONDS, "sweep files", partial(background.sweep_files, database, shelf, settings.files)),
                every(NIGHT_SECONDS, "night", look_whether_night),
                every(settings.reminder_seconds, "reminders", partial(background.remind, database)),
                every(
                    settings.contradiction_seconds, "contradictions", partial(background.find_contradictions, database)
                ),
            ),
            state={
                "reference": reference,
                "register": Together(database, known.look_up),
                "webhooks": settings.webhooks,
                "files": shelf.store,
                "files_settings": settings.files,
            },
        )
    )
