"""What became of each of many → the report that is answered."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import fields
from typing import Annotated, Any

from fastapi import Depends
from starlette.responses import Response

from services.households.schemas.refusals import Refusal
from shared.errors import DomainError
from shared.http.answers import json_answer
from shared.http.context import Speaks, Texts
from shared.http.fields import Answer


class Reporter:
    """Tells of each what became of it, and why it was not taken, in the caller's language."""

    def __init__(self, texts: Texts, language: Speaks) -> None:
        self._texts, self._language = texts, language

    def answer(self, shape: type[Answer], outcomes: Sequence[Any]) -> Response:
        """The report of that shape: how often each outcome was, and as `results` the outcomes, field by field."""
        results = [
            {field.name: getattr(one, field.name) for field in fields(one)} | {"refusal": self._refusal(one.refusal)}
            for one in outcomes
        ]
        counts = dict.fromkeys(shape.model_fields, 0) | Counter(one.outcome for one in outcomes)
        return json_answer(shape.model_validate({**counts, "results": results}))

    def _refusal(self, error: DomainError | None) -> Refusal | None:
        if error is None:
            return None
        message = self._texts.text(error.code, self._language, **error.params)
        return Refusal(code=error.code, message=message, field=error.field)


Reports = Annotated[Reporter, Depends(Reporter)]
