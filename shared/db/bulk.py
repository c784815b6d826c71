"""Many rows at once: COPY into a temporary table, then one `INSERT ... ON CONFLICT` from it."""

from collections.abc import Iterable, Sequence
from typing import Any

from shared.db.engine import WriteSession, raw


async def stage(session: WriteSession, like: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """COPY `rows` into a new temporary table with `columns` of table `like`; returns its name.

    The table goes when the transaction ends. Creating it first also keeps the COPY inside the transaction.
    `like` and `columns` are names from our own code, never input.
    """
    connection = await raw(session)
    name = f"staged_{like}"
    await connection.execute(f"DROP TABLE IF EXISTS {name}")
    await connection.execute(
        f"CREATE TEMP TABLE {name} ON COMMIT DROP AS SELECT {', '.join(columns)} FROM {like} WITH NO DATA"  # noqa: S608
    )
    await connection.copy_records_to_table(name, records=rows, columns=list(columns))
    return name


async def copy_rows(session: WriteSession, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """COPY `rows` straight into `table`, inside the session's transaction; no row may conflict."""
    connection = await raw(session)
    await connection.copy_records_to_table(table, records=rows, columns=list(columns))
