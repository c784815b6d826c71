"""A table that makes whoever looks at it loop, or ends them, is refused while others are answered, and nothing is kept."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from services.jobs.api import ledger_imports
from shared.files import heads
from shared.tables import whole
from tests.hurried import STUCK, hurried
from tests.jobs import checks
from tests.jobs.conftest import Jobs
from tests.jobs.test_ledger_imports import row, send, workbook
from tests.jobs.test_post_imports import GOOD, HEAD

__all__ = ["hurried"]

Road = tuple[Any, str, Callable[[Jobs], Any], int]


def _ledger(service: Jobs) -> Any:
    return send(service, workbook([row(1)]))


def _export(service: Jobs) -> Any:
    return checks.send(service, checks.table([checks.hr(1)]))


def _posts(service: Jobs) -> Any:
    body = "\n".join([HEAD, GOOD[0]]).encode()
    return service.call("POST", "/posts/imports", content=body, headers={"Content-Type": "text/csv"})


ROADS = [
    (ledger_imports, "rows_of", _ledger, 202),
    (heads, "rows_of", _export, 202),
    (whole, "read_here", _posts, 200),
]


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("road", ROADS, ids=["ledger", "export", "posts"])
@pytest.mark.parametrize(("reader", "status", "code"), STUCK)
async def test_it_holds_up_nobody(
    service: Jobs, monkeypatch: pytest.MonkeyPatch, road: Road, reader: Any, status: int, code: str
) -> None:
    module, name, upload, good = road
    with monkeypatch.context() as broken:
        broken.setattr(module, name, reader)
        stuck = asyncio.create_task(upload(service))
        while not stuck.done():
            assert (await service.call("GET", "/posts")).status_code == 200
        answer = await stuck
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert service.app.state.files.list_names("") == []
    assert (await upload(service)).status_code == good, "the next one is looked at"
