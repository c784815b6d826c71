"""Wires the alerts service: settings → database → gate → routes → consumers → background."""

from pathlib import Path

from fastapi import FastAPI

from services.alerts.api import ROUTERS
from services.alerts.background import make_background
from services.alerts.consumers import make_handlers
from services.alerts.queries import known
from services.alerts.queries.reference import ReferenceData
from services.alerts.settings import AlertsSettings
from shared.bus.port import Bus
from shared.db.engine import Database
from shared.db.together import Together
from shared.files import FileStore
from shared.http.app import Parts, service_app
from shared.http.documents import read_problems
from shared.inbox import Inbox
from shared.messages import Catalogue
from shared.projections.api_keys import finder
from shared.security.gate import ServiceGate
from shared.security.tokens import FindKey, TokenVerifier
from shared.security.vault import Vault

NAME = "alerts"


def create_app(settings: AlertsSettings, bus: Bus, find_key: FindKey) -> FastAPI:
    """The alerts service's app."""
    database = Database(settings.database, NAME)
    vault, reference = Vault(settings.vault), ReferenceData(database)
    return service_app(
        Parts(
            name=NAME,
            title="Alerts · 预警",
            description="Early warnings of the bureaus, single or in batches, and what became of each. · 部门预警报送与反馈",
            routers=ROUTERS,
            database=database,
            bus=bus,
            gate=ServiceGate(TokenVerifier(settings.token, find_key), finder(database)),
            catalogue=Catalogue(Path(__file__).parent),
            vault=vault,
            problems=read_problems(Path(__file__).parent),
            inbox=Inbox(database, make_handlers(vault, reference), attempts=settings.inbox_attempts),
            background=make_background(settings, database, vault, reference),
            state={
                "reference": reference,
                "register": Together(database, known.look_up),
                "webhooks": settings.webhooks,
                "files": FileStore(settings.files),
                "files_settings": settings.files,
            },
        )
    )
