"""Rows written for COPY are the rows that the driver would have written."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.areas import Scope
from shared.db.copying import RowFormat, copy_written, with_text
from shared.db.engine import Database, raw
from shared.ids import new_id
from shared.lanes import Lane

COLUMNS = {
    "id": "uuid",
    "name": "text",
    "sealed": "bytea",
    "born_on": "date",
    "told_at": "timestamptz",
    "lane": "smallint",
    "area": "jsonb",
    "done": "boolean",
}
FORMAT = RowFormat(list(COLUMNS.values()))
ROWS: list[tuple[Any, ...]] = [
    (
        new_id(),
        "王小明\n\t\\N",
        b"\x00\xff",
        date(1, 1, 2),
        datetime(1970, 1, 1, tzinfo=UTC),
        Lane.BULK,
        '{"a": "村"}',
        True,
    ),
    (
        new_id(),
        "",
        b"",
        date(9999, 12, 30),
        datetime(2026, 11, 27, 23, 59, 59, 999999, UTC),
        Lane.LIVE,
        "[1, null]",
        False,
    ),
    (new_id(), None, None, None, None, None, None, None),
    (new_id(), "x", b"x", date(2000, 1, 1), datetime(1999, 12, 31, 23, 59, 59, 999999, UTC), Lane.BULK, "{}", True),
]

_cells = st.tuples(
    st.uuids(),
    st.none() | st.text(),
    st.none() | st.binary(),
    st.none() | st.dates(),
    st.none() | st.datetimes(timezones=st.just(UTC)),
    st.none() | st.integers(-(2**15), 2**15 - 1),
    st.none() | st.just("{}"),
    st.none() | st.booleans(),
)


@given(st.lists(_cells, max_size=5), st.booleans())
def test_a_row_is_read_as_it_was_written(rows: list[tuple[Any, ...]], alike: bool) -> None:
    wanted = rows[:1] * 3 if alike else rows
    assert [tuple(FORMAT.read(row)) for row in FORMAT.write(wanted)] == wanted


async def test_the_database_gets_what_the_driver_would_send(database: Database) -> None:
    table = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    async with database.write(Scope.nowhere()) as session:
        connection = await raw(session)
        await connection.execute(f"CREATE TEMP TABLE by_driver ({table}, more text) ON COMMIT DROP")
        await connection.execute("CREATE TEMP TABLE by_hand (LIKE by_driver) ON COMMIT DROP")
        columns = [*COLUMNS, "more"]
        records = [(*row, "更多") for row in ROWS]
        await connection.copy_records_to_table("by_driver", records=records, columns=columns)
        await copy_written(session, "by_hand", columns, [with_text(row, "更多") for row in FORMAT.write(ROWS)])
        await copy_written(session, "by_hand", columns, [])
        assert await connection.fetch("SELECT * FROM by_hand") == await connection.fetch("SELECT * FROM by_driver")
        assert await connection.fetchval("SELECT count(*) FROM by_hand") == len(ROWS)


def test_a_moment_of_another_zone_is_the_same_moment() -> None:
    moment = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
    there = moment.astimezone(tz=None) + timedelta(0)
    [row] = RowFormat(["timestamptz"]).write([(there,)])
    assert list(RowFormat(["timestamptz"]).read(row)) == [moment]
