"""A file of ledger rows: rehearsed row by row, then written as it was rehearsed, or not at all."""

import io
import re
import zipfile
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import xlsxwriter

from services.jobs.ledger_worker import LedgerWorker
from services.jobs.usecases import ledger_imports as usecases
from services.jobs.usecases.ledger_imports import FOLDER, forget_old_imports, ledger_files
from shared.clock import utc_now
from shared.contracts.jobs import MinorWorking, WageReported
from shared.files import Shelf
from tests.jobs.conftest import BRIDGE, COUNTY, PINE, RIVER, STONE, Jobs, account_id, id_number
from tests.jobs.test_ledger import LAST, MONTH, OUT, THIS, changed, place, put
from tests.processes import Died

HEADINGS = [
    *("证件号码", "姓名", "务工状态", "务工所在县", "务工企业名称", "所属行业", "工种", "就业类型", "务工月收入"),
    *("就业渠道", "是否点对点输送", "开始务工时间", "是否稳定", "是否要转岗", "就业服务需求"),
]
Row = dict[str, Any]


def row(number: int, born: str = "19900101", **more: Any) -> Row:
    """A row of somebody out; `more` by heading."""
    plain: Row = {
        "证件号码": str(id_number(number, born)),
        "姓名": "张三",
        "务工状态": "已务工",
        "务工所在县": "441900",
        "务工企业名称": "某五金厂",
        "所属行业": "制造业",
        "工种": "五金工",
        "就业类型": "技能型",
        "务工月收入": 5200,
        "就业渠道": "亲友介绍",
        "是否点对点输送": "否",
        "开始务工时间": OUT["started_on"],
        "是否稳定": "稳定",
        "是否要转岗": "否",
        "就业服务需求": "技能培训、岗位介绍",
    }
    return {**plain, **more}


def workbook(rows: Sequence[Row], headings: Sequence[str] = HEADINGS) -> bytes:
    """A workbook with a title over its headings."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.merge_range(0, 0, 0, len(headings) - 1, "青石镇务工台账")
        sheet.write_row(1, 0, headings)
        for at, one in enumerate(rows, 2):
            sheet.write_row(at, 0, [one.get(heading) for heading in headings])
    return buffer.getvalue()


def csv(rows: Sequence[Row], headings: Sequence[str] = HEADINGS) -> bytes:
    """The same as a spreadsheet program here saves it."""
    lines = [",".join(headings), *(",".join(str(one.get(h) or "") for h in headings) for one in rows)]
    return "\r\n".join(lines).encode("gb18030")


def cells(content: bytes, sheet: int) -> list[list[str]]:
    """The texts of a sheet, row by row."""
    xml = zipfile.ZipFile(io.BytesIO(content)).read(f"xl/worksheets/sheet{sheet}.xml").decode()
    return [re.findall(r"<t[^>]*>(.*?)</t>", line) for line in re.findall(r"<row.*?</row>", xml)]


def shelf_of(service: Jobs) -> Shelf:
    """Where the files lie."""
    return ledger_files(service.app.state.files, service.vault)


async def send(
    service: Jobs, content: bytes, month: str = THIS, role: str = "township", area: str = STONE, **fields: str
) -> httpx.Response:
    """Send a file."""
    form = {"month": month, **fields}
    return await service.call("POST", "/ledger/imports", role, area, data=form, files={"file": ("表.xlsx", content)})


async def work(service: Jobs) -> None:
    """Do all there is to do."""
    worker = LedgerWorker(service.database, shelf_of(service))
    async with service.database.engine.connect() as connection:
        driver: Any = (await connection.get_raw_connection()).driver_connection
        while await worker.work_one(driver):
            pass


async def rehearsed(service: Jobs, rows: Sequence[Row], month: str = THIS) -> Any:
    """Send rows and have them rehearsed; the import."""
    answer = await send(service, workbook(rows), month)
    assert answer.status_code == 202, answer.text
    await work(service)
    return await service.get(f"/ledger/imports/{answer.json()['id']}", "township", STONE)


async def apply(service: Jobs, made: Any) -> Any:
    """Have it written; the import after it."""
    answer = await service.post(
        f"/ledger/imports/{made['id']}/application", {"digest": made["digest"]}, "township", STONE
    )
    assert answer.status_code == 202, answer.text
    await work(service)
    return await service.get(f"/ledger/imports/{made['id']}", "township", STONE)


async def count(service: Jobs) -> int:
    found: int = (await service.sql("SELECT count(*) FROM labour_row"))[0][0]
    return found


def outcomes(made: Any) -> dict[str, int]:
    return {name: n for name, n in made["counts"].items() if n}


@pytest.mark.parametrize("make", [workbook, csv], ids=["xlsx", "csv"])
async def test_a_file_is_rehearsed_then_written(service: Jobs, make: Any) -> None:
    people = await service.people(1, 2)
    answer = await send(service, make([row(1), row(2, 务工月收入=6300)]))
    await work(service)
    made = await service.get(f"/ledger/imports/{answer.json()['id']}", "township", STONE)
    assert (made["state"], outcomes(made), made["name"]) == ("checked", {"made": 2}, "表.xlsx")
    assert await count(service) == 0
    assert await service.told(WageReported) == []
    done = await apply(service, made)
    assert (done["state"], outcomes(done), done["failure"]) == ("applied", {"made": 2}, None)
    view = (await service.get(place(people[1]), "village", PINE))["row"]
    assert (view["wage"], view["source"]["code"], view["employer"]) == ("6300.00", "file", "某五金厂")
    assert [one["code"] for one in view["services"]] == ["training", "referral"]
    assert {str(one.wage) for one in await service.told(WageReported)} == {"5200.0", "6300.0"}
    history = await service.get(f"{place(people[0])}/history", "village", PINE)
    assert [(one["what"]["code"], one["source"]["code"]) for one in history] == [("made", "file")]


async def test_each_row_says_what_is_wrong_with_it(service: Jobs) -> None:
    await service.people(1, 2, 3, 4, 5)
    await service.people(7, area_code=BRIDGE)
    made = await rehearsed(
        service,
        [
            row(1),
            row(2, 务工所在县="440000"),
            row(3, 工种="未知工种", 务工月收入=-1),
            row(4, 务工月收入=35000),
            row(1, 务工月收入=9999),
            row(6),
            row(7),
            {**row(5), "证件号码": "539921199001010055"},
        ],
    )
    assert outcomes(made) == {"made": 2, "refused": 6}
    answer = await service.call("GET", f"/ledger/imports/{made['id']}/result", "township", STONE)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert cells(answer.content, 1)[1] == ["2", "0", "0", "0", "6"]
    found = {(line[1], line[3], line[2]) for line in cells(answer.content, 2)[1:]}
    refused, remark = "不予登记", "已登记，请核对"
    assert found == {
        ("4", "work_area", refused),
        ("5", "trade", refused),
        ("5", "wage", refused),
        ("6", "wage", remark),
        ("7", "id_number", refused),  # the first person again
        ("8", "id_number", refused),  # nobody has that number
        ("9", "id_number", refused),  # lives in another township
        ("10", "id_number", refused),  # a wrong check digit
    }
    done = await apply(service, made)
    assert (done["state"], await count(service)) == ("applied", 2)


async def test_so_many_mistakes_are_told_and_no_more(service: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usecases, "MOST_TOLD", 3)
    made = await rehearsed(service, [row(number, 工种="未知", 务工月收入=-1) for number in range(1, 5)])
    assert outcomes(made) == {"refused": 4}
    answer = await service.call("GET", f"/ledger/imports/{made['id']}/result", "township", STONE)
    *told, last = cells(answer.content, 2)[1:]
    assert [line[1] for line in told] == ["3", "3", "4"]
    assert "另有5处" in last[-1]


async def test_a_file_that_ends_its_process_is_given_up(service: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = await send(service, workbook([row(1)]))

    async def ends(self: Any) -> None:
        raise Died

    monkeypatch.setattr(usecases.ImportRun, "rehearse", ends)
    for _ in range(3):
        with pytest.raises(Died):
            await work(service)
    await work(service)
    view = await service.get(f"/ledger/imports/{answer.json()['id']}", "township", STONE)
    assert (view["state"], view["failure"]["code"]) == ("failed", "ledger-import-broken")


async def test_a_month_that_has_closed_is_kept_with_its_field(service: Jobs) -> None:
    await service.people(1)
    answer = await send(service, workbook([row(1)]))
    await service.sql("UPDATE ledger_import SET month = '2016-01-01'")
    await work(service)
    view = await service.get(f"/ledger/imports/{answer.json()['id']}", "township", STONE)
    assert (view["state"], view["failure"]["code"]) == ("failed", "ledger-month-closed")
    assert await service.sql("SELECT failure ->> 'field' FROM ledger_import") == [("month",)]


async def test_a_blank_cell_leaves_what_was(service: Jobs) -> None:
    """The national export has no stability, no trade; what the row says of them stays, carried from last month or not."""
    [person] = await service.people(1)
    await put(service, person, OUT, LAST)
    await service.sql("DELETE FROM labour_row WHERE month = :month", month=MONTH)
    few = ["证件号码", "务工月收入"]
    answer = await send(service, workbook([row(1, 务工月收入=6000)], few))
    await work(service)
    made = await service.get(f"/ledger/imports/{answer.json()['id']}", "township", STONE)
    assert outcomes(made) == {"changed": 1}
    await apply(service, made)
    view = (await service.get(place(person), "village", PINE))["row"]
    assert (view["wage"], view["employer"], view["stability"]["code"]) == ("6000.00", "某五金厂", "stable")
    assert view["confirmed_on"] is not None


async def test_nothing_is_written_when_a_row_moved_on(service: Jobs) -> None:
    one, _ = await service.people(1, 2)
    made = await rehearsed(service, [row(1), row(2)])
    await put(service, one, changed(wage="4000"))
    moved = await apply(service, made)
    assert (moved["state"], moved["failure"]["code"]) == ("checked", "ledger-import-moved-on")
    assert (await count(service), outcomes(moved)) == (1, {"made": 1, "changed": 1})
    assert moved["digest"] != made["digest"]
    stale = await service.post(
        f"/ledger/imports/{made['id']}/application", {"digest": made["digest"]}, "township", STONE
    )
    assert stale.json()["code"] == "ledger-import-digest-differs"
    assert outcomes(await apply(service, moved)) == {"made": 1, "changed": 1}


async def test_a_working_minor_is_told_when_the_file_is_written(service: Jobs) -> None:
    born = MONTH.replace(year=MONTH.year - 15, day=1)
    await service.people(1, birth_on=born)
    made = await rehearsed(service, [row(1, born.strftime("%Y%m%d"))])
    assert (outcomes(made), await service.told(MinorWorking)) == ({"refused": 1}, [])
    await apply(service, made)
    assert (await count(service), len(await service.told(MinorWorking))) == (0, 1)


async def test_without_rehearsal_what_is_right_is_written_at_once(service: Jobs) -> None:
    await service.people(1, 2)
    await send(service, workbook([row(1), row(2, 务工所在县="440000")]), dry_run="false")
    await work(service)
    assert await service.sql("SELECT state, counts ->> 'made' FROM ledger_import") == [("applied", "1")]
    assert await count(service) == 1


@pytest.mark.parametrize(
    ("content", "fields", "code"),
    [
        (b"", {}, "table-invalid"),
        (b"%PDF-1.7", {}, "table-invalid"),
        (workbook([], ["姓名", "月份"]), {}, "table-invalid"),
        (workbook([row(1)]), {"month": "2026-13"}, "month-invalid"),
        (workbook([row(1)]), {"month": "2099-01"}, "month-invalid"),
        (workbook([row(1)]), {"month": "2016-01"}, "ledger-month-closed"),
        (workbook([row(1)]), {"dry_run": "perhaps"}, "form-field-invalid"),
    ],
)
async def test_what_cannot_be_read_is_refused_and_not_kept(
    service: Jobs, content: bytes, fields: dict[str, str], code: str
) -> None:
    answer = await send(service, content, **fields)
    assert (answer.status_code >= 400, answer.json()["code"]) == (True, code)
    assert await service.sql("SELECT count(*) FROM ledger_import") == [(0,)]
    assert shelf_of(service).store.list_older(FOLDER, utc_now().replace(year=2100)) == []


@pytest.mark.parametrize("told", [True, False], ids=["by its length", "while it comes"])
async def test_a_file_that_is_too_large_is_refused_as_everywhere(service: Jobs, told: bool) -> None:
    service.app.state.files_settings = service.app.state.files_settings.model_copy(update={"max_bytes": 1000})
    answer = await send(service, bytes(200_000 if told else 2000))
    assert (answer.status_code, answer.json()["code"]) == (413, "file-too-large")
    assert [path for path in service.app.state.files.folder.rglob("*") if path.is_file()] == []
    assert await service.sql("SELECT id FROM ledger_import") == []


async def test_files_lie_sealed_and_are_forgotten(service: Jobs) -> None:
    await service.people(1)
    made = await rehearsed(service, [row(1), row(2)])
    shelf = shelf_of(service)
    names = shelf.store.list_older(FOLDER, utc_now().replace(year=2100))
    assert sorted(names) == [f"{FOLDER}{made['id']}/{number}" for number in range(usecases.FILES)]
    assert shelf.store.folder is not None
    for name in names:
        assert "证件号码".encode() not in (shelf.store.folder / name).read_bytes()
    await service.sql("UPDATE ledger_import SET received_at = received_at - interval '40 days'")
    assert await forget_old_imports(service.database, shelf, timedelta(days=30), utc_now()) == 1
    assert shelf.store.list_older(FOLDER, utc_now().replace(year=2100)) == []
    answer = await service.post(
        f"/ledger/imports/{made['id']}/application", {"digest": made["digest"]}, "township", STONE
    )
    assert (answer.status_code, answer.json()["code"]) == (410, "ledger-import-gone")


async def test_who_had_it_written_stands_in_its_rows(service: Jobs) -> None:
    """The township sent it, the county looked at it and had it written."""
    [person] = await service.people(1)
    made = await rehearsed(service, [row(1)])
    path = f"/ledger/imports/{made['id']}"
    answer = await service.post(f"{path}/application", {"digest": made["digest"]})
    assert answer.status_code == 202, answer.text
    await work(service)
    assert (await service.get(path))["state"] == "applied"
    county = account_id("county", COUNTY)
    assert await service.sql("SELECT changed_by FROM labour_row") == [(county,)]
    assert await service.sql("SELECT by FROM labour_change WHERE person_id = :id", id=person) == [(county,)]
    columns = "sent_by, sent_as, applied_by, applied_as"
    sender = account_id("township", STONE)
    assert await service.sql(f"SELECT {columns} FROM ledger_import") == [(sender, "township", county, "county")]


async def test_another_township_does_not_see_it(service: Jobs) -> None:
    made = await rehearsed(service, [row(1)])
    for path in ("", "/result"):
        answer = await service.call("GET", f"/ledger/imports/{made['id']}{path}", "township", RIVER)
        assert answer.status_code == 404
    listed = await service.get("/ledger/imports", "township", RIVER)
    assert listed["items"] == []
    assert [UUID(one["id"]) for one in (await service.get("/ledger/imports"))["items"]] == [UUID(made["id"])]
