"""A table that makes whoever looks at it loop, or ends them, is refused while others are answered, and nothing is kept."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from shared.files import heads
from shared.tables import whole
from tests.households import lists
from tests.households.conftest import PINE, Households
from tests.households.income import with_policies
from tests.households.test_income_import import HEAD, ROWS
from tests.hurried import STUCK, hurried

__all__ = ["hurried"]

Road = tuple[Any, str, Callable[[Households], Any], int]


def _list(service: Households) -> Any:
    return lists.send(service, lists.workbook([lists.person(f"{PINE}0001", 1)]))


def _income(service: Households) -> Any:
    return service.call("POST", "/income/imports", content=(HEAD + ROWS).encode(), headers={"Content-Type": "text/csv"})


ROADS = [(heads, "rows_of", _list, 202), (whole, "read_here", _income, 200)]


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("road", ROADS, ids=["list", "income"])
@pytest.mark.parametrize(("reader", "status", "code"), STUCK)
async def test_it_holds_up_nobody(
    service: Households, monkeypatch: pytest.MonkeyPatch, road: Road, reader: Any, status: int, code: str
) -> None:
    await with_policies(service)
    module, name, upload, good = road
    with monkeypatch.context() as broken:
        broken.setattr(module, name, reader)
        stuck = asyncio.create_task(upload(service))
        while not stuck.done():
            assert (await service.call("GET", "/tasks")).status_code == 200
        answer = await stuck
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert service.app.state.files.list_names("") == []
    assert (await upload(service)).status_code == good, "the next one is looked at"
