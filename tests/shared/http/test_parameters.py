"""Query parameters that a route does not know, or that say two things."""

import httpx
import pytest


def mistakes(answer: httpx.Response) -> dict[str, str]:
    assert answer.status_code == 422, answer.text
    assert answer.json()["code"] == "invalid-input"
    return {error["field"]: error["code"] for error in answer.json()["errors"]}


async def test_what_the_route_and_its_dependencies_know_is_taken(client: httpx.AsyncClient) -> None:
    answer = await client.get("/cases?state=open&state=late&class=poor&due_within=3&limit=5")
    assert answer.json() == {"states": ["open", "late"], "class": "poor", "due_within": 3, "limit": 5}


async def test_a_misspelt_parameter_is_refused_and_the_closest_named(client: httpx.AsyncClient) -> None:
    answer = await client.get("/cases?due_witin=3", headers={"Accept-Language": "en"})
    assert mistakes(answer) == {"due_witin": "parameter-misspelt"}
    assert "due_within" in answer.json()["errors"][0]["message"]


async def test_no_name_is_called_close_that_is_not(client: httpx.AsyncClient) -> None:
    answer = await client.get("/cases?x=1")
    assert mistakes(answer) == {"x": "parameter-unknown"}
    assert answer.json()["errors"][0]["message"] == "没有这个查询参数"


async def test_the_name_of_a_function_argument_is_no_parameter(client: httpx.AsyncClient) -> None:
    assert mistakes(await client.get("/cases?kind=poor")) == {"kind": "parameter-unknown"}


async def test_what_stands_once_may_not_come_twice(client: httpx.AsyncClient) -> None:
    assert mistakes(await client.get("/cases?limit=1&limit=2")) == {"limit": "parameter-repeated"}


async def test_a_route_without_parameters_takes_none(client: httpx.AsyncClient) -> None:
    assert (await client.get("/plain")).status_code == 200
    assert mistakes(await client.get("/plain?limit=1")) == {"limit": "parameters-none"}


@pytest.mark.parametrize("query", ["53992119800101001X=1", "=1", "%E5%BC%A0%E4%B8%89", f"{'a' * 70}=1"])
async def test_a_name_that_may_be_a_value_is_not_repeated(client: httpx.AsyncClient, query: str) -> None:
    assert mistakes(await client.get(f"/cases?{query}")) == {"?": "parameter-unknown"}


async def test_not_all_of_very_many_are_told(client: httpx.AsyncClient) -> None:
    query = "&".join(f"x{number}=1" for number in range(5000))
    assert len(mistakes(await client.get(f"/cases?{query}"))) == 20
