"""Bytes into drafts. Parsers' errors carry the input, so none of them gets further than this."""

from typing import Any, TypeVar

import orjson
from pydantic import BaseModel, ValidationError

from shared.errors import InvalidInput
from shared.faults import faults_of

M = TypeVar("M", bound=BaseModel)


def read_json(text: bytes) -> dict[str, Any] | None:
    """The JSON object in `text`; None when it is none. Strict: no NaN, no half characters."""
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, dict) else None


def validated(model: type[M], row: dict[str, Any]) -> M:
    """`row` as a `model`. Raises `InvalidInput` with all that is wrong."""
    try:
        return model.model_validate(row)
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False)
    raise InvalidInput(faults_of(found))
