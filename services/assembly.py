"""Which services there are and how each is made: the one place that knows them all."""

from collections.abc import Callable
from pathlib import Path

from fastapi import FastAPI

from services.alerts.app import create_app as create_alerts
from services.alerts.settings import AlertsSettings
from services.directory import usecases as directory
from services.directory.app import create_app as create_directory
from services.directory.settings import DirectorySettings
from services.households.app import create_app as create_households
from services.households.settings import HouseholdsSettings
from services.jobs.app import create_app as create_jobs
from services.jobs.settings import JobsSettings
from shared.areas import Scope
from shared.clock import utc_now
from shared.db.engine import Database
from shared.private_files import write_private
from shared.settings import ServiceSettings

SETTINGS: dict[str, type[ServiceSettings]] = {
    "directory": DirectorySettings,
    "alerts": AlertsSettings,
    "households": HouseholdsSettings,
    "jobs": JobsSettings,
}
CREATE_APP: dict[str, Callable[..., FastAPI]] = {
    "directory": create_directory,
    "alerts": create_alerts,
    "households": create_households,
    "jobs": create_jobs,
}


async def bootstrap(database: Database, username: str, admin_file: Path) -> None:
    """Publish the default policies and make the first administrator, whose password goes into `admin_file`.

    May be repeated: what is there already stays as it is.
    """
    async with database.write(Scope.everywhere()) as session:
        await directory.install_defaults(session, utc_now())
        password = await directory.ensure_admin(session, username, None, utc_now())
        if password is not None:
            # Inside the transaction: an administrator whose password nobody has would lock everybody out.
            write_private(admin_file, {"username": username, "password": password})
