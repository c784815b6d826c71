"""Workbooks of bureaus, dropped as they are: what is not read of them is told, and what they write is understood."""

import io
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from python_calamine import CalamineWorkbook

from services.alerts.rules.file_columns import columns_of
from shared.tables import TableInvalid, open_table
from tests.alerts.conftest import EDUCATION, MEDICAL, Service, bearer, days_ago, faults, id_number, key_changed
from tests.alerts.files_service import (
    ABSENCES,
    COSTS,
    FILES,
    absent,
    bill,
    counts,
    finished,
    members,
    objects,
    send,
    table,
)
from tests.shared.tables.making import named, xlsx_bytes

pytestmark = pytest.mark.usefixtures("originals")


def hidden(sheet: Any, _: Any) -> None:
    """A sheet that nobody sees."""
    sheet.write_row(0, 0, ABSENCES)
    sheet.write_row(1, 0, absent(9))
    sheet.hide()


async def sheets(service: Service, file_id: str) -> dict[str, list[list[Any]]]:
    """The sheets of a file's result."""
    answer = await service.get(f"{FILES}/{file_id}/result", headers={**EDUCATION, "Accept-Language": "zh"})
    assert answer.status_code == 200, answer.text
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


async def test_a_sheet_with_a_heading_amiss_is_refused(county: Service, tmp_path: Path) -> None:
    wrong = ["学号", *ABSENCES[1:]]
    answer = await send(county, xlsx_bytes([ABSENCES, absent(1)], [wrong, absent(2)]), "三月.xlsx")
    assert (answer.status_code, list(faults(answer))) == (422, ["person.id_number"])
    assert "第 2 张工作表" in answer.json()["errors"][0]["message"]
    assert objects(tmp_path) == []


async def test_people_in_a_sheet_that_calls_itself_sums_are_read_or_refused(county: Service) -> None:
    """One column less than the other sheet makes no sums, and neither does a heading that nobody foresaw."""
    rows = [bill(n, 30000) for n in range(1, 5)]
    form = {"feed": "medical.cost", "period": days_ago(1)[:7]}

    def book(heading: str, *, masked: bool = False) -> bytes:
        people = ([f"5399********{n:04}" if masked else row[0], *row[1:-1]] for n, row in enumerate(rows[1:]))
        fewer = [[heading, *COSTS[1:-1]], *people]
        return named("门诊统计表", xlsx_bytes([COSTS, rows[0]], fewer))

    masked = await send(county, book("身份证", masked=True), "费用.xlsx", form=form, headers=MEDICAL)
    assert (masked.status_code, list(faults(masked))) == (422, ["person.id_number"])
    read = await finished(county, await send(county, book(COSTS[0]), "费用.xlsx", form=form, headers=MEDICAL), MEDICAL)
    assert (counts(read, "rows_read", "stored"), read["skipped"]) == ((4, 4), [])


def test_areas_in_a_sheet_that_calls_itself_sums_are_refused() -> None:
    """Known by a column that the feed has but does not require."""
    columns = [
        {"field": "area_code", "headers": ["村代码"]},
        {"field": "area_name", "headers": ["村"], "required": True},
    ]
    columns.append({"field": "days", "headers": ["天数"], "required": True})
    schema = {"properties": {"days": {"type": "integer"}}}
    book = named("断水统计", xlsx_bytes([["村", "天数"], ["龙泉村", 3]], [["村代码", "天数"], ["539921104201", 9]]))
    with pytest.raises(TableInvalid):
        open_table(io.BytesIO(book), "", columns_of(columns, schema, "area"), today=date(2026, 11, 23)).require_whole()


async def test_sheets_that_are_not_read_are_told(county: Service) -> None:
    content = xlsx_bytes([["填表说明"]], [ABSENCES, absent(1)], hidden)
    view = await finished(county, await send(county, content, "三月.xlsx"))
    told = [(one["sheet"], one["name"], one["code"]) for one in view["skipped"]]
    assert told == [(1, "Sheet1", "sheet-of-something-else"), (3, "Sheet3", "sheet-hidden")]
    supervisor = (await county.http.get(f"{FILES}/{view['id']}", headers=bearer("supervisor"))).json()
    assert [one["name"] for one in supervisor["skipped"]] == [None, None]
    ((sealed,),) = await county.sql("SELECT skipped_sealed FROM file")
    assert b"Sheet3" not in sealed
    rows = (await sheets(county, view["id"]))["未读取的工作表"]
    assert rows[1:] == [["1", "Sheet1", view["skipped"][0]["message"]], ["3", "Sheet3", "隐藏的工作表，未读取"]]


async def test_a_name_that_a_narrow_cell_broke_is_a_name(county: Service) -> None:
    form = {"feed": "medical.cost", "period": days_ago(1)[:7]}
    plain = bill(1, 30000)
    await finished(county, await send(county, table([plain], COSTS), form=form, headers=MEDICAL), MEDICAL)
    broken = [plain[0], f"{plain[1][:1]} \n{plain[1][1:]}", *plain[2:]]
    answer = await send(county, xlsx_bytes([COSTS, broken]), "费用.xlsx", form=form, headers=MEDICAL)
    assert counts(await finished(county, answer, MEDICAL), "rejected", "repeated") == (0, 1)


async def test_headings_without_rows_are_no_report(county: Service) -> None:
    """Whoever sends them thinks that the month is told: it is not, and a zero report is asked for. Rows may come later."""
    for content, name in ((table([]), "三月.csv"), (xlsx_bytes([["标题"], ABSENCES]), "三月.xlsx")):
        for again in (False, True):
            answer = await send(county, content, name)
            assert (answer.status_code, answer.json()["known"]) == (202, False), again
            view = await finished(county, answer)
            assert (view["state"], view["failure"]["code"]) == ("failed", "table-without-rows")
            assert "请提交零报告" in view["failure"]["message"]


async def test_words_that_bureaus_write_for_yes_and_no(county: Service) -> None:
    await county.tell(
        key_changed("uninsured-secret", ["medical.uninsured"], "medical-insurance"), members(county, 1, 2, 3)
    )
    uninsured = {"X-API-Key": "uninsured-secret"}
    headings = ["身份证号", "姓名", "所在村", "参保情况"]
    said = ["未参保", "断保", "正常参保", "参保", "否", "不好说"]
    rows = [[id_number(n), f"某{n}", "龙泉村", word] for n, word in enumerate(said, 1)]
    form = {"feed": "medical.uninsured", "period": days_ago(1)[:8] + "T1"}
    content = table(rows, headings)
    view = await finished(county, await send(county, content, form=form, headers=uninsured), uninsured)
    assert counts(view, "rows_read", "rejected", "stored", "unmatched") == (6, 1, 2, 1)
    told = (await county.http.get(f"{FILES}/{view['id']}/errors", headers=uninsured)).json()["items"]
    assert [(one["row"], one["code"]) for one in told] == [(7, "boolean-invalid")]


async def test_months_however_they_are_written(county: Service) -> None:
    """And a cell that nobody needs costs itself, not its row."""
    wide = [*COSTS, "费用所属月份", "参保状态"]
    months = [date(2026, 10, 1), "2026年10月", 202610, "2026.10", "2026-10", "去年"]
    rows = [[*bill(n, 30000), month, "正常参保"] for n, month in enumerate(months, 1)]
    form = {"feed": "medical.cost", "period": days_ago(1)[:7]}
    answer = await send(county, xlsx_bytes([wide, *rows]), "费用.xlsx", form=form, headers=MEDICAL)
    view = await finished(county, answer, MEDICAL)
    assert counts(view, "rejected", "stored", "errors") == (0, 6, 1)
    told = (await county.http.get(f"{FILES}/{view['id']}/errors", headers=MEDICAL)).json()["items"]
    assert [(one["row"], one["field"], one["code"]) for one in told] == [(7, "period", "month-unclear")]
    listed = (await county.http.get("/alerts/v1/alerts", headers=MEDICAL)).json()["items"]
    found = [(await county.http.get(f"/alerts/v1/alerts/{one['id']}", headers=MEDICAL)).json() for one in listed]
    assert sorted(one["evidence"].get("period", "") for one in found) == ["", *["2026-10"] * 5]
    assert {one["evidence"]["insured"] for one in found} == {True}


async def test_a_word_that_a_rule_asks_for_and_nobody_knows_is_told(county: Service) -> None:
    """No rule can say what it means: that the row "does not trigger" would be an invention."""
    await county.tell(key_changed("disabled-secret", ["disability.certificate"], "disabled-persons"))
    disabled = {"X-API-Key": "disabled-secret"}
    headings = ["身份证号", "姓名", "所在村", "办证类型", "残疾等级", "残疾类别"]
    said = [("新办", "一级"), ("新领证", "一级"), ("换证", "一级"), ("新办", "5"), ("新办", "四级")]
    rows = [[id_number(n), f"某{n}", "龙泉村", *words, "肢体"] for n, words in enumerate(said, 1)]
    form = {"feed": "disability.certificate", "period": days_ago(1)[:7]}
    view = await finished(county, await send(county, table(rows, headings), form=form, headers=disabled), disabled)
    assert counts(view, "rows_read", "screened", "stored", "rejected") == (5, 5, 1, 2)
    told = (await county.http.get(f"{FILES}/{view['id']}/errors", headers=disabled)).json()["items"]
    assert [(one["row"], one["field"], one["code"]) for one in told] == [
        (3, "evidence.change", "choice-invalid"),
        (5, "evidence.level", "choice-invalid"),
    ]
    assert told[0]["message"] == "不在可选值之内：新办、等级变更、换证、注销"


async def test_a_value_that_cannot_be_costs_its_cell_where_nobody_asks_for_it(county: Service) -> None:
    await county.tell(key_changed("outpatient-secret", ["medical.outpatient"], "medical-insurance"))
    outpatient = {"X-API-Key": "outpatient-secret"}
    headings = ["身份证号", "姓名", "所在村", "门诊自付", "门诊类别", "就诊次数"]
    values = [(9000, "门特", 3), (9000, "急诊", 3), (9000, "门特", -3), (-9000, "门特", 3), (10, "急诊", 3)]
    rows = [[id_number(n), f"某{n}", "龙泉村", *row] for n, row in enumerate(values, 1)]
    form = {"feed": "medical.outpatient", "period": days_ago(1)[:7]}
    view = await finished(county, await send(county, table(rows, headings), form=form, headers=outpatient), outpatient)
    assert counts(view, "rows_read", "screened", "stored", "rejected", "errors") == (5, 5, 3, 1, 4)
    told = (await county.http.get(f"{FILES}/{view['id']}/errors", headers=outpatient)).json()["items"]
    assert [(one["row"], one["field"], one["code"]) for one in told] == [
        (3, "evidence.visit_type", "choice-invalid"),
        (4, "evidence.visits", "number-out-of-range"),
        (5, "evidence.self_pay", "number-out-of-range"),
        (6, "evidence.visit_type", "choice-invalid"),
    ]
    listed = (await county.http.get("/alerts/v1/alerts", headers=outpatient)).json()["items"]
    found = [(await county.http.get(f"/alerts/v1/alerts/{one['id']}", headers=outpatient)).json() for one in listed]
    assert sorted(sorted(one["evidence"]) for one in found) == [
        ["self_pay", "visit_type"],
        ["self_pay", "visit_type", "visits"],
        ["self_pay", "visits"],
    ]


async def test_the_result_says_all_that_is_wrong_and_in_which_column(county: Service) -> None:
    """By the headings of the file, not by those the feed names first."""
    headings = [*COSTS, "结算月份"]
    rows = [
        [*bill(1, 30000), "2026年度上"],
        [*bill(2, 999_000_000), "2026-10"],
        [id_number(3), "患者3", "没有这个村", days_ago(-2), "", 30000, "医院", ""],
    ]
    headings[5] = "自付金额"
    form = {"feed": "medical.cost", "period": days_ago(1)[:7]}
    view = await finished(county, await send(county, table(rows, headings), form=form, headers=MEDICAL), MEDICAL)
    answer = await county.get(f"{FILES}/{view['id']}/result", headers={**MEDICAL, "Accept-Language": "zh"})
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    first, second, third = [row[-1] for row in book.get_sheet_by_index(0).to_python()[1:]]
    assert first.startswith("结算月份：月份格式")
    assert second.startswith("自付金额：")
    assert "结算日期：" in third
    assert "所在村：" in third
    assert "；" in third
    name = answer.headers["content-disposition"].partition("filename*=UTF-8''")[2]
    assert unquote(name).endswith("-处理结果.xlsx")
    told = (await county.http.get(f"{FILES}/{view['id']}/errors", headers=MEDICAL)).json()["items"]
    assert {one["field"]: one["heading"] for one in told}["evidence.self_pay"] == "个人自付金额"
