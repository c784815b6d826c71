"""Errors as problem documents (RFC 9457, `application/problem+json`), never with the input in them."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from opentelemetry import trace
from pydantic import BaseModel, Field
from pydantic_core import PydanticSerializationError
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from shared.db.outage import is_outage, is_unstorable
from shared.errors import DomainError, Fault, InvalidInput
from shared.faults import faults_of
from shared.messages import Catalogue, Language, preferred

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
_BY_STATUS = {
    404: "not-found",
    405: "method-not-allowed",
    413: "body-too-large",
    415: "media-type-unsupported",
    401: "unauthenticated",
}
_MOST_TOLD = 1000  # mistakes; a file can hold more of them than anybody reads


class FieldProblem(BaseModel):
    """One mistake in the input."""

    field: str = Field(examples=["person.id_number"])
    code: str = Field(examples=["id-number-checksum"])
    message: str = Field(examples=["身份证号码校验位不正确"])
    position: int | None = Field(None, description="Character within a text, from 1 · 文本中的字符位置", examples=[12])


class RowProblem(FieldProblem):
    """One mistake, in the row where it stands: a line of a table or of NDJSON, or the place in a JSON array, from 1."""

    row: int = Field(examples=[17])


class Problem(BaseModel):
    """What went wrong. `code` is stable; texts follow `Accept-Language`."""

    type: str = Field(examples=["urn:shouwang:problem:not-found"])
    title: str = Field(examples=["未找到，或不在您的权限范围内"])
    status: int = Field(examples=[404])
    code: str = Field(
        description="Never changes its meaning. Those listed with a route are worked out from all that it calls: "
        "one of them may never come there · 错误代码，含义不变；接口所列代码为上限，个别在该接口不会出现",
        examples=["not-found"],
    )
    errors: list[FieldProblem] | None = None
    trace_id: str | None = Field(None, examples=["4bf92f3577b34da6a3ce929d0e0e4736"])


def install(app: FastAPI) -> None:
    """Make every error of `app` a problem document. The app's `state.catalogue` has the texts."""
    app.add_exception_handler(DomainError, _on_domain_error)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, _on_http_exception)
    for kind in (DBAPIError, PydanticSerializationError, ConnectionError):
        app.add_exception_handler(kind, _on_unkept)
    app.add_exception_handler(ClientDisconnect, _on_hang_up)
    app.add_exception_handler(Exception, _on_unexpected)


def answer(
    request: Request,
    status: int,
    code: str,
    params: Mapping[str, Any] | None = None,
    errors: Sequence[FieldProblem] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A problem answer in the caller's language."""
    catalogue: Catalogue = request.app.state.catalogue
    context = trace.get_current_span().get_span_context()
    problem = Problem(
        type=f"urn:shouwang:problem:{code}",
        title=catalogue.text(code, language(request), **(params or {})),
        status=status,
        code=code,
        errors=list(errors) if errors else None,
        trace_id=trace.format_trace_id(context.trace_id) if context.is_valid else None,
    )
    body = orjson.dumps(problem.model_dump(exclude_none=True))
    spoken = {"Content-Language": language(request), "Vary": "Accept-Language"}
    return Response(body, status, {**spoken, **(headers or {})}, MEDIA_TYPE)


BODY_UNREAD = "body_unread"
"""On `request.state`, for routes that read a great body themselves: whether some of it is still to come."""


def language(request: Request) -> Language:
    """The language the caller wants."""
    return preferred(request.headers.get("accept-language"))


def fault_problem(catalogue: Catalogue, language: Language, fault: Fault) -> FieldProblem:
    """A mistake with its text."""
    message = catalogue.text(fault.code, language, **fault.params)
    return FieldProblem(field=fault.field, code=fault.code, message=message, position=fault.params.get("position"))


def row_problem(catalogue: Catalogue, language: Language, row: int, fault: Fault) -> RowProblem:
    """A mistake of a row with its text."""
    return RowProblem(row=row, **fault_problem(catalogue, language, fault).model_dump())


async def _on_domain_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, DomainError)
    faults = error.faults[:_MOST_TOLD] if error.field is not None or isinstance(error, InvalidInput) else ()
    errors = [fault_problem(request.app.state.catalogue, language(request), fault) for fault in faults]
    headers = {}
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if getattr(request.state, BODY_UNREAD, False):
        headers["Connection"] = "close"  # or the server would read on, only to throw it away
    if "retry_after" in error.params:
        headers["Retry-After"] = str(error.params["retry_after"])
    return answer(request, error.status, error.code, error.params, errors, headers)


async def _on_invalid_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = error.errors()
    if any(e["type"] == "json_invalid" for e in found):
        return answer(request, 400, "json-invalid")
    if any(e["loc"] == ("body",) and isinstance(e["input"], bytes) for e in found):
        # Not read as JSON at all: curl calls its body a form unless told otherwise.
        return answer(request, 415, "media-type-unsupported")
    return await _on_domain_error(request, InvalidInput(faults_of(found)))


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = _BY_STATUS.get(error.status_code, "field-invalid" if error.status_code < 500 else "internal-error")
    return answer(request, error.status_code, code, headers=error.headers)


async def _on_hang_up(_request: Request, _error: Exception) -> Response:
    """The caller left before the body was whole: no mistake of ours, and nobody is there to read it."""
    return Response(status_code=400)


async def _on_unkept(request: Request, error: Exception) -> Response:
    """What is no mistake of ours is answered without the traceback that an unexpected error gets."""
    if is_outage(error) or is_unstorable(error):
        return await _on_unexpected(request, error)
    raise error


async def _on_unexpected(request: Request, error: Exception) -> Response:
    if is_outage(error):
        log.warning("database away", extra={"error": type(error).__name__})
        return answer(request, 503, "unavailable", headers={"Retry-After": "2"})
    if is_unstorable(error):
        return answer(request, 422, "text-unstorable")
    return answer(request, 500, "internal-error")
