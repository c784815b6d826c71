"""Errors as problem documents (RFC 9457, `application/problem+json`), never with the input in them."""

import logging
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from opentelemetry import trace
from pydantic import BaseModel, Field
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from shared.db.outage import is_outage, is_unstorable
from shared.errors import DomainError, Fault, InvalidInput
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
_BY_PYDANTIC = {
    "missing": "field-missing",
    "extra_forbidden": "field-unknown",
    "string_too_long": "text-too-long",
    "string_too_short": "text-too-short",
    "too_long": "too-long",
    "too_short": "too-short",
    "literal_error": "choice-invalid",
    "enum": "choice-invalid",
    "json_invalid": "json-invalid",
}
_RANGES = ("greater_than", "greater_than_equal", "less_than", "less_than_equal")
_FIELD_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]{0,60}")
_PARAMS = frozenset(
    {"max_length", "min_length", "expected"}
)  # of pydantic's error contexts, those with no input in them


class FieldProblem(BaseModel):
    """One mistake in the input."""

    field: str = Field(examples=["person.id_number"])
    code: str = Field(examples=["id-number-checksum"])
    message: str = Field(examples=["身份证号码校验位不正确"])


class Problem(BaseModel):
    """What went wrong. `code` is stable; texts follow `Accept-Language`."""

    type: str = Field(examples=["urn:shouwang:problem:not-found"])
    title: str = Field(examples=["未找到，或不在您的权限范围内"])
    status: int = Field(examples=[404])
    code: str = Field(examples=["not-found"])
    errors: list[FieldProblem] | None = None
    trace_id: str | None = Field(None, examples=["4bf92f3577b34da6a3ce929d0e0e4736"])


def install(app: FastAPI) -> None:
    """Make every error of `app` a problem document. The app's `state.catalogue` has the texts."""
    app.add_exception_handler(DomainError, _on_domain_error)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(DBAPIError, _on_database_error)
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
    return Response(body, status, dict(headers or {}), MEDIA_TYPE)


def language(request: Request) -> Language:
    """The language the caller wants."""
    return preferred(request.headers.get("accept-language"))


def field_problem(catalogue: Catalogue, language: Language, error: Mapping[str, Any]) -> FieldProblem:
    """Translate one pydantic error; also used for the rows of a batch."""
    code, params = code_of(error)
    return FieldProblem(field=path_of(error["loc"]), code=code, message=catalogue.text(code, language, **params))


def fault_problem(catalogue: Catalogue, language: Language, fault: Fault) -> FieldProblem:
    """A mistake with its text."""
    message = catalogue.text(fault.code, language, **fault.params)
    return FieldProblem(field=fault.field, code=fault.code, message=message)


def code_of(error: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Our stable code for a pydantic error, with the parameters of its text."""
    kind: str = error["type"]
    code = _BY_PYDANTIC.get(kind)
    if code is None and kind in _RANGES:
        code = "number-out-of-range"
    if code is None:
        # Our own validators raise PydanticCustomError with a catalogue code (they contain hyphens, pydantic's do not).
        code = kind if "-" in kind else "field-invalid"
    context: Mapping[str, Any] = error.get("ctx") or {}
    return code, {name: value for name, value in context.items() if name in _PARAMS}


def path_of(location: Iterable[int | str]) -> str:
    """`("body", "person", "id_number")` → `person.id_number`; a name that looks like a value is left out."""
    parts = list(location)
    if parts and parts[0] in ("body", "query", "path", "header"):
        parts = parts[1:]
    # An unknown field's name is input as well, and somebody will put an ID number there one day.
    names = [str(p) if isinstance(p, int) or _FIELD_NAME.fullmatch(p) else "?" for p in parts]
    return ".".join(names)


async def _on_domain_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, DomainError)
    faults: Sequence[Fault] = ()
    if isinstance(error, InvalidInput):
        faults = error.faults
    elif error.field is not None:
        faults = [Fault(error.field, error.code, error.params)]
    errors = [fault_problem(request.app.state.catalogue, language(request), fault) for fault in faults]
    headers = {}
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if "retry_after" in error.params:
        headers["Retry-After"] = str(error.params["retry_after"])
    return answer(request, error.status, error.code, error.params, errors, headers)


async def _on_invalid_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = error.errors()
    if any(e["type"] == "json_invalid" for e in found):
        return answer(request, 400, "json-invalid")
    problems = [field_problem(request.app.state.catalogue, language(request), e) for e in found]
    return answer(request, 422, "invalid-input", {"count": len(problems)}, problems)


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = _BY_STATUS.get(error.status_code, "field-invalid" if error.status_code < 500 else "internal-error")
    return answer(request, error.status_code, code, headers=error.headers)


async def _on_database_error(request: Request, error: Exception) -> Response:
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
