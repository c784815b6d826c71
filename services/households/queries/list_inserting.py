"""Households that are new, and who is new with them, are inserted from where they lie."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

import asyncpg

from services.households.models.imports import WRITTEN_OF_HOUSEHOLD, WRITTEN_OF_MEMBER
from services.households.queries.list_staging import cast, like
from services.households.rules.register_imports import RegisterMovedOn
from shared.db.bulk import make_beside
from shared.db.copying import copy_written
from shared.db.engine import WriteSession, raw

WRITTEN = {"household": WRITTEN_OF_HOUSEHOLD, "member": WRITTEN_OF_MEMBER}


def insert_from(source: str, table: str) -> str:
    """The statement that inserts what is new from `source`, a table with its conditions; $1 is the moment."""
    columns = WRITTEN[table]
    return (
        f"INSERT INTO {table} ({', '.join(columns)}, version, created_at, updated_at) "  # noqa: S608
        f"SELECT {cast(columns)}, 1, $1, $1 FROM {source}"
    )


@contextmanager
def nobody_quicker() -> Iterator[None]:
    """Raises `RegisterMovedOn` where what is new to a list was registered since it was compared."""
    try:
        yield
    except (asyncpg.UniqueViolationError, asyncpg.ForeignKeyViolationError) as error:
        raise RegisterMovedOn from error


async def insert_new(session: WriteSession, now: datetime, households: str | None, members: Sequence[bytes]) -> None:
    """Insert what is new. Nothing that was registered before is locked. Raises `RegisterMovedOn`.

    `households`: the table they were copied to (`list_staging.stage_rows`). `members`: rows of `WRITTEN_OF_MEMBER` as
    COPY takes them.
    """
    connection = await raw(session)
    with nobody_quicker():
        if households is not None:
            await connection.execute(insert_from(f"{households} WHERE outcome = 'added'", "household"), now)
        if members:
            copied = await make_beside(session, "member", WRITTEN_OF_MEMBER, like(WRITTEN_OF_MEMBER))
            await copy_written(session, copied, WRITTEN_OF_MEMBER, members)
            await connection.execute(insert_from(copied, "member"), now)
