"""Wires the households service: settings → database → gate → routes → consumers → background."""

import asyncio
from pathlib import Path

from fastapi import FastAPI

from services.households.api import ROUTERS
from services.households.background import (
    QUALITY_SECONDS,
    IncomeSweep,
    audit_county,
    end_what_is_over,
    grade_by_night,
    grade_waiting,
    look_for_pretence,
    sweep_deadlines,
    sweep_imports,
    sweep_photos,
    tell_who_came_of_age,
)
from services.households.consumers import HANDLERS
from services.households.list_worker import ListWorker
from services.households.settings import HouseholdsSettings
from services.households.usecases.photos import photo_shelf
from services.households.usecases.register_imports import workbooks
from shared.bus.port import Bus
from shared.clock import utc_now
from shared.db.engine import Database
from shared.files import FilesSettings, FileStore
from shared.http.app import Parts, every, service_app
from shared.http.documents import read_problems
from shared.inbox import Inbox
from shared.messages import Catalogue
from shared.security.gate import ServiceGate
from shared.security.tokens import FindKey, TokenVerifier
from shared.security.vault import Vault
from shared.worker_process import keep_process

NAME = "households"
HERE = Path(__file__).parent
IMPORT_SWEEP_SECONDS = 3600.0
NIGHT_SECONDS = 6 * 3600.0
PHOTOS_AT_ONCE = 2
"""So many are unpacked at a time, for each takes memory."""


def create_app(settings: HouseholdsSettings, bus: Bus, find_key: FindKey) -> FastAPI:
    """The households service's app."""
    database = Database(settings.database, NAME, row_security=True)
    vault, income = Vault(settings.vault), IncomeSweep(database)
    photos = photo_shelf(FileStore(FilesSettings(url=settings.photos.url)), vault)
    shelf = workbooks(FileStore(settings.files), vault)

    async def forget_imports() -> None:
        await sweep_imports(database, shelf, settings.files, utc_now())

    async def keep_list_process() -> None:
        await keep_process("services.households.worker", settings)

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
            background=[
                every(settings.sweep_seconds, "deadlines", lambda: sweep_deadlines(database, utc_now())),
                every(settings.sweep_seconds, "endings", lambda: end_what_is_over(database, vault, utc_now())),
                every(settings.grade_seconds, "grades", lambda: grade_waiting(database, utc_now())),
                every(settings.sweep_seconds, "grading by night", lambda: grade_by_night(database, utc_now)),
                every(settings.income_sweep_seconds, "income", lambda: income.run(utc_now())),
                every(
                    QUALITY_SECONDS,
                    "quality",
                    lambda: audit_county(database, vault, settings.quality_hour, utc_now()),
                ),
                every(NIGHT_SECONDS, "pretence", lambda: look_for_pretence(database, utc_now())),
                every(
                    NIGHT_SECONDS,
                    "photos",
                    lambda: sweep_photos(database, photos, settings.photos.kept_days, utc_now()),
                ),
                every(IMPORT_SWEEP_SECONDS, "imports", forget_imports),
                every(NIGHT_SECONDS, "labour", lambda: tell_who_came_of_age(database, vault, utc_now())),
                keep_list_process if settings.list_process else ListWorker(database, shelf).run,
            ],
            state={
                "files": shelf.store,
                "files_settings": settings.files,
                "photos": photos,
                "photo_slots": asyncio.Semaphore(PHOTOS_AT_ONCE),
                "photos_settings": settings.photos,
            },
        )
    )
