"""A process that works off batches and files (`shared.worker_process`)."""

from contextlib import suppress
from datetime import timedelta

from sqlalchemy.exc import DBAPIError

from services.alerts.background import BatchWorker
from services.alerts.file_worker import FileWorker
from services.alerts.queries.reference import ReferenceData
from services.alerts.settings import AlertsSettings
from services.alerts.usecases.files import originals
from shared.db.engine import Database
from shared.files import FileStore
from shared.security.vault import Vault
from shared.worker_process import run_worker, until_parent_ends

CONNECTIONS = 6  # two listen, two work, one reads the reference data, one what the register knows


async def work(settings: AlertsSettings) -> None:
    """Work off batches and files until standard input ends."""
    database = Database(settings.database.model_copy(update={"pool_size": CONNECTIONS}), "alerts")
    vault, reference = Vault(settings.vault), ReferenceData(database)
    shelf, kept = originals(FileStore(settings.files), vault), timedelta(days=settings.files.unmatched_days)
    with suppress(OSError, DBAPIError):  # the workers wait for a database that is away
        await reference.get()  # compiles schemas and rules, for which no batch shall wait
    batches = BatchWorker(database, vault, reference, settings.live_rows)
    await until_parent_ends([batches.run(), FileWorker(database, shelf, reference, kept).run()])
    await database.stop()


if __name__ == "__main__":
    run_worker("alerts-worker", work)
