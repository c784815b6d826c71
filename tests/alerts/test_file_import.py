"""`python -m services.cli import FILE`: against a server that listens, as a bureau's clerk would."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import uvicorn
from click.testing import CliRunner, Result
from python_calamine import CalamineWorkbook

from services.cli import main
from tests.alerts.conftest import Service, days_ago, named_areas
from tests.alerts.files_service import ABSENCES, absent, table
from tests.alerts.silence import policy
from tests.shared.tables.making import xlsx_bytes

pytestmark = pytest.mark.usefixtures("originals")


@pytest.fixture
async def url(service: Service) -> AsyncIterator[str]:
    """The service on a port; its background work runs already."""
    await service.tell(named_areas())
    with contextlib.closing(socket.socket()) as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(service.app, lifespan="off", log_config=None))
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        await serving


async def run(
    url: str,
    file: Path,
    *more: str,
    feed: str = "education.absence",
    period: str | None = None,
    lang: str = "en_GB.UTF-8",
) -> Result:
    words = ["import", str(file), "--feed", feed, "--url", url, "--api-key", "education-secret"]
    words += ["--period", period or days_ago(1)] if period != "" else []
    environment = {"LANG": lang, "LC_ALL": None, "LC_MESSAGES": None}
    return await asyncio.to_thread(CliRunner().invoke, main, [*words, *more], env=environment)


async def test_a_clerk_sends_a_file(url: str, tmp_path: Path) -> None:
    file = tmp_path / "三月.csv"
    file.write_bytes(table([absent(1), absent(2, days=1)]))
    result = tmp_path / "结果.xlsx"
    sent = await run(url, file, "--strict", "--result", str(result))
    assert sent.exit_code == 0, sent.output
    told = CalamineWorkbook.from_path(str(result)).get_sheet_by_index(0).to_python()
    assert [row[-2] for row in told] == ["What became of it", "New alert", "Does not trigger"]
    assert "rows read 2" in sent.output
    assert "stored 1" in sent.output
    again = await run(url, file, "--strict")
    assert (again.exit_code, "known" in again.output) == (0, True)


async def test_refused_rows_count_when_strict(url: str, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(table([absent(1), absent(2, days="许多")]))
    assert (await run(url, file)).exit_code == 0
    strict = await run(url, file, "--strict")
    assert strict.exit_code == 3
    assert "row 3  连续缺课天数" in strict.output


async def test_a_row_of_a_later_sheet_is_told_with_its_sheet(url: str, tmp_path: Path) -> None:
    file = tmp_path / "a.xlsx"
    file.write_bytes(xlsx_bytes(*([ABSENCES, absent(n), absent(n + 1, days="许多")] for n in (1, 3))))
    sent = await run(url, file)
    assert "\nrow 3  连续缺课天数" in sent.output, sent.output
    assert "\nsheet 2 row 3  连续缺课天数" in sent.output


async def test_what_cannot_be_taken_says_why(url: str, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(table([absent(1)], ["甲", *ABSENCES[1:]]))
    refused = await run(url, file)
    assert (refused.exit_code, "person.id_number: " in refused.output) == (1, True)
    forbidden = await run(url, file, feed="medical.cost", lang="zh_CN.UTF-8")
    assert (forbidden.exit_code, forbidden.output.count("无权使用该预警类别")) == (1, 1)


@pytest.mark.parametrize(
    ("lang", "more", "told"),
    [
        ("C.UTF-8", (), ("读取行数 2", "第 3 行")),
        ("zh_CN.UTF-8", ("--language", "en"), ("rows read 2", "row 3")),
        ("en_US.UTF-8", ("--language", "zh"), ("读取行数 2", "第 3 行")),
    ],
)
async def test_it_speaks_as_it_is_spoken_to(
    url: str, tmp_path: Path, lang: str, more: tuple[str, ...], told: tuple[str, ...]
) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(table([absent(1), absent(2, days="许多")]))
    sent = await run(url, file, *more, lang=lang)
    assert all(one in sent.output for one in told), sent.output


async def test_the_present_period_is_meant_where_that_is_plain(url: str, service: Service, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(table([absent(1)]))
    await service.tell(policy("feed-calendar", weekend=[], in_term_only=[]))
    unclear = await run(url, file, period="")
    assert (unclear.exit_code, f"{days_ago(1)}, {days_ago(0)}" in unclear.output) == (1, True), unclear.output
    await service.tell(policy("feed-calendar", 2, expected_from="2099-01-01"))
    plain = await run(url, file, period="")
    assert (plain.exit_code, f"period {days_ago(0)}" in plain.output) == (0, True), plain.output


async def test_sheets_that_are_not_read_are_told(url: str, tmp_path: Path) -> None:
    file = tmp_path / "三月.xlsx"
    file.write_bytes(xlsx_bytes([ABSENCES, absent(1)], [["填表说明"]]))
    assert '"Sheet2"' in (await run(url, file)).output
