"""Policies (政策参数) as this service knows them: every threshold, clock and line is data with an area and a date."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shared.contracts.directory import PolicyPublished
from shared.db.engine import ReadSession, WriteSession, raw
from shared.errors import Conflict
from shared.inbox import Received
from shared.versions import pick


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

    def in_force(self, area_code: str, on: date) -> Policy:
        """The version for an area and a day; raises `PolicyMissing`."""
        found = pick(self.versions, area_code, on)
        if found is None:
            raise PolicyMissing(kind=self.kind)
        return found


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
