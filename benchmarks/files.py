"""A bureau's export through `POST /alerts/v1/files`, from its first byte until the last alert is stored and in the outbox.

Floors: what the road cannot do without. For a CSV of a million rows of which 1 % trigger: `polars.read_csv` of it, and
asyncpg's COPY of the very alert and outbox rows that the intake leaves behind. For one whose every row triggers: that
COPY alone. Told besides: the same rows as XLSX, the worker's peak of memory, and a single report beside a file.
"""

import asyncio
import csv
import io
import itertools
import json
import statistics
import sys
import time
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import polars as pl
import psutil  # type: ignore[import-untyped]
import xlsxwriter

from benchmarks import county, load
from benchmarks.batch_intake import copy_again
from benchmarks.harness import Case, Figure
from benchmarks.sending import send, worked_off
from benchmarks.serving import app, serving
from benchmarks.world import World
from demo.places import TOWNSHIPS, villages
from shared.clock import local_date, utc_now
from shared.idnumber import complete

MANY = 1_000_000
SOME = 50_000
ONE_PER_CENT = 100
HEADINGS = (
    *("参保人身份证号", "参保人姓名", "联系电话", "所在村", "结算日期", "结算单号"),
    *("个人自付金额", "医疗总费用", "就诊医院", "是否参保"),
)
_ASK = 0.01  # seconds between two looks how far the file is
_RATE = 50  # single reports a second, beside a file
_SECONDS = 20
_BOUNDARY = "benchmark"
_BEGIN = 2  # seconds until the file is on its way


def bills(rows: int, one_in: int) -> Iterator[list[str]]:
    """Hospital bills of as many people, one in `one_in` high enough to trigger whoever it is."""
    towns = {code: name for code, name, *_ in TOWNSHIPS}
    names = [f"{towns[village.code[6:9]]}{village.name}" for village in villages()]
    day = (local_date(utc_now()) - timedelta(days=2)).isoformat()
    for number, village in zip(range(rows), itertools.cycle(names)):  # one of them has no end
        self_pay = 23650.5 if number % one_in == 0 else 100 + number % 4000
        yield [
            id_number(number),
            "王小明",
            "15400000017",
            village,
            day,
            f"JS{number:09}",
            f"{self_pay}",
            f"{self_pay * 3}",
            "云岫县人民医院",
            "是",
        ]


def id_number(number: int) -> str:
    """Of somebody else for each number below 30 million."""
    days, sequence = divmod(number, 1000)
    months, day = divmod(days, 28)
    return str(complete(f"539921{1930 + months // 12}{months % 12 + 1:02}{day + 1:02}{sequence:03}"))


def as_csv(rows: int, one_in: int) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([HEADINGS, *bills(rows, one_in)])
    return text.getvalue().encode()


def as_xlsx(rows: int, one_in: int) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        for place, row in enumerate([HEADINGS, *bills(rows, one_in)]):
            sheet.write_row(place, 0, row)
    return file.getvalue()


@asynccontextmanager
async def open_csv(world: World) -> AsyncIterator[Case]:
    """A million rows, 1 % of which trigger."""
    content, database = as_csv(MANY, ONE_PER_CENT), ""

    async def ours() -> list[float]:
        nonlocal database
        database = await world.clone()
        seconds, peak = await drop_file(world, database, content, "a.csv", MANY // ONE_PER_CENT)
        return [MANY / seconds, peak / 1_000_000]

    async def floor() -> list[float]:
        start = time.perf_counter()
        assert (await asyncio.to_thread(pl.read_csv, content)).height == MANY
        read = time.perf_counter() - start
        copied = MANY // ONE_PER_CENT / (await copy_again(world, database))[0]
        await world.drop(database)
        return [MANY / (read + copied), 1.0]

    figures = (
        Figure("file_csv", "rows/s", target=0.25),
        Figure("file_csv_peak_memory", "MB", target=1000, target_of="ours", lower_is_better=True),
    )
    yield Case(figures, ours, floor)


@asynccontextmanager
async def open_all_trigger(world: World) -> AsyncIterator[Case]:
    """50,000 rows that all trigger; and, told only, as a workbook."""
    contents = {"a.csv": as_csv(SOME, 1), "a.xlsx": as_xlsx(SOME, 1)}
    database = ""

    async def ours() -> list[float]:
        nonlocal database
        rates = []
        for name, content in contents.items():
            if database:
                await world.drop(database)
            database = await world.clone()
            rates.append(SOME / (await drop_file(world, database, content, name, SOME))[0])
        return rates

    async def floor() -> list[float]:
        nonlocal database
        rate = (await copy_again(world, database))[0]
        await world.drop(database)
        database = ""
        return [rate] * len(contents)

    yield Case((Figure("file_all_trigger", "rows/s", target=0.35), Figure("file_xlsx", "rows/s")), ours, floor)


@asynccontextmanager
async def open_beside(world: World) -> AsyncIterator[Case]:
    """The 99th percentile of a single report at 50 a second, while a file of a million rows is worked off, and without."""
    file = world.folder / "many.csv"
    file.write_bytes(as_csv(MANY, ONE_PER_CENT))

    async def measure(beside: bool) -> list[float]:
        database = await world.clone()
        environment = _environment(world, database)
        connection = await world.connect(database)
        async with serving(app("alerts"), world.folder / "alerts.log", environment) as port:
            await _drop(connection, port, as_csv(1000, 1), "a.csv")  # the workers are awake
            work = asyncio.create_task(_again_and_again(f"http://127.0.0.1:{port}", file)) if beside else None
            await asyncio.sleep(_BEGIN)
            times = await _report(port)
            if work is not None:
                work.cancel()
                await asyncio.wait([work])
        await connection.close()
        await world.drop(database)
        return [statistics.quantiles(times, n=100)[98]]

    figure = Figure("file_beside_post_p99", "ms", target=3.0, lower_is_better=True)
    yield Case((figure,), lambda: measure(True), lambda: measure(False))


async def drop_file(world: World, database: str, content: bytes, name: str, alerts: int) -> tuple[float, int]:
    """Seconds until the last alert is in the outbox, and the most bytes that a worker had in memory.

    The bus is away, so the outbox holds all events in the end.
    """
    connection = await world.connect(database)
    async with serving(app("alerts"), world.folder / "alerts.log", _environment(world, database)) as port:
        await _drop(connection, port, as_csv(1000, 1000), "warm.csv")
        start = time.perf_counter()
        triggered = await _drop(connection, port, content, name)
        seconds = time.perf_counter() - start
        peak = _peak_memory()
    emitted = await connection.fetchval("SELECT count(*) FROM alerts.outbox WHERE type = 'alerts.alert-raised'")
    await connection.close()
    assert triggered == emitted == alerts, f"{triggered} rows triggered, {emitted} alerts are in the outbox"
    return seconds, peak


def _peak_memory() -> int:
    """The most bytes that a worker of ours ever had in memory, as the kernel wrote it down."""
    peaks = [0]
    for process in psutil.Process().children(recursive=True):
        if "services.alerts.worker" in process.cmdline():
            status = Path(f"/proc/{process.pid}/status").read_text()
            peaks += [int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM")]
    return max(peaks)


def _environment(world: World, database: str) -> dict[str, str]:
    folder = (world.folder / database).as_uri()
    return world.environment("alerts", database) | {"BENCH_BUS": "away", "FILES_URL": folder}


async def _drop(connection: "asyncpg.Connection[Any]", port: int, content: bytes, name: str) -> int:
    """Send a file and wait until it is worked off; rows that triggered."""
    fields = {"feed": "medical.cost", "period": f"{local_date(utc_now()):%Y-%m}"}
    parts = [
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{fields[key]}\r\n' for key in fields
    ]
    parts.append(f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n')
    body = ["".join(parts).encode(), content, f"\r\n--{_BOUNDARY}--\r\n".encode()]
    file_id = await send(port, "/alerts/v1/files", f"multipart/form-data; boundary={_BOUNDARY}", body)
    return int((await worked_off(connection, "file", file_id, _ASK))["triggered"])


async def _again_and_again(url: str, file: Path) -> None:
    """From a process of its own: what it costs to send must not delay the reports that are measured."""
    period = f"{local_date(utc_now()):%Y-%m}"
    words = [
        "import",
        str(file),
        "--feed",
        "medical.cost",
        "--period",
        period,
        "--url",
        url,
        "--api-key",
        county.API_KEY,
    ]
    while True:
        with file.open("ab") as opened:
            opened.write(b"\n")  # other bytes, so that it is no repetition
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "services.cli", *words), stdout=DEVNULL, stderr=DEVNULL
        )
        try:
            assert await process.wait() == 0
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


async def _report(port: int) -> Sequence[float]:
    """Milliseconds of each report."""
    drafts = list(county.alerts(county.people(_RATE * _SECONDS)))[: _RATE * _SECONDS]
    key = f"X-API-Key: {county.API_KEY}\r\n"
    posts = [load.request("/alerts/v1/alerts", json.dumps(draft, ensure_ascii=False), key).encode() for draft in drafts]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    times = []
    async for number in load.paced(_RATE, _SECONDS):
        start = time.perf_counter()
        writer.write(posts[number])
        head = await reader.readuntil(b"\r\n\r\n")
        body = await reader.readexactly(load.content_length(head))
        times.append((time.perf_counter() - start) * 1000)
        assert head[9:12] == b"201", body[:300]
    writer.close()
    return times
