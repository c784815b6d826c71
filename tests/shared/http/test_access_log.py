"""What somebody writes into an address by mistake does not stay in the log."""

import logging

import httpx
import pytest
from prometheus_client import generate_latest
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

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
    transport = httpx.ASGITransport(AccessLog(Starlette(), "small"))
    with caplog.at_level(logging.INFO, "shouwang.access"):
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            await client.get(path)
    assert [record.__dict__["path"] for record in caplog.records if record.name == "shouwang.access"] == [logged]


async def test_requests_are_counted_by_route_and_never_by_what_somebody_wrote() -> None:
    routes = [Route("/things/{id}", lambda _: Response(status_code=204))]
    transport = httpx.ASGITransport(AccessLog(Starlette(routes=routes), "counted"))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        await client.get(f"/things/{ID_NUMBER}")
        await client.get(f"/{ID_NUMBER}")
    lines = [line for line in generate_latest().decode().splitlines() if 'service="counted"' in line]
    assert any("_count" in line and 'status="204"' in line and line.endswith(" 1.0") for line in lines)
    assert any("_count" in line and 'route="none"' in line and 'status="404"' in line for line in lines)
    assert not any(ID_NUMBER in line for line in lines)
