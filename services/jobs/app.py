"""Wires the jobs service: settings → database → gate → routes → consumers → background."""

from pathlib import Path

from fastapi import FastAPI

from services.jobs.api import ROUTERS
from services.jobs.background import make_background
from services.jobs.codes import LISTS
from services.jobs.consumers import make_handlers
from services.jobs.settings import JobsSettings
from shared.bus.port import Bus
from shared.db.engine import Database
from shared.files import FileStore
from shared.http.app import Parts, service_app
from shared.http.documents import read_problems
from shared.inbox import Inbox
from shared.messages import Catalogue
from shared.security.gate import ServiceGate
from shared.security.tokens import FindKey, TokenVerifier
from shared.security.vault import Vault

NAME = "jobs"


def create_app(settings: JobsSettings, bus: Bus, find_key: FindKey) -> FastAPI:
    """The jobs service's app."""
    database = Database(settings.database, NAME, row_security=True)
    vault = Vault(settings.vault)
    return service_app(
        Parts(
            name=NAME,
            title="Jobs · 就业",
            description="Labour ledger, posts, matching, placements, training. · 务工台账、岗位、匹配、安置与培训",
            routers=ROUTERS,
            database=database,
            bus=bus,
            gate=ServiceGate(TokenVerifier(settings.token, find_key)),
            catalogue=Catalogue(Path(__file__).parent, lists=[LISTS["exclusion"].texts]),
            vault=vault,
            problems=read_problems(Path(__file__).parent),
            inbox=Inbox(database, make_handlers(vault), attempts=settings.inbox_attempts),
            background=make_background(settings, database, vault),
            state={"files": FileStore(settings.files), "files_settings": settings.files},
        )
    )
