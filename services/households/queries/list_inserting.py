"""Households that are new, and who is new with them, are inserted from where they were copied to."""

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

_HOUSEHOLDS, _MEMBERS = (
    f"INSERT INTO {table} ({', '.join(written)}, version, created_at, updated_at) "  # noqa: S608
    f"SELECT {cast(written)}, 1, $1, $1 FROM {{copied}}"
    for table, written in (("household", WRITTEN_OF_HOUSEHOLD), ("member", WRITTEN_OF_MEMBER))
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
            await connection.execute(_HOUSEHOLDS.format(copied=f"{households} WHERE outcome = 'added'"), now)
        if members:
            copied = await make_beside(session, "member", WRITTEN_OF_MEMBER, like(WRITTEN_OF_MEMBER))
            await copy_written(session, copied, WRITTEN_OF_MEMBER, members)
            await connection.execute(_MEMBERS.format(copied=copied), now)
