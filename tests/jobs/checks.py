"""Exports as other systems make them; and the road from an upload to what was found."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import httpx
import xlsxwriter

from services.jobs.background import sweep_corrections
from services.jobs.reconciliation_worker import ReconciliationWorker
from services.jobs.usecases.reconciliation import exports
from shared.clock import utc_now
from tests.jobs.conftest import COUNTY, Jobs, id_number
from tests.jobs.test_ledger import OUT, THIS, put

HR = (
    "姓名",
    "身份证号码",
    "乡镇（街道）",
    "村（社区）",
    "就业状态",
    "就业地",
    "就业单位",
    "月收入（元）",
    "就业渠道",
    "就业时间",
)
NATIONAL = (
    *("姓名", "证件号码", "行政村（社区）", "是否已务工", "务工所在省（区、市）", "务工所在县", "务工企业名称"),
    *("所属行业", "务工月收入", "就业渠道", "是否点对点输送", "务工开始时间", "务工结束时间"),
)
Line = Mapping[str, Any]


def hr(number: int, **more: Any) -> Line:
    """A line of the human-resources export that agrees with the ledger's `OUT`; `more` by heading."""
    agreed = {
        "姓名": "张三",
        "身份证号码": str(id_number(number)),
        "村（社区）": "松林村",
        "就业状态": "在岗",
        "就业地": OUT["work_area"],
        "就业单位": OUT["employer"],
        "月收入（元）": OUT["wage"],
        "就业渠道": "亲友介绍",
        "就业时间": OUT["started_on"],
    }
    return {**agreed, **more}


def table(lines: Sequence[Line], headings: Sequence[str] = HR) -> bytes:
    """As CSV."""
    text = io.StringIO()
    writer = csv.DictWriter(text, headings)
    writer.writeheader()
    writer.writerows(lines)
    return text.getvalue().encode("gb18030")


def workbook(lines: Sequence[Line], headings: Sequence[str], title: str) -> bytes:
    """As XLSX, with a title over the headings."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.merge_range(0, 0, 0, len(headings) - 1, title)
        sheet.write_row(1, 0, headings)
        for at, line in enumerate(lines, 2):
            sheet.write_row(at, 0, [line.get(heading, "") for heading in headings])
    return buffer.getvalue()


async def send(
    service: Jobs, *files: bytes, role: str = "county", area: str = COUNTY, name: str = "export.csv", **form: Any
) -> httpx.Response:
    """Upload an export of this month by somebody of `area`, for `covers` where that is another one; the answer."""
    parts = [("file", (name, content)) for content in files]
    covers = {"area": form.pop("covers")} if "covers" in form else {}
    data = {"source": "human_resources", "month": THIS, **covers, **form}
    return await service.call("POST", "/reconciliations", role, area, data=data, files=parts)


def worker(service: Jobs) -> ReconciliationWorker:
    """The service's."""
    return ReconciliationWorker(service.database, exports(service.app.state.files, service.vault))


async def work(service: Jobs) -> None:
    """Let the worker do all there is."""
    async with service.database.engine.connect() as connection:
        driver: Any = (await connection.get_raw_connection()).driver_connection
        while await worker(service).work_one(driver):
            pass


async def compared(service: Jobs, *files: bytes, **form: Any) -> dict[str, Any]:
    """Upload, compare; the comparison as it reads then."""
    answer = await send(service, *files, **form)
    assert answer.status_code == 202, answer.text
    await work(service)
    view: dict[str, Any] = await service.get(f"/reconciliations/{answer.json()['id']}")
    assert view["state"] == "done", view
    return view


async def rows(
    service: Jobs, run: dict[str, Any], role: str = "county", area: str = COUNTY, **wanted: Any
) -> list[Any]:
    """Its people."""
    params = {"limit": 200, **wanted}
    items: list[Any] = (await service.get(f"/reconciliations/{run['id']}/rows", role, area, params=params))["items"]
    return items


async def ask(service: Jobs, run: dict[str, Any], role: str = "county", area: str = COUNTY) -> int:
    """Have villages look at it; how many tasks were opened."""
    answer = await service.post(f"/reconciliations/{run['id']}/tasks", {}, role, area)
    assert answer.status_code == 200, answer.text
    return int(answer.json()["opened"])


async def open_tasks(service: Jobs, kind: str = "correct_row", role: str = "county", area: str = COUNTY) -> list[Any]:
    """Open tasks in sight."""
    items: list[Any] = (await service.get("/tasks", role, area, params={"kind": kind, "limit": 200}))["items"]
    return items


async def swept(service: Jobs) -> None:
    """What runs beside the requests once has run."""
    await sweep_corrections(service.database, service.vault, utc_now())


async def people_out(service: Jobs, *numbers: int, **facts: Any) -> list[UUID]:
    """People of Pine whom the ledger has out, as `OUT`."""
    people = await service.people(*numbers, **facts)
    for one in people:
        await put(service, one, OUT)
    return people
