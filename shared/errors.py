"""Errors of the domain. A rule raises one with a stable code; the edge turns it into a problem document (RFC 9457).

The text people read is not here: `code` is looked up in the message catalogues, with `params` filled in. `params` must
never hold a name, a phone or an ID number.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Fault:
    """One mistake in a record: where, which, and the parameters of its text. Never the value at fault."""

    field: str  # "person.id_number"; "" when the record as a whole is at fault
    code: str
    params: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def under(self, place: str | int) -> "Fault":
        """The same mistake in a record that stands at `place` of a greater one: `name` under 2 is `2.name`."""
        return dataclasses.replace(self, field=f"{place}.{self.field}".rstrip("."))


class DomainError(Exception):
    """Base of all. `field` is a JSON pointer-like path of the input at fault, e.g. `person.id_number`."""

    code: ClassVar[str]
    status: ClassVar[int] = 409

    def __init__(self, *, field: str | None = None, **params: object) -> None:
        super().__init__(type(self).__name__)
        self.field = field
        self.params = params

    def __reduce__(self) -> tuple[Any, ...]:
        """Whatever its class is made of: it may come from a process of ours (`shared.side_processes`)."""
        return _again, (type(self), self.__dict__)

    @property
    def faults(self) -> Sequence[Fault]:
        """The error as mistakes of a record, for reports on many records at once."""
        return (Fault(self.field or "", self.code, self.params),)


def _again(kind: type[DomainError], state: dict[str, Any]) -> DomainError:
    error = kind.__new__(kind, kind.__name__)
    error.__dict__.update(state)
    return error


class Invalid(DomainError):
    """The input cannot be right."""

    status = 422


class DateInFuture(Invalid):
    """The day has not come."""

    code = "date-in-future"


class InvalidInput(Invalid):
    """A record with one mistake or several, all told at once."""

    code = "invalid-input"

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(count=len(faults))
        self._faults = tuple(faults)

    @property
    def faults(self) -> Sequence[Fault]:
        """All of them."""
        return self._faults


class Unauthenticated(DomainError):
    """Who asks is not known."""

    status = 401


class Forbidden(DomainError):
    """Who asks is known and may not."""

    status = 403


class NotFound(DomainError):
    """No such thing within what the asker may see."""

    status = 404


def existing(value: T | None, missing: type[DomainError], field: str | None = None) -> T:
    """What was looked for; raises `missing`, of the field that asked for it, where there is none."""
    if value is None:
        raise missing(field=field)
    return value


class Conflict(DomainError):
    """The thing is not in a state that allows this."""

    status = 409


class Gone(DomainError):
    """It was kept long enough, and deleted."""

    status = 410


class Stale(DomainError):
    """Somebody changed the thing since the caller read it (`If-Match`)."""

    status = 412
    code = "stale-version"


class TooLarge(DomainError):
    """More than the route takes."""

    status = 413


class ImportTooLong(TooLarge):
    """A file with more rows than are taken at once: `max_rows` is in the params."""

    code = "import-too-long"


class MediaTypeUnsupported(DomainError):
    """The body is of a type that the route does not read."""

    status = 415
    code = "media-type-unsupported"


class TooMany(DomainError):
    """Asked too often; `retry_after` seconds are in the params."""

    status = 429


def fault_of(refused: Exception, otherwise: str) -> Fault:
    """The first fault of a refusal, with those parameters that JSON keeps; of any other exception, `otherwise`."""
    if not isinstance(refused, DomainError):
        return Fault("", otherwise)
    first = refused.faults[0]
    kept = {k: v for k, v in first.params.items() if isinstance(v, str | int | float | dict)}
    return Fault(first.field, first.code, kept)
