"""Lines, statement and forms over HTTP: who may, what is computed at once, what stays on record."""

import io
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from python_calamine import CalamineWorkbook

from services.households.rules.months import month_text, period_before
from shared.clock import local_date, utc_now
from shared.workbook_stream import XLSX
from tests.households.conftest import BAMBOO, BRIDGE, PINE, STONE, Households, household, person
from tests.households.income import with_policies
from tests.households.test_tasks import visit

TODAY = local_date(utc_now())
PERIOD = period_before(TODAY)
FIRST, LAST = month_text(PERIOD.first), month_text(PERIOD.last)
WAGES = {"item": "wages.outside", "amount": "36000", "first_month": FIRST, "last_month": LAST}


@pytest.fixture
async def income(service: Households) -> Households:
    return await with_policies(service)


@pytest.fixture
async def home(income: Households) -> tuple[str, list[str]]:
    """A household of two in Pine; its id and its members'."""
    people = [person(1, "张三丰"), person(2, "李四", "10")]
    [id_] = await income.register(household(1, PINE, people))
    members = (await income.get(f"/households/{id_}"))["members"]
    return id_, [member["id"] for member in sorted(members, key=lambda one: one["relation"])]


async def add(income: Households, home: str, role: str = "village", area: str = PINE, **entry: Any) -> Any:
    answer = await income.post(f"/households/{home}/income/entries", {**WAGES, **entry}, role, area)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def summary(income: Households) -> list[Any]:
    return await income.sql("SELECT people, wages, net_income, net_per_head, reference_per_head FROM income_summary")


async def test_a_line_is_counted_before_the_answer(income: Households, home: tuple[str, list[str]]) -> None:
    id_, [head, spouse] = home
    entry = await add(income, id_, member_id=head)
    assert (entry["person"]["name"], entry["item"]["text"], entry["source"]["code"]) == (
        "张三丰",
        "省外务工收入",
        "desk",
    )
    await add(income, id_, item="医疗支出", amount=12000.5, member_id=spouse)
    ten = Decimal("18000.00"), Decimal("11999.75")
    assert await summary(income) == [(2, Decimal("36000.00"), Decimal("36000.00"), *ten)]
    statement = await income.get(f"/households/{id_}/income", "village", PINE)
    assert (statement["period_first"], statement["period_last"], statement["people"]) == (FIRST, LAST, 2)
    assert (statement["line"], statement["net_above_line"], statement["reference_above_line"]) == (
        8700,
        "9300.00",
        "3299.75",
    )
    sums = {one["code"]: one["amount"] for one in statement["sums"]}
    assert (sums["wages"], sums["medical"], sums["transfers"]) == ("36000.00", "12000.50", "0.00")
    assert [line["counted"] for line in statement["lines"]] == ["12000.50", "36000.00"]
    assert statement["warnings"] == []


async def test_an_earlier_day_has_its_own_period_and_people(income: Households, home: tuple[str, list[str]]) -> None:
    id_, [head, spouse] = home
    await add(income, id_, member_id=head)
    await income.post(f"/members/{spouse}/removal", {"reason": "married_out", "on": TODAY.isoformat()})
    assert (await income.get(f"/households/{id_}/income"))["people"] == 1
    before = f"{month_text(PERIOD.last)}-15"
    statement = await income.get(f"/households/{id_}/income?on={before}")
    assert (statement["people"], statement["net_income"]) == (2, "33000.00")
    late = await income.call("GET", f"/households/{id_}/income?on={TODAY.year + 1}-01-01")
    assert late.status_code == 422


async def test_a_correction_takes_the_place_and_both_stay_on_record(
    income: Households, home: tuple[str, list[str]]
) -> None:
    id_, [head, _] = home
    entry = await add(income, id_, member_id=head, note="包工头老王说的")
    path = f"/income-entries/{entry['id']}/correction"
    right = {**WAGES, "amount": "30000", "member_id": head}
    assert (await income.post(path, right)).status_code == 428
    assert (await income.post(path, right, headers={"If-Match": '"7"'})).status_code == 412
    answer = await income.post(path, right, "village", PINE, headers={"If-Match": '"1"'})
    assert (answer.status_code, answer.json()["corrects_id"]) == (201, entry["id"])
    again = await income.post(path, right, headers={"If-Match": '"2"'})
    assert (again.status_code, again.json()["code"]) == (409, "income-entry-ended")
    assert [row[1] for row in await summary(income)] == [Decimal("30000.00")]
    [new, old] = (await income.get(f"/households/{id_}/income/entries"))["items"]
    assert (new["amount"], new["ended"], old["ended"]["as"], old["note"]) == (
        "30000.00",
        None,
        "corrected",
        "包工头老王说的",
    )
    statement = await income.get(f"/households/{id_}/income")
    assert [line["id"] for line in statement["lines"]] == [new["id"]]


async def test_only_a_correction_may_be_below_zero(income: Households, home: tuple[str, list[str]]) -> None:
    id_, _ = home
    grain: dict[str, Any] = {"item": "种粮补贴", "amount": "-50", "paid_on": f"{LAST}-03"}
    answer = await income.post(f"/households/{id_}/income/entries", grain)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "income-negative")
    entry = await add(income, id_, **{**grain, "amount": "80", "first_month": None, "last_month": None})
    back = await income.post(f"/income-entries/{entry['id']}/correction", grain, headers={"If-Match": '"1"'})
    assert (back.status_code, back.json()["amount"]) == (201, "-50.00")


async def test_a_withdrawal_says_why(income: Households, home: tuple[str, list[str]]) -> None:
    id_, _ = home
    entry = await add(income, id_)
    path = f"/income-entries/{entry['id']}/withdrawal"
    answer = await income.post(path, {"reason": "重复录入"}, "township", STONE, headers={"If-Match": '"1"'})
    assert (answer.status_code, answer.json()["ended"]["reason"]["code"]) == (200, "duplicate")
    assert [row[1] for row in await summary(income)] == [Decimal("0.00")]
    audit = await income.sql("SELECT detail->>'did' FROM audit_entry WHERE action = 'income:write' ORDER BY id")
    assert [row[0] for row in audit] == ["added", "withdrawn"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"item": "wages.bribes"}, "choice-invalid"),
        ({"amount": "1.005"}, "field-invalid"),
        ({"amount": "NaN"}, "field-invalid"),
        ({"amount": "10000000000"}, "field-invalid"),
        ({"first_month": None}, "income-when"),
        ({"paid_on": "2026-01-01"}, "income-when"),
        ({"first_month": "2026-13", "last_month": None}, "field-invalid"),
        ({"first_month": "2026-03", "last_month": "2026-02"}, "income-months"),
        ({"first_month": "2016-01", "last_month": "2025-12"}, None),
        ({"first_month": "2016-01", "last_month": "2026-01"}, "income-months"),
        ({"member_id": str(uuid4())}, "income-person-elsewhere"),
        ({"visit_id": str(uuid4())}, "income-visit-unknown"),
    ],
)
async def test_what_is_refused(
    income: Households, home: tuple[str, list[str]], change: dict[str, Any], code: str | None
) -> None:
    answer = await income.post(f"/households/{home[0]}/income/entries", {**WAGES, **change})
    assert [error["code"] for error in answer.json().get("errors", [])] == ([code] if code else []), answer.text


async def test_a_line_that_was_told_at_a_visit_names_it(income: Households, home: tuple[str, list[str]]) -> None:
    id_, [head, _] = home
    await income.deliver(income.alert(1))
    [[task_id]] = await income.sql("SELECT id FROM task")
    made = visit()
    assert (await income.post(f"/tasks/{task_id}/visits", made, "village", PINE)).status_code == 201
    entry = await add(income, id_, member_id=head, visit_id=made["id"])
    assert (entry["source"]["code"], entry["visit_id"]) == ("visit", made["id"])


async def test_what_is_not_plausible_is_taken_and_warned_of(income: Households, home: tuple[str, list[str]]) -> None:
    id_, [head, _] = home
    await add(income, id_, amount="1200", member_id=head)
    statement = await income.get(f"/households/{id_}/income")
    [warning] = statement["warnings"]
    assert warning["code"] == "income-below-plausible-month"
    assert warning["text"] == "工资性收入：月均低于 400 元，请核对"
    assert statement["net_income"] == "1200.00"


async def test_the_same_key_enters_one_line(income: Households, home: tuple[str, list[str]]) -> None:
    path, headers = f"/households/{home[0]}/income/entries", {"Idempotency-Key": "a"}
    first, second = [await income.post(path, WAGES, headers=headers) for _ in range(2)]
    assert first.json() == second.json()
    assert await income.sql("SELECT count(*) FROM income_entry") == [(1,)]


# who


async def test_another_village_finds_nothing(income: Households, home: tuple[str, list[str]]) -> None:
    id_, _ = home
    entry = await add(income, id_)
    for method, path, body in (
        ("GET", f"/households/{id_}/income", None),
        ("GET", f"/households/{id_}/income/forms", None),
        ("GET", f"/households/{id_}/income/workbook", None),
        ("GET", f"/households/{id_}/income/entries", None),
        ("POST", f"/households/{id_}/income/entries", WAGES),
        ("POST", f"/income-entries/{entry['id']}/correction", WAGES),
        ("POST", f"/income-entries/{entry['id']}/withdrawal", {"reason": "mistake"}),
    ):
        answer = await income.call(method, path, "village", BAMBOO, json=body, headers={"If-Match": "*"})
        assert answer.status_code == 404, (method, path, answer.text)
    assert (await income.get("/income", "village", BAMBOO))["items"] == []
    assert len((await income.get("/income", "village", PINE))["items"]) == 1


async def test_the_supervisor_sees_numbers_without_names_and_notes(
    income: Households, home: tuple[str, list[str]]
) -> None:
    id_, [head, _] = home
    await add(income, id_, member_id=head, note="张三丰自己说的")
    for path in ("income", "income/entries"):
        answer = await income.call("GET", f"/households/{id_}/{path}", "supervisor")
        assert "36000.00" in answer.text
        assert "张**" in answer.text
        assert "张三丰" not in answer.text


async def test_notes_are_sealed(income: Households, home: tuple[str, list[str]]) -> None:
    await add(income, home[0], note="欠李老板钱")
    [[sealed]] = await income.sql("SELECT note_sealed FROM income_entry")
    assert "欠".encode() not in sealed
    assert income.vault.open(sealed, "income-note").decode() == "欠李老板钱"


async def test_lines_and_sums_follow_the_household_to_another_village(
    income: Households, home: tuple[str, list[str]]
) -> None:
    id_, _ = home
    await add(income, id_)
    moved = await income.call("PATCH", f"/households/{id_}", json={"area_code": BAMBOO}, headers={"If-Match": "*"})
    assert moved.status_code == 200
    assert await income.sql("SELECT area_code FROM income_entry UNION SELECT area_code FROM income_summary") == [
        (BAMBOO,)
    ]


# people come and go


async def test_per_head_follows_the_people_at_once(income: Households, home: tuple[str, list[str]]) -> None:
    id_, [head, spouse] = home
    await add(income, id_, member_id=head)

    async def heads() -> list[Any]:
        return [(row[0], row[1], str(row[3])) for row in await summary(income)]

    assert await heads() == [(2, Decimal("36000.00"), "18000.00")]
    child = person(3, "张小", "20", school_stage="college")
    assert (await income.post(f"/households/{id_}/members", child)).status_code == 201
    assert await heads() == [(3, Decimal("36000.00"), "12000.00")]
    await income.post(f"/members/{spouse}/removal", {"reason": "deceased", "on": TODAY.isoformat()})
    assert await heads() == [(2, Decimal("36000.00"), "18000.00")]
    await income.post(f"/members/{head}/removal", {"reason": "married_out", "on": TODAY.isoformat()})
    assert await heads() == [(1, Decimal("0.00"), "None")]  # what he earned went with him, and nobody knows of more
    back = await income.post(f"/members/{head}/restoration", {}, headers={"If-Match": "*"})
    assert back.status_code == 200
    assert await heads() == [(2, Decimal("36000.00"), "18000.00")]


async def test_lines_go_where_their_people_go(income: Households, home: tuple[str, list[str]]) -> None:
    """A person's own lines follow them; what was the household's as a whole stays, and follows a merge."""
    id_, [head, _] = home
    [other] = await income.register(household(9, BAMBOO, [person(9, "王五")]))
    await add(income, id_, member_id=head)
    await add(income, id_, item="business.crops", amount="5000")

    async def sums() -> dict[str, tuple[int, str, str]]:
        rows = await income.sql("SELECT household_id, people, wages, business FROM income_summary")
        return {str(row[0]): (row[1], str(row[2]), str(row[3])) for row in rows}

    assert await sums() == {id_: (2, "36000.00", "5000.00"), other: (1, "0.00", "0.00")}
    body: dict[str, Any] = {"household_id": other, "relation": "99"}
    moved = await income.post(f"/members/{head}/move", body, headers={"If-Match": "*"})
    assert moved.status_code == 200, moved.text
    assert await sums() == {id_: (1, "0.00", "5000.00"), other: (2, "36000.00", "0.00")}
    version = (await income.get(f"/households/{id_}"))["version"]
    spouse = [{"member_id": home[1][1], "relation": "99"}]
    body = {"household_id": id_, "version": version, "members": spouse}
    merged = await income.post(f"/households/{other}/merge", body, headers={"If-Match": "*"})
    assert merged.status_code == 200, merged.text
    assert await sums() == {other: (3, "36000.00", "5000.00")}


async def test_an_import_of_the_register_computes_its_households(income: Households) -> None:
    files = [household(n, PINE, [person(n)]) for n in (1, 2)]
    answer = await income.post("/households/imports", files)
    assert answer.json()["households"]["added"] == 2
    assert [row[0] for row in await summary(income)] == [1, 1]
    more = household(1, PINE, [person(1), person(5, "王五", "20")])
    await income.post("/households/imports", [more])
    assert sorted(row[0] for row in await summary(income)) == [1, 2]


# forms and lists


async def test_the_same_numbers_fill_every_form(income: Households, home: tuple[str, list[str]]) -> None:
    id_, [head, spouse] = home
    await add(income, id_, member_id=head)
    await add(income, id_, item="business.crops", amount="8000")
    await add(income, id_, item="business_costs.crops", amount="3000")
    await add(income, id_, item="claims.insurance", amount="1000")
    await add(income, id_, item="medical.hospital", amount="9000", member_id=spouse)
    await add(income, id_, item="transfers.condolence", amount="500")
    forms = await income.get(f"/households/{id_}/income/forms")
    amounts = [one["amount"] for one in forms["national"]]
    assert amounts == [
        "36000.00",
        "8000.00",
        "0.00",
        "0.00",
        "3000.00",
        "41000.00",
        "20500.00",
        "1000.00",
        "9000.00",
        "33000.00",
        "16500.00",
    ]
    assert forms["national"][10]["text"] == "纳入监测对象的人均收入参考范围（元）"
    civil = {one["code"]: (one["year"], one["month_per_head"]) for one in forms["civil"]}
    assert civil["business-net"] == ("5000.00", "208.33")
    assert civil["reference"] == ("33000.00", "1375.00")
    book = await income.call("GET", f"/households/{id_}/income/workbook", "village", PINE)
    assert book.headers["content-type"] == XLSX
    opened = CalamineWorkbook.from_filelike(io.BytesIO(book.content))
    assert opened.sheet_names == ["全国系统收支", "民政收入核定", "收支明细"]
    national, civil_sheet, lines = (opened.get_sheet_by_name(name).to_python() for name in opened.sheet_names)
    assert national[1] == [f"{PINE}0001", "张三丰", "2", *amounts]
    assert civil_sheet[2] == ["经营净收入", "5000.00", "208.33"]
    [gift] = [row for row in lines if row[1] == "一次性慰问金"]
    assert gift[-2:] == ["0.00", "按测算口径不计入"]
    assert len(lines) == 7
    entries = await income.sql("SELECT area_code FROM audit_entry WHERE action = 'income:export'")
    assert entries == [(PINE,)]


async def test_sums_are_listed_by_area_and_by_the_line(income: Households) -> None:
    ids = await income.register(*(household(n, area, [person(n)]) for n, area in ((1, PINE), (2, PINE), (3, BRIDGE))))
    await add(income, ids[0])
    await add(income, ids[1], amount="12")
    below = await income.get("/income?below=true")
    assert [one["household_id"] for one in below["items"]] == [ids[1]], "of the third nobody has told anything"
    [it] = below["items"]
    assert (it["national_code"], it["area"]["names"][-1]) == (f"{PINE}0002", "松林村")
    assert (it["head_name"], (await income.get("/income?below=true", "supervisor"))["items"][0]["head_name"]) == (
        "张三",
        "张*",
    )
    assert [one["household_id"] for one in (await income.get("/income?below=false"))["items"]] == [ids[0]]
    page = await income.get(f"/income?area={STONE}&limit=1")
    rest = await income.get(f"/income?area={STONE}&limit=1&after={page['next']}")
    assert [page["items"][0]["household_id"], rest["items"][0]["household_id"]] == ids[:2]
    assert rest["next"] is None


async def test_entries_come_in_pages(income: Households, home: tuple[str, list[str]]) -> None:
    made = [(await add(income, home[0], amount=str(n)))["id"] for n in range(3)]
    page = await income.get(f"/households/{home[0]}/income/entries?limit=2")
    rest = await income.get(f"/households/{home[0]}/income/entries?limit=2&after={page['next']}")
    assert [one["id"] for one in page["items"] + rest["items"]] == made[::-1]


async def test_the_audit_looks_at_each_line_at_once(income: Households, home: tuple[str, list[str]]) -> None:
    id_, _ = home
    entry = await add(income, id_)
    path = f"/households/{id_}/findings"
    assert "wages-nobody-works" in {one["rule"] for one in await income.get(path)}
    body, read = {"reason": "duplicate"}, {"If-Match": '"1"'}
    gone = await income.post(f"/income-entries/{entry['id']}/withdrawal", body, "village", PINE, headers=read)
    assert gone.status_code == 200, gone.text
    assert "wages-nobody-works" not in {one["rule"] for one in await income.get(path)}
