"""What a route asks for: the service's database and vault, and the caller's language."""

from typing import Annotated

from fastapi import Depends, Request

from shared.db.engine import Database
from shared.files import FilesSettings
from shared.http import problems
from shared.messages import Catalogue, Language
from shared.security.vault import Vault


async def _database(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


async def _vault(request: Request) -> Vault:
    vault: Vault = request.app.state.vault
    return vault


async def _catalogue(request: Request) -> Catalogue:
    catalogue: Catalogue = request.app.state.catalogue
    return catalogue


async def _file_limits(request: Request) -> FilesSettings:
    limits: FilesSettings = request.app.state.files_settings
    return limits


async def _language(request: Request) -> Language:
    return problems.language(request)


Db = Annotated[Database, Depends(_database)]
Seals = Annotated[Vault, Depends(_vault)]
Texts = Annotated[Catalogue, Depends(_catalogue)]
FileLimits = Annotated[FilesSettings, Depends(_file_limits)]
Speaks = Annotated[Language, Depends(_language)]
