"""Files of posts."""

import io
from typing import Any

import xlsxwriter

from tests import signing
from tests.jobs.conftest import COUNTY, STONE, V1, Jobs
from tests.jobs.posts import CODE, codes

HEAD = (
    "单位名称,统一社会信用代码,岗位编号,岗位名称,工种,工作地代码,招聘人数,最低月工资,"
    "最高月工资,包住,性别,最低年龄,最高年龄,班次,截止日期"
)
GOOD = [
    f"示例五金,{CODE},A-1,冲压工,五金工,441900,20,4500,6000,是,不限,18,,两班倒,2027-06-30",
    f"示例五金,{CODE},A-2,模具工,61804,441900,5,6000,9000,是,,,,,",
    "示例合作社,,B-1,采摘工,采摘工,539921100200,10,3000,,否,,,,,",
]


async def send(service: Jobs, lines: list[str], **params: Any) -> Any:
    """The report on a file of these lines."""
    body = "\n".join([HEAD, *lines]).encode("gb18030")
    answer = await service.call(
        "POST", "/posts/imports", content=body, params=params, headers={"Content-Type": "text/csv"}
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


def counts(report: Any) -> tuple[int, int, int, int]:
    return report["added"], report["changed"], report["unchanged"], report["failed"]


async def test_a_file_enters_employers_and_posts_once(service: Jobs) -> None:
    report = await send(service, GOOD)
    assert (counts(report), report["new_employers"], report["errors"]) == ((3, 0, 0, 0), 2, [])
    assert counts(await send(service, GOOD)) == (0, 0, 3, 0)
    listed = {one["ref"]: one for one in (await service.get("/posts"))["items"]}
    assert (listed["A-1"]["shift"]["code"], listed["A-1"]["lodging"], listed["A-1"]["openings"]) == (
        "rotating",
        True,
        20,
    )
    assert listed["A-1"]["until_on"] == "2027-06-30"
    assert (listed["B-1"]["pay_low"], listed["B-1"]["pay_high"]) == ("3000.00", "3000.00")
    [employers] = await service.sql("SELECT count(*) FROM employer")
    assert employers == (2,)


async def test_a_dry_run_tells_and_writes_nothing(service: Jobs) -> None:
    report = await send(service, GOOD, dry_run=True)
    assert (report["dry_run"], counts(report), report["new_employers"]) == (True, (3, 0, 0, 0), 2)
    assert (await service.get("/posts"))["items"] == []
    assert (await service.get("/employers"))["items"] == []
    await send(service, GOOD)
    changed = [GOOD[0].replace(",20,", ",30,"), *GOOD[1:]]
    assert counts(await send(service, changed, dry_run=True)) == (0, 1, 2, 0)
    assert counts(await send(service, changed)) == (0, 1, 2, 0)


async def test_each_row_tells_its_faults_and_spoils_no_other(service: Jobs) -> None:
    lines = [
        *GOOD,
        f"示例五金,{CODE[:-1]}X,A-3,车工,车工,441900,5,6000,9000,是,,,,,",
        f"示例五金,{CODE},A-4,车工,车工,441900,5,6000,9000,是,男,,45,,",
        f"示例五金,{CODE},A-1,冲压工,五金工,441900,20,4500,6000,是,,,,,",
        f"示例五金,{CODE},A-5,未知,不存在的工种,44,5,9000,6000,是,,,,,",
        f"示例五金,{CODE},,无编号,车工,441900,5,6000,9000,是,,,,,",
        f"示例五金,{CODE},A-6,车工,车工,441900,5,6000,9000,是,,,,,2020-01-01",
    ]
    report = await send(service, lines)
    assert counts(report) == (3, 0, 0, 6)
    assert [(one["row"], one["field"], one["code"]) for one in report["errors"]] == [
        (5, "credit_code", "credit-code-checksum"),
        (6, "sex", "sex-bar-unlawful"),
        (6, "age_high", "age-bar-unlawful"),
        (7, "ref", "post-row-twice"),
        (8, "pay_high", "pay-order"),
        (8, "trade", "choice-unknown"),
        (8, "place", "place-to-county"),
        (9, "ref", "field-missing"),
        (10, "until_on", "post-until-past"),
    ]
    assert "就业促进法" in report["errors"][1]["message"]


async def test_a_file_cannot_offer_for_the_blacklisted_nor_go_below_those_placed(service: Jobs) -> None:
    await send(service, GOOD)
    await service.sql("UPDATE post SET filled = 4 WHERE ref = 'A-2'")
    below = await send(service, [GOOD[1].replace(",5,", ",3,")])
    assert [one["code"] for one in below["errors"]] == ["post-openings-below"]
    [row] = await service.sql("SELECT id FROM employer WHERE credit_code IS NOT NULL")
    await service.post(f"/employers/{row[0]}/blacklisting", {"reason": "false_posts", "detail": "没有这些岗位"})
    report = await send(service, [GOOD[0].replace("A-1", "A-9")])
    assert [one["code"] for one in report["errors"]] == ["employer-is-blacklisted"]


async def test_a_code_left_out_is_no_way_round_the_blacklist(service: Jobs) -> None:
    await send(service, GOOD)
    [row] = await service.sql("SELECT id FROM employer WHERE credit_code IS NOT NULL")
    await service.post(f"/employers/{row[0]}/blacklisting", {"reason": "unpaid_wages", "detail": "欠薪"})
    report = await send(service, [GOOD[1].replace(CODE, "").replace("A-2", "A-9")])
    assert ([one["code"] for one in report["errors"]], report["new_employers"]) == (["employer-is-blacklisted"], 0)


async def test_an_employer_is_one_with_its_code_and_without(service: Jobs) -> None:
    bare = [line.replace(CODE, "") for line in GOOD]
    assert counts(await send(service, bare)) == (3, 0, 0, 0)
    assert counts(await send(service, GOOD)) == (0, 0, 3, 0)
    report = await send(service, [GOOD[0].replace("A-1", "A-7"), bare[0].replace("A-1", "A-7")])
    assert (counts(report), [one["code"] for one in report["errors"]]) == ((1, 0, 0, 1), ["post-row-twice"])


async def test_texts_and_pay_beyond_all_bounds_are_told(service: Jobs) -> None:
    lines = [
        GOOD[0].replace("示例五金", "厂" * 201),
        GOOD[0].replace("A-1", "A" * 61),
        GOOD[0].replace("冲压工,", "冲" * 201 + ","),
        GOOD[0].replace("冲压工,", "冲\x01压工,"),
        *(GOOD[0].replace("4500", pay) for pay in ("9" * 400, "1e300", "-1e300", "100000", "0.001")),
    ]
    report = await send(service, lines)
    assert (counts(report), report["new_employers"]) == ((0, 0, 0, 9), 0)
    assert [one["code"] for one in report["errors"] if one["row"] < 6] == [*["text-too-long"] * 3, "field-invalid"]
    assert {one["row"] for one in report["errors"] if one["code"].startswith("number-")} == {6, 7, 8, 9, 10}


async def test_a_title_that_bars_is_refused(service: Jobs) -> None:
    report = await send(service, [GOOD[0].replace("冲压工,", "冲压工（限男，１８－３５岁）,")])
    assert [(one["field"], one["code"]) for one in report["errors"]] == [("title", "title-bars")]


async def test_a_workbook_is_read_as_well(service: Jobs) -> None:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    sheet = book.add_worksheet()
    for number, line in enumerate([HEAD, *GOOD]):
        sheet.write_row(number, 0, line.split(","))
    book.close()
    answer = await service.call("POST", "/posts/imports", content=buffer.getvalue())
    assert counts(answer.json()) == (3, 0, 0, 0)


async def test_who_may_send_one(service: Jobs) -> None:
    body = "\n".join([HEAD, *GOOD]).encode()
    assert (await service.call("POST", "/posts/imports", "township", STONE, content=body)).status_code == 403
    token = signing.token("bureau", [COUNTY], ["education.absence"])
    answer = await service.http.post(f"{V1}/posts/imports", content=body, headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, codes(answer)) == (403, ["bureau-keeps-no-posts"])
