"""Bytes into drafts. Parsers' errors carry the input, so none of them gets further than this."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from typing import TypeVar

import orjson
from pydantic import BaseModel, TypeAdapter, ValidationError

from shared.errors import DomainError, InvalidInput
from shared.faults import faults_of

M = TypeVar("M", bound=BaseModel)


def read(model: type[M], text: bytes, malformed: Callable[[], DomainError]) -> M:
    """The JSON object in `text` as a `model`, read and checked in one pass.

    Raises what `malformed` makes for what is no JSON object, and `InvalidInput` with all that is wrong in one. NaN and
    infinity pass here; `rules.screen` refuses them.
    """
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False)
    if any(not one["loc"] and one["type"] in ("json_invalid", "model_type") for one in found) or not _is_json(text):
        raise malformed()
    raise InvalidInput(faults_of(found))


def read_many(model: type[M], texts: Sequence[bytes], malformed: Callable[[], DomainError]) -> list[M | DomainError]:
    """`read` for each text, at three quarters of the price while all are sound.

    Together they are read as one array. What is not, one by one, an object with its braces is left to `read`.
    """
    if all(text.startswith(b"{") and text.endswith(b"}") for text in texts):
        with suppress(ValidationError):
            found = _array_of(model).validate_json(b"[" + b",".join(texts) + b"]")
            if len(found) == len(texts):
                return list(found)
    return [_read_or_refused(model, text, malformed) for text in texts]


def _read_or_refused(model: type[M], text: bytes, malformed: Callable[[], DomainError]) -> M | DomainError:
    try:
        return read(model, text, malformed)
    except DomainError as refused:
        return refused


@cache
def _array_of(model: type[M]) -> TypeAdapter[list[M]]:
    return TypeAdapter(list[model])  # type: ignore[valid-type]  # a type made at run time


def _is_json(text: bytes) -> bool:
    """Asked of the faulty only: to pydantic, NaN is JSON."""
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return True
