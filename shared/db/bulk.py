"""Many rows at once: COPY into a temporary table, then one `INSERT ... ON CONFLICT` from it."""

from collections.abc import Iterable, Sequence
from typing import Any

from shared.db.engine import WriteSession, raw

LINES = "string_to_array({}::text, E'\\n', '')"
"""SQL: the `text[]` that a parameter made by `as_lines` stands for."""


def as_lines(texts: Iterable[str | None]) -> str:
    """Texts as one parameter, a line each, for `LINES`. None of them may be empty or hold a line break.

    The driver looks at each element of an array in Python; of a text it looks at nothing. Where all are None the array
    is empty: `unnest` of several arrays fills up the shorter ones with nulls.
    """
    return "\n".join([text or "" for text in texts])


async def stage(
    session: WriteSession,
    like: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    selected: Sequence[str] | None = None,
) -> str:
    """COPY `rows` into a new temporary table with `columns` of table `like`; returns its name. See `make_beside`."""
    name = await make_beside(session, like, columns, selected)
    await (await raw(session)).copy_records_to_table(name, records=rows, columns=list(columns))
    return name


async def make_beside(
    session: WriteSession, like: str, columns: Sequence[str], selected: Sequence[str] | None = None
) -> str:
    """Create a temporary table with `columns` of table `like`; returns its name.

    The table goes when the transaction ends. Creating it first also keeps the COPY inside the transaction.
    `selected`: expressions in place of `columns` where some come as another type than the table's.
    `like` and `columns` are names from our own code, never input.
    """
    connection = await raw(session)
    name = f"copied_{like}"  # no table of ours is named so; and nothing but a temporary one is ever dropped
    await connection.execute(f"DROP TABLE IF EXISTS pg_temp.{name}")
    await connection.execute(
        f"CREATE TEMP TABLE {name} ON COMMIT DROP AS SELECT {', '.join(selected or columns)} FROM {like} WITH NO DATA"  # noqa: S608
    )
    return name


async def copy_rows(session: WriteSession, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """COPY `rows` straight into `table`, inside the session's transaction; no row may conflict."""
    connection = await raw(session)
    await connection.copy_records_to_table(table, records=rows, columns=list(columns))
