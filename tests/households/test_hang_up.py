"""A caller who leaves in the middle of a file is no failure of the service."""

import logging
from typing import Any

import pytest

from tests import signing
from tests.households.conftest import COUNTY, Households


async def test_a_hang_up_within_a_file_is_no_error(service: Households, caplog: pytest.LogCaptureFixture) -> None:
    messages = [
        {"type": "http.request", "body": b"national_code,", "more_body": True},
        {"type": "http.disconnect"},
    ]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(dict(message))

    signed = signing.token("county", [COUNTY])
    headers = [(b"authorization", f"Bearer {signed}".encode()), (b"content-type", b"text/csv")]
    path = "/households/v1/households/imports"
    scope = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b""}
    with caplog.at_level(logging.ERROR):
        await service.app({**scope, "headers": headers, "state": {}, "client": None}, receive, send)  # raises nothing
    assert not caplog.records
    assert [message["status"] for message in sent if message["type"] == "http.response.start"] == [400]
