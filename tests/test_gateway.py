"""The one address of all services, where it answers itself."""

import re

import httpx

from services.gateway import Gateway
from tools.documents.openapi import make_apps, openapi


async def test_an_unknown_address_is_a_problem_as_everywhere() -> None:
    transport = httpx.ASGITransport(Gateway({}))
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        answer = await client.get("/nothing", headers={"Accept-Language": "en"})
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert answer.json()["code"] == "not-found"
    assert answer.headers["content-language"] == "en"


def test_the_document_says_where_to_begin() -> None:
    """In both languages, by routes that are there."""
    document = openapi(make_apps())
    known = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    named = re.findall(r"`(GET|POST) (/[^`?]+)", document["info"]["description"])
    assert len(named) == 10
    assert set(named) <= known
