"""Wires the households service: settings → database → gate → routes → consumers → jobs."""

from pathlib import Path

from fastapi import FastAPI

from services.households.api import ROUTERS
from services.households.consumers import HANDLERS
from services.households.jobs import IncomeSweep, sweep_deadlines, sweep_imports
from services.households.list_worker import ListWorker
from services.households.settings import HouseholdsSettings
from services.households.usecases.register_imports import Shelf
from shared.bus.port import Bus
from shared.clock import utc_now
from shared.db.engine import Database
from shared.files import FileStore
from shared.http.app import Parts, every, service_app
from shared.inbox import Inbox
from shared.messages import Catalogue
from shared.security.gate import ServiceGate
from shared.security.tokens import FindKey, TokenVerifier
from shared.security.vault import Vault

NAME = "households"
IMPORT_SWEEP_SECONDS = 3600.0


def create_app(settings: HouseholdsSettings, bus: Bus, find_key: FindKey) -> FastAPI:
    """The households service's app."""
    database = Database(settings.database, NAME, row_security=True)
    vault = Vault(settings.vault)
    shelf = Shelf(FileStore(settings.files), vault)

    async def forget_imports() -> None:
        await sweep_imports(database, shelf, settings.files, utc_now())

    income = IncomeSweep(database)
    return service_app(
        Parts(
            name=NAME,
            title="Households · 农户",
            description="Register, cases, tasks and visits. · 农户档案、风险个案、核查任务与走访",
            routers=ROUTERS,
            database=database,
            bus=bus,
            gate=ServiceGate(TokenVerifier(settings.token, find_key)),
            catalogue=Catalogue(Path(__file__).parent),
            vault=vault,
            inbox=Inbox(database, HANDLERS, attempts=settings.inbox_attempts),
            jobs=[
                every(settings.sweep_seconds, "deadlines", lambda: sweep_deadlines(database, utc_now())),
                every(IMPORT_SWEEP_SECONDS, "imports", forget_imports),
                every(settings.income_sweep_seconds, "income", lambda: income.run(utc_now())),
                ListWorker(database, shelf).run,
            ],
            state={"files": shelf.store, "files_settings": settings.files},
        )
    )
