"""Policies (政策参数): everybody who is signed in may read them all; they decide over everybody."""

from collections.abc import Sequence
from datetime import date
from typing import ClassVar
from uuid import UUID

from sqlalchemy import func, literal, or_, select, text

from services.directory.models import Policy
from shared.db.engine import ReadSession, WriteSession
from shared.db.pages import in_order
from shared.errors import NotFound, existing

_LOCK = text("SELECT pg_advisory_xact_lock(hashtext('directory-policies'))")


class PolicyNotFound(NotFound):
    """No policy has that id."""

    code: ClassVar[str] = "policy-not-found"


async def list_policies(
    session: ReadSession,
    *,
    kind: str | None,
    area: str | None,
    on: date | None,
    after: UUID | None,
    limit: int,
) -> Sequence[Policy]:
    """Versions in the order of publication; `area`: those that reach it, `on`: those valid that day."""
    query = select(Policy)
    if kind:
        query = query.where(Policy.kind == kind)
    if area:
        query = query.where(literal(area).startswith(Policy.area_prefix))
    if on:
        query = query.where(Policy.valid_from <= on, or_(Policy.valid_to.is_(None), Policy.valid_to >= on))
    return (await session.scalars(in_order(query, Policy.id, after=after, limit=limit))).all()


async def get_policy(session: ReadSession, policy_id: UUID) -> Policy:
    """Raises `PolicyNotFound`."""
    return existing(await session.get(Policy, policy_id), PolicyNotFound)


async def lock_policies(session: WriteSession) -> None:
    """One publisher at a time: versions are counted without gaps."""
    await session.execute(_LOCK)


async def last_version(session: ReadSession, kind: str, area_prefix: str) -> int:
    """0 when nothing was published yet."""
    query = select(func.max(Policy.version)).where(Policy.kind == kind, Policy.area_prefix == area_prefix)
    return await session.scalar(query) or 0
