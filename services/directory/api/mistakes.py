"""Mistakes in rows and in policy bodies as problem documents, each with its place."""

from fastapi import FastAPI, Request
from starlette.responses import Response

from services.directory.rules.policies import BodyMistakes
from services.directory.usecases.rows import RowsRejected
from shared.http.problems import FieldProblem, answer, field_problem, language
from shared.messages import Catalogue

_MOST = 1000  # mistakes told at once


def install(app: FastAPI) -> None:
    """Make the two exceptions 422 answers."""
    app.add_exception_handler(RowsRejected, _on_rows_rejected)
    app.add_exception_handler(BodyMistakes, _on_body_mistakes)


async def _on_rows_rejected(request: Request, error: Exception) -> Response:
    assert isinstance(error, RowsRejected)
    catalogue: Catalogue = request.app.state.catalogue
    speaks = language(request)
    problems = [
        FieldProblem(
            field=f"{mistake.row}.{mistake.field}".rstrip("."),
            code=mistake.code,
            message=catalogue.text(mistake.code, speaks, **mistake.params),
        )
        for mistake in error.mistakes[:_MOST]
    ]
    return answer(request, 422, "invalid-input", {"count": len(error.mistakes)}, problems)


async def _on_body_mistakes(request: Request, error: Exception) -> Response:
    assert isinstance(error, BodyMistakes)
    problems = [field_problem(request.app.state.catalogue, language(request), e) for e in error.errors]
    return answer(request, 422, "invalid-input", {"count": len(problems)}, problems)
