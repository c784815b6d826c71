"""Requests made from the OpenAPI document, sound and broken, about what is there and what is not: none meets a 5xx, and
every answer is one it documents."""

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

from tests.alerts.conftest import (
    ALERTS,
    BATCHES,
    EDUCATION,
    VILLAGE,
    Service,
    absence,
    absences,
    bearer,
    days_ago,
)
from tests.alerts.files_service import absent, finished, send, table
from tests.alerts.silence import ZEROS, tell_policies

EXAMPLES = 12
"""Requests for each operation; every caller makes all of them, for to make them up takes longer than to answer them."""

BUREAU = bearer("bureau", ["education.absence"])
CALLERS = {
    "key": EDUCATION,
    "bureau": BUREAU,
    "county": bearer("county") | {"If-Match": "*"},
    "admin": bearer("admin", areas=["*"]) | {"If-Match": "*"},
    "supervisor": bearer("supervisor"),
    "village": bearer("village", areas=[VILLAGE]),
    "nobody": {},
}
CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance)


@pytest.fixture
async def address(originals: None, county: Service) -> AsyncIterator[str]:
    """The service on a port of this machine, in the loop of the test."""
    config = uvicorn.Config(county.app, "127.0.0.1", 0, lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await serving


@pytest.fixture
async def there(county: Service) -> dict[str, str]:
    """One of everything that an address can name, by the name of the parameter."""
    await tell_policies(county)
    alert = await county.post(ALERTS, absence())
    batch = await county.post(BATCHES, absences(2))
    file = await finished(county, await send(county, table([absent(3), absent(4, days="many")])))
    zero = await county.post(ZEROS, {"feed": "education.absence", "period": days_ago(30)})
    hook = await county.post("/alerts/v1/webhooks", {"url": "https://bureau.invalid/"}, headers=BUREAU)
    message = await county.post(f"/alerts/v1/webhooks/{hook.json()['id']}/test", headers=BUREAU)
    [[rule]] = await county.sql("SELECT id FROM rule WHERE feed = 'education.absence' LIMIT 1")
    made = {"alert_id": alert, "batch_id": batch, "report_id": zero, "webhook_id": hook, "delivery_id": message}
    assert {name: answer.status_code for name, answer in made.items() if answer.status_code not in (201, 202)} == {}
    ids = {name: str(answer.json()["id"]) for name, answer in made.items()}
    return ids | {"file_id": file["id"], "rule_id": str(rule), "code": "education.absence"}


async def test_no_request_meets_a_server_error(address: str, there: dict[str, str]) -> None:
    for caller, met in (await asyncio.to_thread(try_all, address, there)).items():
        assert sum(met.values()) > 200, (caller, met)
        assert met[200] > 30 or caller in ("village", "nobody"), (caller, met)
        assert met[422] > 20, f"broken requests of {caller} were among them"


def try_all(address: str, there: dict[str, str]) -> dict[str, Counter[int]]:
    """Try every operation; by caller, how often each status was the answer."""
    met: dict[str, Counter[int]] = {caller: Counter() for caller in CALLERS}
    document = httpx.get(f"{address}/alerts/openapi.json").json()
    schema: Any = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=address)
    operations = [found.ok() for found in schema.get_all_operations()]
    for operation in operations:
        abouts = ({}, there) if "{" in operation.path else ({},)
        for known in abouts:
            examples = EXAMPLES // 2 // len(abouts)
            try_one(operation, GenerationMode.POSITIVE, known, examples, met)
            with suppress(Unsatisfiable):  # nothing can be wrong with a request that says nothing
                try_one(operation, GenerationMode.NEGATIVE, known, examples, met)
    return met


def try_one(
    operation: Any, mode: GenerationMode, known: dict[str, str], examples: int, met: dict[str, Counter[int]]
) -> None:
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def attempt(case: Any) -> None:
        if known:
            case.path_parameters = {name: known.get(name, value) for name, value in case.path_parameters.items()}
        for caller, headers in CALLERS.items():
            response = case.call(headers=headers)
            met[caller][response.status_code] += 1
            case.validate_response(response, checks=CHECKS)

    attempt()
