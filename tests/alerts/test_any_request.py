"""Requests made from the OpenAPI document, sound and broken: none meets a 5xx, and every answer is one it documents."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import httpx
import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, status_code_conformance

from tests.alerts.conftest import EDUCATION, Service, bearer

EXAMPLES = 12
"""Requests for each operation; every caller makes all of them, for to make them up takes longer than to answer them."""

CALLERS = {
    "key": EDUCATION,
    "bureau": bearer("bureau", ["education.absence"]),
    "county": bearer("county"),
    "admin": bearer("admin", areas=["*"]),
}
CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance)


@pytest.fixture
async def address(service: Service) -> AsyncIterator[str]:
    """The service on a port of this machine, in the loop of the test."""
    config = uvicorn.Config(service.app, "127.0.0.1", 0, lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await serving


async def test_no_request_meets_a_server_error(address: str) -> None:
    for caller, met in (await asyncio.to_thread(try_all, address)).items():
        assert sum(met.values()) > 200, (caller, met)
        assert met[422] > 20, f"broken requests of {caller} were among them"


def try_all(address: str) -> dict[str, Counter[int]]:
    """Try every operation; by caller, how often each status was the answer."""
    met: dict[str, Counter[int]] = {caller: Counter() for caller in CALLERS}
    document = httpx.get(f"{address}/alerts/openapi.json").json()
    schema: Any = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=address)
    operations = [found.ok() for found in schema.get_all_operations()]
    for operation in operations:
        try_one(operation, GenerationMode.POSITIVE, met)
        with suppress(Unsatisfiable):  # nothing can be wrong with a request that says nothing
            try_one(operation, GenerationMode.NEGATIVE, met)
    return met


def try_one(operation: Any, mode: GenerationMode, met: dict[str, Counter[int]]) -> None:
    @settings(
        max_examples=EXAMPLES // 2,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def attempt(case: Any) -> None:
        for caller, headers in CALLERS.items():
            response = case.call(headers=headers)
            met[caller][response.status_code] += 1
            case.validate_response(response, checks=CHECKS)

    attempt()
