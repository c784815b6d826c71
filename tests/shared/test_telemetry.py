"""Spans of requests tell the route and the ids, never what somebody wrote into the address."""

import logging
import sys

import asyncpg
import httpx
import pytest
from fastapi import FastAPI
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sqlalchemy.exc import IntegrityError

from shared.postgres import Cluster
from shared.telemetry import WithoutPeople, WithoutRows

ID_NUMBER = "539921198001010019"


def test_no_log_line_holds_the_row_that_postgresql_refused() -> None:
    try:
        try:
            refused = asyncpg.UniqueViolationError("duplicate key")
            refused.detail = f"Key (name, note)=(张三, first\nsecond {ID_NUMBER}) already exists."
            raise refused
        except asyncpg.UniqueViolationError as error:
            raise IntegrityError("INSERT INTO person", {}, error, hide_parameters=True) from error
    except IntegrityError:
        record = logging.LogRecord("x", logging.ERROR, "x", 1, "failed", (), sys.exc_info())
    line = WithoutRows("%(message)s", json_ensure_ascii=False).format(record)
    assert all(secret not in line for secret in (ID_NUMBER, "张三", "second"))
    assert line.count("duplicate key") == 2
    assert "INSERT INTO person" in line


@pytest.mark.parametrize("argument", [ID_NUMBER, ["张三", ID_NUMBER], f"first\nsecond {ID_NUMBER}"])
async def test_no_log_line_holds_the_argument_that_could_not_be_sent(cluster: Cluster, argument: object) -> None:
    connection = await asyncpg.connect(cluster.dsn("shouwang").replace("+asyncpg", ""))
    try:
        await connection.fetch("SELECT $1::int", argument)
    except asyncpg.DataError:
        record = logging.LogRecord("x", logging.ERROR, "x", 1, "failed", (), sys.exc_info())
    finally:
        await connection.close()
    line = WithoutRows("%(message)s", json_ensure_ascii=False).format(record)
    assert all(secret not in line for secret in (ID_NUMBER[:8], "张三", "second"))
    assert "invalid input for query argument $1: ?" in line


async def test_no_span_holds_what_was_written_into_an_address() -> None:
    exported = InMemorySpanExporter()
    tracers = TracerProvider()
    tracers.add_span_processor(WithoutPeople())
    tracers.add_span_processor(SimpleSpanProcessor(exported))
    app = FastAPI(telemetry={"tracer_provider": tracers, "logs": False, "operation_spans": False})
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        await client.get(f"/alerts/v1/alerts/{ID_NUMBER}", params={"q": ID_NUMBER})
    [span] = exported.get_finished_spans()
    assert span.attributes is not None
    assert (span.attributes["url.path"], span.attributes["url.query"]) == ("/alerts/v1/alerts/?", "?")
    assert ID_NUMBER not in span.to_json()
