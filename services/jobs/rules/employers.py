"""Employers as they are entered."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EmployerFacts:
    """What somebody says of an employer."""

    name: str
    kind: str
    credit_code: str | None = None
    area_code: str | None = None
    contact: str | None = None
    phone: str | None = None
