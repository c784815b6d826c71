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
    return next((v for v in valid_on(versions, on) if area_code.startswith(v.area_prefix)), None)


def valid_on(versions: Iterable[V], on: date) -> list[V]:
    """Versions valid on that day; of those that hold an area, the first is in force there."""
    valid = (v for v in versions if v.valid_from <= on and (v.valid_to is None or on <= v.valid_to))
    return sorted(valid, key=lambda v: (len(v.area_prefix), v.version), reverse=True)
