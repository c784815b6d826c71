"""What somebody writes into an address by mistake does not stay in the log."""

import logging

import httpx
import pytest
from starlette.applications import Starlette

from shared.http.access_log import AccessLog

ID_NUMBER, PHONE, OURS = "539921198001010019", "15400000017", "01a20972-3a4b-768f-a3e9-6c384715b68c"


@pytest.mark.parametrize(
    ("path", "logged"),
    [
        (f"/small/v1/things/{ID_NUMBER}", "/small/v1/things/?"),
        (f"/small/v1/things/{PHONE}/x", "/small/v1/things/?/x"),
        ("/small/v1/张三", "/small/v1/?"),
        (f"/small/v1/things/{OURS}/reveal", f"/small/v1/things/{OURS}/reveal"),
        ("/small/v1/areas/539921100200/tree", "/small/v1/areas/539921100200/tree"),
    ],
)
async def test_only_what_is_ours_is_logged_of_a_path(caplog: pytest.LogCaptureFixture, path: str, logged: str) -> None:
    transport = httpx.ASGITransport(AccessLog(Starlette()))
    with caplog.at_level(logging.INFO, "shouwang.access"):
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            await client.get(path)
    assert [record.__dict__["path"] for record in caplog.records if record.name == "shouwang.access"] == [logged]
