"""Employers as they are entered, and when two entries are one employer."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, TypeVar


@dataclass(frozen=True, slots=True)
class EmployerFacts:
    """What somebody says of an employer."""

    name: str
    kind: str
    credit_code: str | None = None
    area_code: str | None = None
    contact: str | None = None
    phone: str | None = None


class Registered(Protocol):
    """By what an employer is known."""

    name: str
    credit_code: str | None
    blacklisted_reason: str | None


E = TypeVar("E", bound=Registered)


def same_of(registered: Iterable[E], credit_code: str | None, name: str) -> E | None:
    """The employer that is meant: the one of that code; else the one of that name, unless both have codes and so are two.

    A code left out, or brought later, makes no second employer: whoever is on the blacklist would be offered again. Of
    several of that name the one on the blacklist is meant.
    """
    named = None
    for one in registered:
        if credit_code and one.credit_code == credit_code:
            return one
        if one.name == name and not (credit_code and one.credit_code):
            named = one if named is None or one.blacklisted_reason else named
    return named
