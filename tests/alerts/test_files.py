"""A bureau drops an export: it is taken in sealed, worked off, told, and given back with what became of each row."""

import csv
import io
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared.contracts.alerts import AlertRaised
from tests.alerts.conftest import (
    EDUCATION,
    VILLAGE,
    Service,
    days_ago,
    id_number,
    until,
)

FILES = "/alerts/v1/files"
PERIOD = days_ago(20)[:7]
HEADINGS = ["学生身份证号", "学生姓名", "监护人电话", "行政区划代码", "缺课开始日期", "编号", "连续缺课天数", "学校"]


@pytest.fixture(autouse=True)
def _store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of the test's own for originals."""
    monkeypatch.setenv("FILES_URL", (tmp_path / "files").as_uri())


def objects(folder: Path) -> list[Path]:
    """What lies in the store."""
    return [path for path in (folder / "files").rglob("*") if path.is_file()]


def absent(number: int, days: Any = 5, **changed: Any) -> list[Any]:
    """A row of the education bureau's export."""
    return [id_number(number), f"学生{number}", "15400000017", VILLAGE, days_ago(3), "", days, "云岭中学"]


def sheet(rows: list[list[Any]], headings: list[str] = HEADINGS) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([headings, *rows])
    return text.getvalue().encode()


async def send(service: Service, content: bytes, **changed: Any) -> httpx.Response:
    form = {"feed": "education.absence", "period": days_ago(1), **changed.pop("form", {})}
    name = changed.pop("name", "export.csv")
    return await service.http.post(
        FILES, data=form, files={"file": (name, content)}, **{"headers": EDUCATION, **changed}
    )


async def finished(service: Service, answer: httpx.Response, **more: Any) -> dict[str, Any]:
    """The file, once it is worked off."""
    assert answer.status_code in (200, 202), answer.text
    view: dict[str, Any] = {}

    async def is_finished() -> bool:
        nonlocal view
        view = (await service.get(answer.headers["location"], **more)).json()
        return view["finished_at"] is not None

    await until(is_finished, seconds=30)
    return view


async def test_a_file_becomes_alerts(service: Service) -> None:
    answer = await send(service, sheet([absent(1), absent(2, days=1), absent(3, days=30)]))
    assert answer.status_code == 202, answer.text
    view = await finished(service, answer)
    assert view["state"] == "done", view
    print(view, (await service.get(answer.headers["location"] + "/errors")).text)
    counts = {name: view[name] for name in ("rows_read", "screened", "triggered", "stored", "rejected")}
    assert counts == {"rows_read": 3, "screened": 3, "triggered": 2, "stored": 2, "rejected": 0}
    assert len(await service.heard.hear(AlertRaised, 2)) == 2
