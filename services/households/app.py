"""Wires the households service: settings → database → gate → routes → consumers → background."""

import asyncio
from pathlib import Path

from fastapi import FastAPI

from services.households.api import ROUTERS
from services.households.background import make_background
from services.households.consumers import HANDLERS
from services.households.settings import HouseholdsSettings
from services.households.usecases.photos import photo_shelf
from shared.bus.port import Bus
from shared.db.engine import Database
from shared.files import FilesSettings, FileStore
from shared.http.app import Parts, service_app
from shared.http.documents import read_problems
from shared.inbox import Inbox
from shared.messages import Catalogue
from shared.security.gate import ServiceGate
from shared.security.tokens import FindKey, TokenVerifier
from shared.security.vault import Vault

NAME = "households"
HERE = Path(__file__).parent
PHOTOS_AT_ONCE = 2
"""So many are unpacked at a time, for each takes memory."""


def create_app(settings: HouseholdsSettings, bus: Bus, find_key: FindKey) -> FastAPI:
    """The households service's app."""
    database = Database(settings.database, NAME, row_security=True)
    vault = Vault(settings.vault)
    photos = photo_shelf(FileStore(FilesSettings(url=settings.photos.url)), vault)
    return service_app(
        Parts(
            name=NAME,
            title="Households · 农户",
            description="Register, cases, tasks and visits. · 农户档案、风险个案、核查任务与走访",
            routers=ROUTERS,
            database=database,
            bus=bus,
            gate=ServiceGate(TokenVerifier(settings.token, find_key)),
            catalogue=Catalogue(HERE, HERE / "rules" / "quality"),
            vault=vault,
            problems=read_problems(HERE),
            inbox=Inbox(database, HANDLERS, attempts=settings.inbox_attempts),
            background=make_background(settings, database, vault, photos),
            state={
                "files": FileStore(settings.files),
                "files_settings": settings.files,
                "photos": photos,
                "photo_slots": asyncio.Semaphore(PHOTOS_AT_ONCE),
                "photos_settings": settings.photos,
            },
        )
    )
