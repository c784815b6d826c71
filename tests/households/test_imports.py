"""Imports: three forms, all mistakes told in their rows, good households kept, the same again harmless."""

import itertools
import time
from datetime import date
from typing import Any

import orjson
import pytest

from demo.county import areas
from demo.households import households
from demo.load import draft
from shared.contracts.directory import AreasChanged
from shared.db import bulk
from tests.households.conftest import BRIDGE, PINE, STONE, Households, household, id_number, person

JSON, NDJSON, CSV = "application/json", "application/x-ndjson", "text/csv"


async def imported(
    service: Households, body: Any, kind: str = JSON, role: str = "county", **query: Any
) -> dict[str, Any]:
    """The report of an import that was taken."""
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    answer = await service.call(
        "POST", "/households/imports", role, content=content, headers={"Content-Type": kind}, params=query
    )
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def counts(report: dict[str, Any]) -> tuple[tuple[int, int, int], tuple[int, int, int], int]:
    """Added, changed, unchanged of households and members, and how many households failed."""
    households_, members = (
        tuple(report[part][key] for key in ("added", "changed", "unchanged")) for part in ("households", "members")
    )
    return households_, members, report["failed"]


def mistakes(report: dict[str, Any]) -> list[tuple[int, str, str]]:
    """Row, field, code."""
    return [(error["row"], error["field"], error["code"]) for error in report["errors"]]


TWO = [
    household(1, PINE, [person(1, phone="15400000017"), person(2, "张小三", "20")], phone="15400000018"),
    household(2, BRIDGE, [person(3, "李四")]),
]


async def test_again_changes_nothing_and_a_change_changes_that(service: Households) -> None:
    assert counts(await imported(service, TWO)) == ((2, 0, 0), (3, 0, 0), 0)
    before = await service.sql("SELECT id, version, phone_sealed FROM household ORDER BY id")
    assert counts(await imported(service, TWO)) == ((0, 0, 2), (0, 0, 3), 0)
    assert await service.sql("SELECT id, version, phone_sealed FROM household ORDER BY id") == before
    moved = {**TWO[0], "area_code": "539921100201", "members": [*TWO[0]["members"], person(9, "张奶奶", "52")]}
    assert counts(await imported(service, [moved, TWO[1]])) == ((0, 1, 1), (1, 0, 3), 0)
    assert await service.sql(
        "SELECT DISTINCT m.area_code, h.version FROM member m JOIN household h ON h.id = household_id"
        " WHERE h.area_code <> :b",
        b=BRIDGE,
    ) == [("539921100201", 2)]
    renamed = {**moved, "members": [person(1, "张三三")]}
    assert counts(await imported(service, [renamed])) == ((0, 0, 1), (0, 1, 0), 0)
    assert await service.sql("SELECT name, version FROM member WHERE version > 1") == [("张三三", 2)]
    assert await service.sql("SELECT count(*) FROM member") == [(4,)], "who is not in the file stays"


async def test_a_dry_run_tells_the_same_and_writes_nothing(service: Households) -> None:
    report = await imported(service, TWO, dry_run="true")
    assert (report["dry_run"], counts(report)) == (True, ((2, 0, 0), (3, 0, 0), 0))
    assert await service.sql("SELECT 1 FROM household") == []


async def test_each_mistake_in_its_row_and_the_others_kept(service: Households) -> None:
    await service.register(household(90, PINE, [person(90)]))
    rows = [
        household(1, PINE, [person(1)]),
        household(2, PINE, [person(2), {**person(3), "id_number": id_number(3)[:-1] + "?"}]),
        household(3, PINE, [person(90)]),  # lives in household 90
        household(4, PINE, [person(4), person(4, "又是他", "20")]),
        household(5, "539921100299", [person(5)]),
        household(6, STONE, [person(6)]),
        {"area_code": PINE, "members": []},
        household(1, PINE, [person(7)]),
        household(8, PINE, [person(1)]),  # came in the first household of this file
        "not a household",
        household(9, PINE, [person(9)]),
    ]
    expected = [
        (2, "members.1.id_number", "id-number-characters"),
        (6, "area_code", "area-not-village"),
        (7, "national_code", "field-missing"),
        (10, "", "field-invalid"),
        (3, "members.0.id_number", "person-in-another-household"),
        (4, "members.1.id_number", "person-twice"),
        (5, "area_code", "area-unknown"),
        (8, "national_code", "household-twice"),
        (9, "members.0.id_number", "person-in-another-household"),
    ]
    for query in ({"dry_run": "true"}, {}):
        report = await imported(service, rows, **query)
        assert sorted(mistakes(report)) == sorted(expected)
        assert counts(report) == ((2, 0, 0), (2, 0, 0), 9)
        assert report["error_count"] == 9
    assert id_number(90) not in str(report)
    assert await service.sql("SELECT count(*) FROM household") == [(3,)]


async def test_mistakes_across_parts(service: Households, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.households.api.imports.PART", 2)
    rows = [household(n, PINE, [person(n)]) for n in range(1, 6)] + [
        household(6, PINE, [person(1)]),
        household(2, PINE),
    ]
    for query in ({"dry_run": "true"}, {}):
        report = await imported(service, rows, **query)
        found = [(6, "members.0.id_number", "person-in-another-household"), (7, "national_code", "household-twice")]
        assert mistakes(report)[:2] == found
        assert counts(report)[0] == (5, 0, 0)


async def test_ndjson_with_a_broken_line(service: Households) -> None:
    lines = [orjson.dumps(TWO[0]), b"{broken", b"", orjson.dumps(TWO[1])]
    report = await imported(service, b"\xef\xbb\xbf" + b"\r\n".join(lines), NDJSON)
    assert (counts(report), mistakes(report)) == (((2, 0, 0), (3, 0, 0), 1), [(2, "", "json-invalid")])


CHINESE = f"""户编号,村代码,户类型,户联系电话,人编号,姓名,证件号码,与户主关系,联系电话,在校生状况,健康状况,是否在校生
H00001,{PINE},监测户,154 0000 0018,P1,张三,{id_number(1)},户主,15400000017,非在校生,长期慢性病、残疾,否
H00002,{BRIDGE},脱贫户,,P2,李四,{id_number(2)},户主,,,健康,
H00001,,,,P3,张小三,{id_number(3)},之子,,小学,健康,是
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
async def test_csv_as_spreadsheets_save_it(service: Households, encoding: str) -> None:
    report = await imported(service, CHINESE.encode(encoding), f"{CSV}; charset={encoding}")
    assert (mistakes(report), counts(report)) == ([], ((2, 0, 0), (3, 0, 0), 0))
    rows = await service.sql(
        "SELECT national_code, h.class, name, relation, pupil, school_stage, health FROM member"
        " JOIN household h ON h.id = household_id ORDER BY name"
    )
    assert rows == [
        ("H00001", "monitored", "张三", "02", False, None, ["chronic", "disabled"]),
        ("H00001", "monitored", "张小三", "20", True, "primary", ["healthy"]),
        ("H00002", "lifted_out", "李四", "02", False, None, ["healthy"]),
    ]


async def test_mistakes_of_a_csv_stand_in_the_persons_row(service: Households) -> None:
    table = (
        "national_code,area_code,class,name,id_number,relation\n"
        f"H00001,{PINE},ordinary,张三,{id_number(1)},02\n"
        f'H00002,{PINE},ordinary,"李\n四",{id_number(2)},02\n'
        f"H00001,,,张小三,{id_number(3)},叔叔\n"
        f",{PINE},ordinary,王五,{id_number(4)},02\n"
        f"H00001,,,赵六,{id_number(1)},99\n"
    )
    report = await imported(service, table.encode(), CSV)
    assert sorted(mistakes(report)) == [
        (4, "name", "field-invalid"),
        (5, "relation", "choice-invalid"),
        (6, "national_code", "field-missing"),
    ]
    report = await imported(service, table.replace("叔叔", "97").encode(), CSV)
    assert (7, "id_number", "person-twice") in mistakes(report)


UNREADABLE = [
    (b"[{}", JSON, 400, "json-invalid"),
    (b'{"a": 1}', JSON, 400, "json-invalid"),
    (b"", JSON, 400, "json-invalid"),
    (b"\xff\xfe\x00", CSV, 422, "csv-unreadable"),
    ("姓名,性别\n张三,男\n".encode(), CSV, 422, "column-missing"),
    (b"", CSV, 422, "column-missing"),
    (b"x", "application/zip", 415, "media-type-unsupported"),
    (b"[" + b" " * 64_000_001, JSON, 413, "body-too-large"),
]


async def test_unreadable_bodies(service: Households) -> None:
    for body, kind, status, code in UNREADABLE:
        answer = await service.call("POST", "/households/imports", content=body, headers={"Content-Type": kind})
        assert (answer.status_code, answer.json()["code"]) == (status, code), (body[:20], kind)


async def test_a_broken_array_leaves_nothing(service: Households, monkeypatch: pytest.MonkeyPatch) -> None:
    body = b"[" + b",".join(orjson.dumps(household(n, PINE, [person(n)])) for n in range(1, 8)) + b", {"
    monkeypatch.setattr("services.households.api.imports.PART", 2)
    answer = await service.call("POST", "/households/imports", content=body, headers={"Content-Type": JSON})
    assert (answer.status_code, answer.json()["code"]) == (400, "json-invalid")
    assert await service.sql("SELECT 1 FROM household") == []
    fine = await imported(service, body[:-3] + b"]", dry_run="true")
    assert counts(fine)[0] == (7, 0, 0)


async def test_out_of_sight_is_a_mistake_and_no_failure(service: Households) -> None:
    await service.register(household(1, BRIDGE, [person(1)]))
    rows = [
        {**household(1, BRIDGE, [person(2)]), "area_code": PINE},
        household(3, PINE, [person(1)]),
        household(4, BRIDGE, []),
    ]
    answer = await service.call(
        "POST", "/households/imports", "county", STONE, content=orjson.dumps(rows), headers={"Content-Type": JSON}
    )
    assert mistakes(answer.json()) == [
        (1, "national_code", "household-exists"),
        (2, "members.0.id_number", "person-in-another-household"),
        (3, "area_code", "area-not-permitted"),
    ]
    assert await service.sql("SELECT count(*) FROM household") == [(1,)]


async def test_somebody_enters_the_same_person_meanwhile(service: Households, monkeypatch: pytest.MonkeyPatch) -> None:
    async def slowly(*given: Any) -> str:
        if given[1] == "member":
            await service.register(household(9, PINE, [person(1)]))
        return await bulk.stage(*given)

    monkeypatch.setattr("services.households.usecases.imports.stage", slowly)
    answer = await service.call(
        "POST", "/households/imports", content=orjson.dumps(TWO), headers={"Content-Type": JSON}
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "register-changed")
    assert await service.sql("SELECT count(*) FROM household") == [(1,)]
    monkeypatch.undo()
    assert mistakes(await imported(service, TWO)) == [(1, "members.0.id_number", "person-in-another-household")]


async def test_the_import_is_on_record(service: Households) -> None:
    await imported(service, TWO, role="admin")
    [(role, detail)] = await service.sql("SELECT role, detail FROM audit_entry WHERE action = 'household:import'")
    assert (role, detail["households"], detail["members"]) == ("admin", {"added": 2}, {"added": 3})


async def test_thousands_at_once(service: Households) -> None:
    """2,000 synthetic households in one request. The target is 8,000 people a second on two idle cores."""
    county = [{"code": area.code, "name": area.name} for area in areas()]
    await service.deliver(AreasChanged(areas=county))
    drafts = [draft(one) for one in itertools.islice(households(2000, 7, date(2026, 3, 23)), 2000)]
    people = sum(len(one["members"]) for one in drafts)
    started = time.perf_counter()
    report = await imported(service, drafts, role="admin")
    rate = people / (time.perf_counter() - started)
    assert counts(report) == ((2000, 0, 0), (people, 0, 0), 0)
    assert rate > 800, f"{rate:.0f} people a second"  # a tenth: other tests may be running beside
