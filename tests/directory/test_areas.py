"""Areas: imported from what spreadsheets write, all or nothing; searched, shown as a tree, renamed, closed."""

import httpx
import pytest

from shared.contracts.directory import AreasChanged
from tests.directory.conftest import AREAS, V1, Directory, codes, import_areas


async def send(directory: Directory, content: bytes, query: str = "", **headers: str) -> httpx.Response:
    headers = {**directory.as_("admin"), "Content-Type": "text/csv", **headers}
    return await directory.http.post(f"{V1}/areas/imports{query}", content=content, headers=headers)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
async def test_a_table_comes_in_every_encoding_spreadsheets_write(empty: Directory, encoding: str) -> None:
    answer = await send(empty, AREAS.replace("\n", "\r\n").encode(encoding))
    assert answer.json() == {"rows": 6, "added": 6, "changed": 0, "unchanged": 0, "dry_run": False}
    (event,) = await empty.heard.hear(AreasChanged)
    assert [area.name for area in event.areas][:2] == ["云岭县", "青石镇"]


async def test_the_same_table_again_changes_and_tells_nothing(directory: Directory) -> None:
    answer = await send(directory, AREAS.encode())
    assert answer.json() == {"rows": 6, "added": 0, "changed": 0, "unchanged": 6, "dry_run": False}
    assert len(await directory.heard.hear(AreasChanged)) == 1


async def test_a_chinese_header_and_a_closed_area(directory: Directory) -> None:
    answer = await send(directory, "区划代码,名称,是否启用\n539921101201,竹溪村,否\n".encode("gb18030"))
    assert answer.json()["changed"] == 1
    assert (await directory.get("/areas/539921101201")).json()["active"] is False


async def test_one_bad_row_keeps_all_out_and_every_mistake_is_told_with_its_line(empty: Directory) -> None:
    table = (
        "code,name,active\n539921000000,云岭县,\n53992110,青石镇,\n539921102000,,\n"
        "539921103000,白水乡,maybe\n\n539921101200,松林村,\n539921000000,云岭县,\n5399A0101000,镇,\n"
    )
    answer = await send(empty, table.encode())
    assert answer.status_code == 422
    assert codes(answer) == {
        "3.code": "area-code-length",
        "4.name": "field-missing",
        "5.active": "field-invalid",
        "7.code": "area-parent-missing",
        "8.code": "area-twice",
        "9.code": "area-code-characters",
    }
    assert (await empty.get("/areas")).json()["items"] == []
    assert empty.heard.events == []


async def test_a_dry_run_says_what_would_happen_and_does_nothing(directory: Directory) -> None:
    table = AREAS.replace("竹溪村", "竹溪社区") + "539921103000,新乡\n"
    answer = await send(directory, table.encode(), "?dry_run=true")
    assert answer.json() == {"rows": 7, "added": 1, "changed": 1, "unchanged": 5, "dry_run": True}
    assert (await directory.get("/areas/539921101201")).json()["name"] == "竹溪村"
    assert (await directory.get("/areas/539921103000")).status_code == 404
    assert len(await directory.heard.hear(AreasChanged)) == 1


NO_TABLES: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xff\xff", "file-encoding-unknown"),
    (b"", "column-missing"),
    (b"name\nx\n", "column-missing"),
    (b'code,name\n"5399', "csv-invalid"),
    (b"code,name\n539921,\x00\n", "invalid-input"),
)


async def test_a_file_that_is_none(empty: Directory) -> None:
    for content, code in NO_TABLES:
        answer = await send(empty, content)
        assert (answer.status_code, answer.json()["code"]) == (422, code), content


async def test_a_file_beyond_the_limit_is_refused_before_it_is_read(empty: Directory) -> None:
    assert (await send(empty, b"x" * 5_000_001)).status_code == 413


async def test_an_importer_stays_within_their_areas(directory: Directory) -> None:
    headers = {"Authorization": directory.as_("admin", "539921101")["Authorization"]}
    answer = await send(directory, b"code,name\n539921101202,A\n539921102202,B\n", "", **headers)
    assert codes(answer) == {"3.code": "area-not-permitted"}


async def test_a_long_table_is_told_in_chunks(empty: Directory) -> None:
    rows = [f"539921{town:03}{village:03},村" for town in range(100, 106) for village in range(200, 400)]
    table = "\n".join(["code,name", "539921,县", *(f"539921{town},镇" for town in range(100, 106)), *rows])
    await import_areas(empty, table)
    chunks = await empty.heard.hear(AreasChanged, 2)
    assert [len(chunk.areas) for chunk in chunks] == [1000, 207]


async def test_an_import_is_safe_to_repeat(empty: Directory) -> None:
    first = await send(empty, AREAS.encode(), **{"Idempotency-Key": "a"})
    second = await send(empty, AREAS.encode(), **{"Idempotency-Key": "a"})
    assert second.json() == first.json()
    assert second.headers["Idempotency-Replayed"] == "true"


async def test_areas_are_searched_by_name_parent_and_level_page_by_page(directory: Directory) -> None:
    async def names(query: str) -> list[str]:
        return [item["name"] for item in (await directory.get(f"/areas?{query}", "village")).json()["items"]]

    assert await names("q=村") == ["松林村", "竹溪村", "石桥村"]
    assert await names("q=%25") == []
    assert await names("parent=539921101") == ["松林村", "竹溪村"]
    assert await names("level=township") == ["青石镇", "白水乡"]
    first = (await directory.get("/areas?limit=4")).json()
    second = (await directory.get(f"/areas?limit=4&after={first['next']}")).json()
    assert [len(first["items"]), len(second["items"]), second["next"]] == [4, 2, None]
    assert codes(await directory.get("/areas?after=x")) == {"after": "cursor-invalid"}


async def test_the_tree(directory: Directory) -> None:
    tree = (await directory.get("/areas/539921/tree")).json()
    assert [(town["name"], [v["name"] for v in town["children"]]) for town in tree["children"]] == [
        ("青石镇", ["松林村", "竹溪村"]),
        ("白水乡", ["石桥村"]),
    ]
    assert (await directory.get("/areas/539909/tree")).status_code == 404


async def test_an_area_is_renamed_and_closed(directory: Directory) -> None:
    url = f"{V1}/areas/539921101201"
    answer = await directory.http.patch(url, json={"name": "竹溪社区", "active": False}, headers=directory.as_("admin"))
    assert (answer.json()["name"], answer.json()["active"]) == ("竹溪社区", False)
    changed = (await directory.heard.hear(AreasChanged, 2))[-1]
    assert [(a.code, a.name, a.active) for a in changed.areas] == [("539921101201", "竹溪社区", False)]
    outside = directory.as_("admin", "539921102")
    assert (await directory.http.patch(url, json={"active": True}, headers=outside)).status_code == 404
