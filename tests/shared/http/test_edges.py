"""Commit before the answer, idempotency keys, and errors that tell what and never whom."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx
import pytest
from sqlalchemy import text

from shared.areas import Scope
from shared.db.engine import Database

Count = Callable[[], Awaitable[int]]
ID_NUMBER = "539921198001010019"


async def test_a_failing_commit_is_never_answered_with_success(client: httpx.AsyncClient) -> None:
    answer = await client.post("/broken-commit")
    assert answer.status_code == 500
    assert answer.json()["code"] == "internal-error"


async def test_a_refusal_leaves_nothing_written(client: httpx.AsyncClient, count: Count) -> None:
    answer = await client.post("/things", json={"name": "late"}, headers={"Idempotency-Key": "a"})
    assert answer.status_code == 409
    assert await count() == 0
    again = await client.post("/things", json={"name": "late"}, headers={"Idempotency-Key": "a"})
    assert again.status_code == 409, "a refused request does not use its key up"


async def test_a_repeated_request_gets_the_first_answer(client: httpx.AsyncClient, count: Count) -> None:
    first = await client.post("/things", json={"name": "a"}, headers={"Idempotency-Key": "k1"})
    again = await client.post("/things", json={"name": "a"}, headers={"Idempotency-Key": "k1"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.headers["location"] == again.headers["location"]
    assert first.content == again.content
    assert again.headers["idempotency-replayed"] == "true"
    assert await count() == 1


async def test_a_key_with_another_body_is_refused(client: httpx.AsyncClient, count: Count) -> None:
    await client.post("/things", json={"name": "a"}, headers={"Idempotency-Key": "k1"})
    other = await client.post("/things", json={"name": "b"}, headers={"Idempotency-Key": "k1"})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    assert await count() == 1


async def test_another_query_is_another_request(client: httpx.AsyncClient, count: Count) -> None:
    await client.post("/things?dry_run=true", json={"name": "a"}, headers={"Idempotency-Key": "k1"})
    other = await client.post("/things", json={"name": "a"}, headers={"Idempotency-Key": "k1"})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")


async def test_the_kept_answer_is_sealed(client: httpx.AsyncClient, database: Database) -> None:
    await client.post("/things", json={"name": "张三"}, headers={"Idempotency-Key": "k1"})
    async with database.read(Scope.nowhere()) as session:
        [kept] = list(await session.scalars(text("SELECT body FROM idempotency_key")))
    assert "张三".encode() not in kept
    assert b"name" not in kept


async def test_the_same_request_at_the_same_moment_is_done_once(client: httpx.AsyncClient, count: Count) -> None:
    answers = await asyncio.gather(
        *(client.post("/things", json={"name": "slow"}, headers={"Idempotency-Key": "k"}) for _ in range(5))
    )
    assert {answer.headers["location"] for answer in answers} == {answers[0].headers["location"]}
    assert await count() == 1


@pytest.mark.parametrize("key", ["", "x" * 201, "a\tb"])
async def test_a_key_must_be_sensible(client: httpx.AsyncClient, key: str) -> None:
    answer = await client.post("/things", json={"name": "a"}, headers={"Idempotency-Key": key})
    assert answer.json()["code"] == "idempotency-key-invalid"


async def test_mistakes_are_named_and_the_input_is_not_repeated(client: httpx.AsyncClient) -> None:
    body = {"name": ID_NUMBER, "count": 0, ID_NUMBER: 1, "extra": ID_NUMBER}
    answer = await client.post("/things", json=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert ID_NUMBER not in answer.text
    found = {(e["field"], e["code"]) for e in answer.json()["errors"]}
    assert found == {
        ("name", "text-too-long"),
        ("count", "number-out-of-range"),
        ("?", "field-unknown"),
        ("extra", "field-unknown"),
    }
    texts = {e["code"]: e["message"] for e in answer.json()["errors"]}
    assert texts["text-too-long"] == "内容过长，最多 5 个字符"


async def test_texts_follow_the_callers_language(client: httpx.AsyncClient) -> None:
    answer = await client.post("/things", json={}, headers={"Accept-Language": "en"})
    assert answer.json()["errors"] == [{"field": "name", "code": "field-missing", "message": "Required."}]


async def test_no_body_is_told_to_be_none(client: httpx.AsyncClient) -> None:
    answer = await client.post("/things", headers={"Accept-Language": "en"})
    assert answer.json()["errors"] == [{"field": "", "code": "body-missing", "message": "The request has no body."}]


async def test_broken_json_is_told_apart(client: httpx.AsyncClient) -> None:
    answer = await client.post("/things", content=b'{"name": ', headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, "json-invalid")


async def test_json_that_is_not_called_json_is_told_so(client: httpx.AsyncClient) -> None:
    """What curl sends with `-d` alone; JSON of the wrong shape is another mistake."""
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = await client.post("/things", content=b'{"name": "a"}', headers=form)
    assert (answer.status_code, answer.json()["code"]) == (415, "media-type-unsupported")
    for wrong in ([], "name"):
        assert (await client.post("/things", json=wrong)).status_code == 422


async def test_what_nobody_foresaw_is_a_problem_without_its_text(client: httpx.AsyncClient) -> None:
    answer = await client.get("/fails")
    assert answer.status_code == 500
    assert answer.json()["code"] == "internal-error"
    assert "5399" not in answer.text


async def test_unknown_places_and_methods_are_problems(client: httpx.AsyncClient) -> None:
    assert (await client.get("/nowhere")).json()["code"] == "not-found"
    assert (await client.delete("/things")).json()["code"] == "method-not-allowed"


async def test_a_body_over_the_limit_is_refused_before_it_is_read(client: httpx.AsyncClient) -> None:
    read = 0

    async def stream():
        nonlocal read
        for _ in range(1000):
            read += 1
            yield b"x" * 1000

    declared = await client.post("/things", content=b"{" + b" " * 2000)
    assert (declared.status_code, declared.json()["code"]) == (413, "body-too-large")
    streamed = await client.post("/things", content=stream(), headers={"Content-Type": "application/json"})
    assert (streamed.status_code, streamed.json()["code"]) == (413, "body-too-large")
    assert streamed.headers["content-type"] == "application/problem+json"
    allowed = await client.post("/big", json={"a": "x" * 3000})
    assert allowed.status_code == 200, "a route may take more than the others"


async def test_a_database_that_is_away_is_answered_with_try_again(
    client: httpx.AsyncClient, database: Database, cluster, database_name: str
) -> None:
    await client.post("/things", json={"name": "a"})
    import asyncpg

    admin = await asyncpg.connect(cluster.dsn("postgres", "postgres").replace("+asyncpg", ""))
    await admin.execute(f"ALTER DATABASE {database_name} ALLOW_CONNECTIONS false")
    await admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", database_name)
    answer = await client.post("/things", json={"name": "a"})
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer.headers["retry-after"]
    await admin.execute(f"ALTER DATABASE {database_name} ALLOW_CONNECTIONS true")
    await admin.close()
    assert (await client.post("/things", json={"name": "a"})).status_code == 201
