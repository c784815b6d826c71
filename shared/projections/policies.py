"""Policies (政策参数) as this service knows them: every threshold, clock and line is data with an area and a date."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar, Generic, TypeVar
from uuid import UUID

import orjson
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shared.contracts.directory import PolicyPublished
from shared.db.engine import ReadSession, WriteSession, raw
from shared.errors import Conflict
from shared.inbox import Received
from shared.versions import pick

T = TypeVar("T")
Body = TypeVar("Body", bound=BaseModel)


class PolicyMixin:
    """One published version of a policy."""

    __tablename__ = "policy"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(index=True)
    area_prefix: Mapped[str]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    version: Mapped[int]
    body: Mapped[dict[str, Any]]


class PolicyMissing(Conflict):
    """Nothing of that kind is in force for the area and day: a decision without its rule is not taken."""

    code: ClassVar[str] = "policy-missing"


@dataclass(frozen=True, slots=True)
class Policy:
    """One version, as rules take it. A decision stores `id`, so that it can be explained years later."""

    id: UUID
    area_prefix: str
    valid_from: date
    valid_to: date | None
    version: int
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Policies:
    """All versions of one kind."""

    kind: str
    versions: tuple[Policy, ...]


@dataclass(frozen=True, slots=True)
class InForce(Generic[T]):
    """All versions of one kind, for whoever decides on many things at once: each is read once, each area found once.

    `read` makes of a version what decides; `today` is the day in China.
    """

    policies: Policies
    today: date
    read: Callable[[Policy], T]
    _read: dict[UUID, T] = field(default_factory=dict)
    _found: dict[tuple[str, date], tuple[T, UUID] | tuple[None, None]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether there are any, in force or not."""
        return bool(self.policies.versions)

    def find(self, area_code: str, on: date | None = None) -> tuple[T, UUID] | tuple[None, None]:
        """What counts in an area, today or on another day, and the version that says so; nothing where none is in force."""
        key = (area_code, on or self.today)
        if key not in self._found:
            policy = pick(self.policies.versions, *key)
            self._found[key] = (self._once(policy), policy.id) if policy else (None, None)
        return self._found[key]

    def get(self, area_code: str, on: date | None = None) -> tuple[T, UUID]:
        """The same; raises `PolicyMissing`: a decision without its rule is not taken."""
        body, policy_id = self.find(area_code, on)
        if body is None or policy_id is None:
            raise PolicyMissing(kind=self.policies.kind)
        return body, policy_id

    def _once(self, policy: Policy) -> T:
        if policy.id not in self._read:
            self._read[policy.id] = self.read(policy)
        return self._read[policy.id]


_UPSERT = """
INSERT INTO policy (id, kind, area_prefix, valid_from, valid_to, version, body)
VALUES ($1, $2, $3, $4, $5, $6, $7::text::jsonb)
ON CONFLICT (id) DO UPDATE SET valid_to = excluded.valid_to
"""
_OF_KIND = text(
    "SELECT id, area_prefix, valid_from, valid_to, version, body FROM policy WHERE kind = :kind ORDER BY version"
).columns(body=JSONB)


async def on_policy_published(session: WriteSession, received: Sequence[Received[PolicyPublished]]) -> None:
    """Keep every version: old decisions point at old ones. Only its last day may change after publication."""
    connection = await raw(session)
    for one in received:
        e = one.event
        body = orjson.dumps(e.body).decode()
        await connection.execute(_UPSERT, e.policy_id, e.kind, e.area_prefix, e.valid_from, e.valid_to, e.version, body)


async def load(session: ReadSession, kind: str) -> Policies:
    """All versions of a kind; a handful of rows, loaded once for a whole batch."""
    rows = (await session.execute(_OF_KIND, {"kind": kind})).all()
    return Policies(kind, tuple(Policy(*row) for row in rows))


async def load_in_force(session: ReadSession, kind: str, today: date, body: type[Body]) -> InForce[Body]:
    """All versions of a kind, each as `body`."""
    return await load_compiled(session, kind, today, lambda policy: body.model_validate(policy.body))


async def load_compiled(session: ReadSession, kind: str, today: date, read: Callable[[Policy], T]) -> InForce[T]:
    """All versions of a kind, each as `read` makes it."""
    return InForce(await load(session, kind), today, read)


async def in_force(session: ReadSession, kind: str, area_code: str, on: date, body: type[Body]) -> tuple[Body, UUID]:
    """What counts in one area on one day, and the version that says so; raises `PolicyMissing`."""
    return (await load_in_force(session, kind, on, body)).get(area_code)


async def find_in_force(
    session: ReadSession, kind: str, area_code: str, on: date, body: type[Body]
) -> tuple[Body, UUID] | tuple[None, None]:
    """The same; nothing where none is in force."""
    return (await load_in_force(session, kind, on, body)).find(area_code)
