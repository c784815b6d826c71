"""Files of income lines: what is taken, what is told, and that the same file again changes nothing."""

import io
from decimal import Decimal
from typing import Any

import pytest
import xlsxwriter

from services.households.rules.income_entries import Span
from services.households.rules.income_imports import ImportedLine, read_row
from services.households.rules.months import month_text, parse_month, period_before
from shared.clock import local_date, utc_now
from shared.errors import Fault
from tests.households.conftest import BRIDGE, COUNTY, PINE, STONE, Households, household, id_number, person
from tests.households.income import with_policies

LAST = month_text(period_before(local_date(utc_now())).last)
HEAD = "证件号码,户编号,项目,金额,发放日期,起始月份,截止月份\n"


@pytest.fixture
async def income(service: Households) -> Households:
    await with_policies(service)
    await service.register(
        household(1, PINE, [person(1), person(2, "李四", "10")]), household(2, BRIDGE, [person(3, "王五")])
    )
    return service


async def send(income: Households, rows: str, query: str = "", role: str = "county", area: str = COUNTY) -> Any:
    body = (HEAD + rows).encode()
    headers = {"Content-Type": "text/csv"}
    answer = await income.call("POST", f"/income/imports{query}", role, area, content=body, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def sums(income: Households) -> list[Any]:
    rows = await income.sql("SELECT area_code, transfers, business FROM income_summary")
    return sorted((area, str(transfers), str(business)) for area, transfers, business in rows)


ROWS = (
    f"{id_number(1)},,养老金,163.5,{LAST}-10,,\n"
    f"{id_number(2)},{PINE}0001,种粮补贴,80,{LAST}-11,,\n"
    f",{BRIDGE}0002,种植业收入,1200,,{LAST},{LAST}\n"
)


async def test_lines_of_people_and_of_households(income: Households) -> None:
    report = await send(income, ROWS, "?origin=一卡通")
    assert (report["added"], report["changed"], report["unchanged"], report["errors"]) == (3, 0, 0, [])
    assert await sums(income) == [(PINE, "243.50", "0.00"), (BRIDGE, "0.00", "1200.00")]
    assert await income.sql("SELECT DISTINCT source, origin FROM income_entry") == [("import", "finance")]
    [audit] = await income.sql("SELECT detail FROM audit_entry WHERE action = 'income:import'")
    assert audit[0] == {"added": 3, "dry_run": False, "origin": "finance"}


async def test_the_same_file_again_changes_nothing_another_amount_corrects(income: Households) -> None:
    await send(income, ROWS)
    again = await send(income, ROWS)
    assert (again["added"], again["changed"], again["unchanged"]) == (0, 0, 3)
    changed = await send(income, ROWS.replace("163.5", "170"))
    assert (changed["added"], changed["changed"], changed["unchanged"]) == (0, 1, 2)
    assert (await sums(income))[0] == (PINE, "250.00", "0.00")
    history = await income.sql(
        "SELECT amount, revision, ended_as, corrects_id IS NOT NULL FROM income_entry "
        "WHERE item = 'transfers.resident_pension' ORDER BY revision"
    )
    assert history == [(Decimal("163.50"), 1, "corrected", False), (Decimal("170.00"), 2, None, True)]


async def test_what_somebody_withdrew_by_hand_stays_so_until_the_file_says_else(income: Households) -> None:
    await send(income, ROWS)
    [[id_]] = await income.sql("SELECT id FROM income_entry WHERE item = 'transfers.grain'")
    path = f"/income-entries/{id_}/withdrawal"
    gone = await income.post(path, {"reason": "not_received"}, "village", PINE, headers={"If-Match": '"1"'})
    assert gone.status_code == 200
    assert (await send(income, ROWS))["unchanged"] == 3
    assert (await sums(income))[0] == (PINE, "163.50", "0.00")
    assert (await send(income, ROWS.replace(",80,", ",90,")))["changed"] == 1
    assert (await sums(income))[0] == (PINE, "253.50", "0.00")


async def test_a_dry_run_tells_and_changes_nothing(income: Households) -> None:
    report = await send(income, ROWS, "?dry_run=true")
    assert (report["dry_run"], report["added"]) == (True, 3)
    assert await income.sql("SELECT count(*) FROM income_entry") == [(0,)]


@pytest.mark.parametrize(
    ("row", "field", "code"),
    [
        (",,养老金,1,2026-01-01,,", "id_number", "income-whose"),
        (f"{id_number(9)},,养老金,1,2026-01-01,,", "id_number", "income-nobody"),
        (f"{id_number(1)[:17]}Y,,养老金,1,2026-01-01,,", "id_number", "id-number-characters"),
        (f",{PINE}9999,养老金,1,2026-01-01,,", "national_code", "income-nobody"),
        (f"{id_number(1)},{BRIDGE}0002,养老金,1,2026-01-01,,", "national_code", "income-person-elsewhere"),
        (f"{id_number(1)},,好处费,1,2026-01-01,,", "item", "income-item-unknown"),
        (f"{id_number(1)},,养老金,很多,2026-01-01,,", "amount", "number-invalid"),
        (f"{id_number(1)},,养老金,-5,2026-01-01,,", "amount", "number-out-of-range"),
        (f"{id_number(1)},,养老金,1.005,2026-01-01,,", "amount", "number-out-of-range"),
        (f"{id_number(1)},,养老金,,2026-01-01,,", "amount", "field-missing"),
        (f"{id_number(1)},,养老金,1,,,", "paid_on", "income-when"),
        (f"{id_number(1)},,养老金,1,,去年,", "first_month", "income-month-invalid"),
        (f"{id_number(1)},,养老金,1,,2026-03,2026-01", "last_month", "income-months"),
        (f"{id_number(1)},,养老金,999,{LAST}-10,,", "", "income-row-twice"),
    ],
)
async def test_a_row_with_a_mistake_is_told_and_left_out(income: Households, row: str, field: str, code: str) -> None:
    report = await send(income, ROWS + row + "\n")
    [error] = report["errors"]
    assert (error["row"], error["field"], error["code"]) == (5, field, code)
    assert error["message"]
    assert id_number(1) not in error["message"]
    assert (report["added"], report["failed"], report["error_count"]) == (3, 1, 1)


async def test_a_township_reaches_its_own_people_only(income: Households) -> None:
    report = await send(income, ROWS, "", "township", STONE)
    assert (report["added"], [error["code"] for error in report["errors"]]) == (2, ["income-nobody"])
    refused = await income.call("POST", "/income/imports", "village", PINE, content=b"x")
    assert refused.status_code == 403


async def test_a_workbook(income: Households) -> None:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["云岫县10月一卡通发放表"])
        sheet.write_row(1, 0, ["序号", "身份证号", "补贴项目", "发放金额（元）", "所属月份"])
        sheet.write_row(2, 0, [1, id_number(1), "耕地地力保护补贴", 312.4, LAST.replace("-", "年") + "月"])
        sheet.write_row(3, 0, ["", "合计", "", 312.4, ""])
    answer = await income.call("POST", "/income/imports", content=file.getvalue())
    assert (answer.status_code, answer.json()["added"]) == (200, 1), answer.text
    assert (await sums(income))[0] == (PINE, "312.40", "0.00")


async def test_a_file_in_a_form_is_told_to_come_without(income: Households) -> None:
    table = (HEAD + f"{id_number(1)},,城乡居民基本养老金,1200,,{LAST},\n").encode()
    answer = await income.call("POST", "/income/imports", files={"file": ("收支.csv", table, "text/csv")})
    assert (answer.status_code, answer.json()["code"]) == (415, "table-in-form")
    assert await income.sql("SELECT count(*) FROM income_entry") == [(0,)]


async def test_a_file_that_is_no_table(income: Households) -> None:
    headers = {"Content-Type": "text/csv"}
    for body, code in ((b"", "table-empty"), ("姓名,金额\n张三,5\n".encode(), "header-missing")):
        answer = await income.call("POST", "/income/imports", content=body, headers=headers)
        assert answer.status_code == 422
        assert code in {error["code"] for error in answer.json()["errors"]}


@pytest.mark.parametrize(
    ("text", "month"),
    [
        ("2026-10", "2026-10"),
        ("2026/1", "2026-01"),
        ("2026.01", "2026-01"),
        ("202610", "2026-10"),
        ("2026年9月", "2026-09"),
        ("2026-13", None),
        ("10月", None),
    ],
)
def test_months_as_people_write_them(text: str, month: str | None) -> None:
    row = {
        "row": 2,
        "id_number": id_number(1),
        "national_code": None,
        "item": "养老金",
        "amount": 0.29,
        "paid_on": None,
    }
    read = read_row({**row, "first_month": text, "last_month": None}, {"养老金": "transfers.resident_pension"})
    if month is None:
        assert isinstance(read, Fault)
    else:
        assert isinstance(read, ImportedLine)
        assert (read.span, read.amount) == (Span(parse_month(month), parse_month(month)), Decimal("0.29"))
