"""Which services there are and how each is made: the one place that knows them all.

A service is imported when it is asked for: a process that runs one of them needs no other, and the import is most of a
start.
"""

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import TypeVar

from fastapi import FastAPI

from services import SERVICES
from shared.areas import Scope
from shared.clock import utc_now
from shared.db.engine import Database
from shared.private_files import write_private
from shared.settings import ServiceSettings

T = TypeVar("T")


class _ByService(Mapping[str, T]):
    """What `find` says of each service."""

    def __init__(self, find: Callable[[str], T]) -> None:
        self._find = find

    def __getitem__(self, service: str) -> T:
        if service not in SERVICES:
            raise KeyError(service)
        return self._find(service)

    def __iter__(self) -> Iterator[str]:
        return iter(SERVICES)

    def __len__(self) -> int:
        return len(SERVICES)


def _settings(service: str) -> type[ServiceSettings]:
    found: type[ServiceSettings] = getattr(import_module(f"services.{service}.settings"), f"{service.title()}Settings")
    return found


def _create_app(service: str) -> Callable[..., FastAPI]:
    found: Callable[..., FastAPI] = import_module(f"services.{service}.app").create_app
    return found


SETTINGS: Mapping[str, type[ServiceSettings]] = _ByService(_settings)
CREATE_APP: Mapping[str, Callable[..., FastAPI]] = _ByService(_create_app)


async def bootstrap(database: Database, username: str, admin_file: Path) -> None:
    """Publish the default policies and make the first administrator, whose password goes into `admin_file`.

    May be repeated: what is there already stays as it is.
    """
    from services.directory import usecases as directory

    async with database.write(Scope.everywhere()) as session:
        await directory.install_defaults(session, utc_now())
        password = await directory.ensure_admin(session, username, None, utc_now())
        if password is not None:
            # Inside the transaction: an administrator whose password nobody has would lock everybody out.
            write_private(admin_file, {"username": username, "password": password})
