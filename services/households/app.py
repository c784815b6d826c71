"""Wires the households service: settings → database → gate → routes → consumers → relay and sweeps."""

from datetime import datetime
from pathlib import Path

from fastapi import FastAPI

from services.households.api import ROUTERS
from services.households.consumers import HANDLERS
from services.households.settings import HouseholdsSettings
from services.households.usecases import escalation
from shared import housekeeping
from shared.areas import Scope
from shared.bus.port import Bus
from shared.clock import utc_now
from shared.db.engine import Database
from shared.http.app import Parts, every, service_app
from shared.inbox import Inbox
from shared.messages import Catalogue
from shared.security.gate import ServiceGate
from shared.security.tokens import FindKey, TokenVerifier
from shared.security.vault import Vault

NAME = "households"
_CLEAN_SECONDS = 3600.0


def create_app(settings: HouseholdsSettings, bus: Bus, find_key: FindKey) -> FastAPI:
    """The households service's app."""
    database = Database(settings.database, NAME, row_security=True)
    return service_app(
        Parts(
            name=NAME,
            title="农户 Households",
            description="农户档案、风险个案、核查任务与走访 · Register, cases, tasks and visits.",
            routers=ROUTERS,
            database=database,
            bus=bus,
            gate=ServiceGate(TokenVerifier(settings.token, find_key)),
            catalogue=Catalogue(Path(__file__).parent),
            vault=Vault(settings.vault),
            inbox=Inbox(database, HANDLERS, attempts=settings.inbox_attempts),
            jobs=[
                every(settings.sweep_seconds, "deadlines", lambda: sweep_deadlines(database, utc_now())),
                every(_CLEAN_SECONDS, "housekeeping", lambda: housekeeping.sweep(database, utc_now())),
            ],
        )
    )


async def sweep_deadlines(database: Database, now: datetime) -> None:
    """Mark what is overdue, then raise what waited too long; each batch in a transaction of its own."""
    for step in (escalation.mark_overdue, escalation.escalate):
        handled = escalation.BATCH
        while handled == escalation.BATCH:
            async with database.write(Scope.everywhere()) as session:
                handled = await step(session, now)
