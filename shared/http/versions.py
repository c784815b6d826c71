"""Optimistic concurrency: an `ETag` on what is read, `If-Match` on what is changed, 412 when they differ."""

from typing import Annotated, ClassVar

from fastapi import Header

from shared.errors import DomainError, Stale

IfMatch = Annotated[str | None, Header(description='The ETag you read, e.g. "3" · 所读版本')]


class IfMatchRequired(DomainError):
    """A change must say which version it changes."""

    code = "if-match-required"
    status: ClassVar[int] = 428


def etag(version: int) -> str:
    """The ETag of a row's version."""
    return f'"{version}"'


def expect_version(if_match: str | None, version: int) -> None:
    """Raise unless the caller read the present version."""
    if if_match is None:
        raise IfMatchRequired
    if if_match != "*" and if_match.removeprefix("W/") != etag(version):
        raise Stale
