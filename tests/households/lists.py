"""List workbooks as the national system exports them, made for tests; and the road from an upload to what was found."""

import io
from collections.abc import Sequence
from typing import Any

import xlsxwriter

from services.households.list_worker import ListWorker
from services.households.usecases.register_imports import workbooks
from services.households.workbook_lists import LISTS
from shared.clock import local_date, utc_now
from shared.tables import open_table
from tests.households.conftest import Households, id_number

PEOPLE = [one.heading for one in LISTS["person-list"].columns]
HOUSEHOLDS = [one.heading for one in LISTS["household-list"].columns]
AREA = {
    "县（市、区、旗）": "云岫县",
    "乡（镇、街道）": "青石镇",
    "行政村（社区）": "松林村",
}
Row = dict[str, Any]


def person(code: str, number: int, name: str = "张三", relation: str = "户主", **more: Any) -> Row:
    """A row of a person list; `more` by heading."""
    plain = {
        "户编号": code,
        "姓名": name,
        "证件类型": "居民身份证",
        "证件号码": str(id_number(number)),
        "与户主关系": relation,
    }
    return {**AREA, **plain, "户类型": "脱贫户", **more}


def whole(code: str, **more: Any) -> Row:
    """A row of a household list."""
    return {**AREA, "户编号": code, "户类型": "脱贫户", **more}


def workbook(*sheets: Sequence[Row], headings: Sequence[str] = PEOPLE, title: str | None = "云岫县名单") -> bytes:
    """A workbook with a title merged over its headings, one sheet for each list of rows."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        for rows in sheets:
            sheet = book.add_worksheet()
            top = 0
            if title is not None:
                sheet.merge_range(0, 0, 0, len(headings) - 1, title)
                top = 1
            sheet.write_row(top, 0, headings)
            for at, row in enumerate(rows, top + 1):
                for place, heading in enumerate(headings):
                    if (cell := row.get(heading)) is not None:
                        (sheet.write_string if isinstance(cell, str) else sheet.write)(at, place, cell)
    return buffer.getvalue()


async def send(
    service: Households,
    *files: bytes,
    kind: str = "person-list",
    role: str = "county",
    area: str | None = None,
    **form: Any,
) -> Any:
    """Upload a set; the answer."""
    parts = [("file", (f"list-{n}.xlsx", content)) for n, content in enumerate(files)]
    where = {"area": area} if area else {}
    return await service.call("POST", "/register-imports", role, data={"kind": kind, **form}, files=parts, **where)


async def work(service: Households) -> None:
    """Let the worker do all there is."""
    worker = ListWorker(service.database, workbooks(service.app.state.files, service.vault))
    async with service.database.engine.connect() as connection:
        driver: Any = (await connection.get_raw_connection()).driver_connection
        while await worker.work_one(driver):
            pass


async def checked(service: Households, *files: bytes, role: str = "county", **form: Any) -> dict[str, Any]:
    """Upload, compare; the import as it reads then."""
    answer = await send(service, *files, role=role, **form)
    assert answer.status_code == 202, answer.text
    await work(service)
    view: dict[str, Any] = await service.get(f"/register-imports/{answer.json()['id']}", role)
    assert view["failure"] is None, view["failure"]
    return view


async def applied(service: Households, view: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Have a checked import written; the import as it reads then."""
    answer = await service.post(f"/register-imports/{view['id']}/application", {"digest": view["digest"], **more})
    assert answer.status_code == 202, answer.text
    await work(service)
    written: dict[str, Any] = await service.get(f"/register-imports/{view['id']}")
    return written


async def written(service: Households, *files: bytes, **form: Any) -> dict[str, Any]:
    """Upload, compare, write."""
    view = await applied(service, await checked(service, *files, **form))
    assert view["state"] == "applied", view
    return view


async def found(service: Households, view: dict[str, Any], outcome: str, role: str = "county") -> list[dict[str, Any]]:
    """All findings of one outcome."""
    page = await service.get(
        f"/register-imports/{view['id']}/findings", role, params={"outcome": outcome, "limit": 200}
    )
    assert page["next"] is None
    items: list[dict[str, Any]] = page["items"]
    return items


def tally(counts: dict[str, int]) -> dict[str, int]:
    """Without what is none."""
    return {name: number for name, number in counts.items() if number}


def rows_of(content: bytes, kind: str = "person-list") -> list[dict[str, Any]]:
    """An exported list by field, as an import reads it."""
    table = open_table(io.BytesIO(content), "", LISTS[kind].read, today=local_date(utc_now()))  # type: ignore[index]
    return [row for frame in table.frames() for row in frame.data.to_dicts()]
