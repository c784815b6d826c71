"""What goes wrong while a file comes in leaves nothing, and what comes in lies nowhere in clear."""

import asyncio
import csv
import io
import json
import logging
import os
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
import xlwt
from python_calamine import CalamineWorkbook

from services.alerts.api import file_upload
from shared.tables import in_turn
from shared.workbook_stream import XLSX
from tests.alerts.conftest import EDUCATION, MEDICAL, MakeService, Service, bearer, id_number
from tests.alerts.files_service import ABSENCES, FILES, absent, bill, counts, finished, objects, send, send_costs, table
from tests.alerts.test_secrets import everything_stored, forms

NAME, SCHOOL, PHONE = "欧阳朝霞", "青石镇第九小学", "15400009876"


pytestmark = pytest.mark.usefixtures("originals")


def gbk(rows: list[list[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter="\t").writerows([ABSENCES, *rows])
    return text.getvalue().encode("gb18030")


def xlsx(rows: list[list[Any]]) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet("三月")
        sheet.merge_range(0, 0, 0, len(ABSENCES) - 1, "缺课学生名单")
        for place, row in enumerate([ABSENCES, *rows], 1):
            sheet.write_row(place, 0, row)
    return file.getvalue()


def xls(rows: list[list[Any]]) -> bytes:
    book = xlwt.Workbook()
    sheet = book.add_sheet("三月")
    for place, row in enumerate([ABSENCES, *rows]):
        for column, value in enumerate(row):
            sheet.write(place, column, value)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def loops(*_: Any) -> None:
    while True:
        pass


async def test_a_table_that_makes_its_reader_loop_holds_up_nobody(
    county: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = in_turn._Kept()
    monkeypatch.setattr(in_turn, "_KEPT", kept)
    await in_turn.beside(os.getpid)
    assert kept._sides is not None
    kept._sides._seconds = 2.0
    with monkeypatch.context() as broken:
        broken.setattr(file_upload, "read_head", loops)
        stuck = asyncio.create_task(send(county, table([absent(1)])))
        while not objects(tmp_path):
            await asyncio.sleep(0.01)
        assert (await county.get(FILES)).status_code == 200
        assert not stuck.done(), "others are answered meanwhile"
        answer = await stuck
    assert (answer.status_code, answer.json()["code"]) == (409, "took-too-long")
    assert objects(tmp_path) == []
    assert (await send(county, table([absent(1)]))).status_code == 202
    kept.end()


@pytest.mark.parametrize(("make", "name"), [(table, "a.csv"), (gbk, "a.txt"), (xlsx, "a.xlsx"), (xls, "a.xls")])
async def test_each_format(county: Service, make: Any, name: str) -> None:
    answer = await send(county, make([absent(1), absent(2, days=1), absent(3)]), name)
    view = await finished(county, answer)
    assert (view["format"], view["name"]) == ({"a.txt": "csv"}.get(name, name[2:]), name)
    assert counts(view, "rows_read", "triggered", "stored", "rejected") == (3, 2, 2, 0)
    result = await county.get(f"{FILES}/{view['id']}/result")
    assert (result.status_code, result.headers["content-type"]) == (200, XLSX)


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04 no workbook", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 neither", b"\x00" * 50]
)
async def test_what_is_no_table_is_refused_at_once(county: Service, tmp_path: Path, content: bytes) -> None:
    answer = await send(county, content, "a.xlsx")
    assert answer.status_code == 422, answer.text
    assert (objects(tmp_path), await county.count("file")) == ([], 0)


async def test_a_file_beyond_the_limit(
    make_service: MakeService, county: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FILES_MAX_BYTES", "2000000")
    small = await make_service()
    content = table([absent(n) for n in range(1, 30_000)])
    told = await send(small, content)
    assert (told.status_code, told.json()["code"], told.headers["connection"]) == (413, "file-too-large", "close")

    async def untold() -> Any:  # of which no length is known before
        head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
        yield head
        for start in range(0, len(content), 50_000):
            yield content[start : start + 50_000]

    headers = {**EDUCATION, "Content-Type": "multipart/form-data; boundary=x"}
    found = await small.http.post(FILES, content=untold(), headers=headers)
    assert (found.status_code, found.json()["code"]) == (413, "file-too-large")
    assert (objects(tmp_path), await small.count("file")) == ([], 0)


async def test_nothing_is_left_of_a_sender_who_hangs_up(county: Service, tmp_path: Path) -> None:
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
    pieces = iter([head, *([b"row," * 500_000] * 8)])
    at_most = 0

    async def receive() -> Any:
        nonlocal at_most
        at_most = max(at_most, len(objects(tmp_path)))
        piece = next(pieces, None)
        if piece is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": piece, "more_body": True}

    async def hear(_: Any) -> None: ...

    headers = [(b"x-api-key", b"education-secret"), (b"content-type", b"multipart/form-data; boundary=x")]
    scope = {"type": "http", "method": "POST", "path": FILES, "raw_path": b"", "query_string": b"", "headers": headers}
    scope |= {"http_version": "1.1", "scheme": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}}
    await county.app({**scope, "app": county.app}, receive, hear)
    assert at_most == 1, "some of it lay there"
    assert (objects(tmp_path), await county.count("file")) == ([], 0)


async def test_nothing_personal_lies_in_clear(
    county: Service, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    pupils = [absent(n) for n in range(6)]
    for row in pupils:
        row[1], row[2], row[6] = NAME, PHONE, SCHOOL
    pupils[1][5], pupils[2][0], pupils[3][3], pupils[4][5] = 1, pupils[2][0] + "9", NAME, SCHOOL
    answers = [
        await send(county, table(pupils), f"{NAME}.csv"),
        await send(county, table(pupils, [NAME, *ABSENCES[1:]])),
    ]
    view = await finished(county, answers[0])
    assert counts(view, "stored", "rejected") == (2, 3)
    patients = [bill(n, 6000) for n in range(6, 9)]
    for row in patients:
        row[1], row[6] = NAME, SCHOOL
    answers.append(await send_costs(county, patients))
    assert (await finished(county, answers[-1], MEDICAL))["unmatched"] == 3
    answers += [await county.get(f"{FILES}/{view['id']}/errors"), await county.get(f"{FILES}/{view['id']}/events")]
    assert NAME in answers[0].json()["name"], "the sender's own word for it, to the sender"
    for path in (FILES, f"{FILES}/{view['id']}"):
        seen = await county.get(path, headers=bearer("supervisor"))
        assert (seen.status_code, NAME in seen.text) == (200, False), "people put names into it"

    told = [answer.text.replace(f"{NAME}.csv", "").replace(json.dumps(f"{NAME}.csv")[1:-1], "") for answer in answers]
    stored = await everything_stored(county)
    lying = {path.name: path.read_bytes() for path in objects(tmp_path)}
    events = [message.value.decode() for message in county.heard.messages]
    logged = [str(record.__dict__) + caplog.handler.format(record) for record in caplog.records]
    assert (len(lying), stored["unmatched_row"].count("\n"), bool(events)) == (2, 2, True)
    texts = (NAME, SCHOOL, PHONE, *(id_number(n) for n in range(9)))
    for where, found in {
        "answers": told,
        "events": events,
        "logs": logged,
        **{t: [s] for t, s in stored.items()},
    }.items():
        for text in found:
            assert [secret for one in texts for secret in forms(one) if secret in text] == [], where
    for name, content in lying.items():
        clear = [one for one in texts for code in ("utf-8", "gb18030") if one.encode(code) in content]
        assert clear == [], name
    names = [path.name for path in tmp_path.rglob("*")]
    assert not any(one in name for one in texts for name in names)


async def test_a_table_that_is_broken_far_below_its_head_ends_there(county: Service) -> None:
    """The parts before it stand, and are only repeated when the mended file comes."""
    rows = [absent(n % 20_000, days=5 if n < 3 else 1) for n in range(60_000)]
    broken = table(rows) + b'"never closed,' + b"x" * 100 + b"\n" + b"1,2\n" * 1_200_000
    view = await finished(county, await send(county, broken))
    assert (view["state"], view["failure"]["code"], view["result_kept"]) == ("failed", "quote-open", True)
    assert f"{view['rows_read']}" in view["failure"]["message"]
    result = await county.get(f"{FILES}/{view['id']}/result")
    told = CalamineWorkbook.from_filelike(io.BytesIO(result.content)).get_sheet_by_index(0).to_python()[1:]
    assert len(told) == view["rows_read"] > 0
    assert [row[0] for row in told[:3]] == [id_number(n) for n in range(3)]
    assert {row[-2] for row in told[:3]} == {"已生成预警"}
    mended = await finished(county, await send(county, table(rows)))
    assert (mended["state"], mended["stored"] + mended["repeated"]) == ("done", 3)
    assert await county.count("alert") == 3


async def test_an_original_that_was_tampered_with_is_given_up(county: Service, tmp_path: Path) -> None:
    content = table([absent(n) for n in range(10)])
    answer = await send(county, content)
    await finished(county, answer)
    (original,) = objects(tmp_path)
    original.write_bytes(original.read_bytes()[:-1])
    await county.sql("UPDATE file SET state = 'queued', finished_at = NULL, rows_read = 0")
    view = await finished(county, answer)
    assert (view["state"], view["failure"]["code"]) == ("failed", "file-lost")
