"""What a route asks for: the service's database, vault and files, and the caller's language."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import Depends, Request

from shared.db.engine import Database
from shared.files import FilesSettings, FileStore
from shared.http import problems
from shared.messages import Catalogue, Language
from shared.security.vault import Vault


def of_app(name: str) -> Callable[[Request], Awaitable[Any]]:
    """For `Depends`: what the app's state holds under that name (`Parts.state`)."""

    async def held(request: Request) -> Any:
        return getattr(request.app.state, name)

    return held


async def _language(request: Request) -> Language:
    return problems.language(request)


Db = Annotated[Database, Depends(of_app("database"))]
Seals = Annotated[Vault, Depends(of_app("vault"))]
Texts = Annotated[Catalogue, Depends(of_app("catalogue"))]
Store = Annotated[FileStore, Depends(of_app("files"))]
FileLimits = Annotated[FilesSettings, Depends(of_app("files_settings"))]
Speaks = Annotated[Language, Depends(_language)]
