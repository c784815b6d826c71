"""Which version of something is in force: policies, rules, whatever has an area, days and a number."""

from collections.abc import Iterable
from datetime import date
from typing import Protocol, TypeVar


class Versioned(Protocol):
    """One version, valid below an area prefix, from one day to another, both inclusive."""

    @property
    def area_prefix(self) -> str: ...
    @property
    def valid_from(self) -> date: ...
    @property
    def valid_to(self) -> date | None: ...
    @property
    def version(self) -> int: ...


V = TypeVar("V", bound=Versioned)


def pick(versions: Iterable[V], area_code: str, on: date) -> V | None:
    """The most local version valid on that day; among equals the newest."""
    valid = (
        v
        for v in versions
        if area_code.startswith(v.area_prefix) and v.valid_from <= on and (v.valid_to is None or on <= v.valid_to)
    )
    return max(valid, key=lambda v: (len(v.area_prefix), v.version), default=None)
