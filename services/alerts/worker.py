"""What works off batches and files: beside the requests, or in a process of its own (`shared.worker_process`)."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

from sqlalchemy.exc import DBAPIError

from services.alerts.batch_worker import BatchWorker
from services.alerts.file_worker import FileWorker
from services.alerts.queries.reference import ReferenceData
from services.alerts.settings import AlertsSettings
from services.alerts.usecases.files import originals
from shared.db.engine import Database
from shared.files import FileStore
from shared.security.vault import Vault
from shared.worker_process import Work, run_worker, until_parent_ends

CONNECTIONS = 6  # two listen, two work, one reads the reference data, one what the register knows


def make_workers(
    settings: AlertsSettings, database: Database, vault: Vault, reference: ReferenceData
) -> Sequence[Work]:
    """Both of them. Any number of each share the work."""
    shelf, kept = originals(FileStore(settings.files), vault), timedelta(days=settings.files.unmatched_days)
    return [
        BatchWorker(database, vault, reference, settings.live_rows).run,
        FileWorker(database, shelf, reference, kept).run,
    ]


async def work(settings: AlertsSettings) -> None:
    """Work until standard input ends."""
    database = Database(settings.database.model_copy(update={"pool_size": CONNECTIONS}), "alerts")
    reference = ReferenceData(database)
    with suppress(OSError, DBAPIError):  # the workers wait for a database that is away
        await reference.get()  # compiles schemas and rules, for which no batch shall wait
    await until_parent_ends(make_workers(settings, database, Vault(settings.vault), reference))
    await database.stop()


if __name__ == "__main__":
    run_worker("alerts-worker", work)
