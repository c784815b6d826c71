"""Findings of the audit rules: what is open, of whom, and how many."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

import orjson
from sqlalchemy import Select, case, func, select
from sqlalchemy.dialects.postgresql import insert

from services.households.models import MonitoringCase, QualityFinding, QualityNight
from services.households.rules.findings import FindingNotFound
from services.households.rules.monitoring.states import FINAL
from services.households.rules.quality.rule import SEVERITIES
from shared.areas import Scope
from shared.db.engine import ReadSession, WriteSession, raw
from shared.db.pages import in_order
from shared.db.within import within
from shared.errors import existing

Key = tuple[UUID, str, UUID | None]


@dataclass(frozen=True, slots=True)
class Open:
    """An open finding, as far as it is compared with what is found now."""

    id: UUID
    fingerprint: bytes
    params: dict[str, Any]
    explained: bool


@dataclass(frozen=True, slots=True)
class FindingFilter:
    """What a list of findings shall hold; None does not filter."""

    rule: str | None = None
    severity: str | None = None
    explained: bool | None = False


@dataclass(frozen=True, slots=True)
class Count:
    """Open findings of one rule, or of one village, by severity; those explained away are counted apart."""

    key: str
    fatal: int
    logic: int
    plausible: int
    explained: int


_OPEN = """
SELECT id, household_id, rule, member_id, fingerprint, params::text AS params, explained_at IS NOT NULL AS explained
FROM quality_finding WHERE household_id = ANY ($1::uuid[]) AND mended_at IS NULL
"""


async def list_open(session: ReadSession, household_ids: Collection[UUID]) -> dict[Key, Open]:
    """The open findings of households, by what each is about."""
    rows = await (await raw(session)).fetch(_OPEN, list(household_ids))
    return {
        (row["household_id"], row["rule"], row["member_id"]): Open(
            row["id"], row["fingerprint"], orjson.loads(row["params"]), row["explained"]
        )
        for row in rows
    }


_GRAVITY = case({"fatal": 0, "logic": 1}, value=QualityFinding.severity, else_=2)


async def list_of_household(
    session: ReadSession, scope: Scope, household_id: UUID, *, mended: bool
) -> Sequence[QualityFinding]:
    """Of one household, the gravest first, or with `mended` those that are no more, the last first."""
    query = _within(scope).where(QualityFinding.household_id == household_id)
    if mended:
        query = query.where(QualityFinding.mended_at.is_not(None)).order_by(
            QualityFinding.mended_at.desc(), QualityFinding.id
        )
        return (await session.scalars(query.limit(200))).all()
    query = query.where(QualityFinding.mended_at.is_(None)).order_by(_GRAVITY, QualityFinding.rule, QualityFinding.id)
    return (await session.scalars(query)).all()


async def list_findings(
    session: ReadSession, scope: Scope, wanted: FindingFilter, after: tuple[str, UUID] | None, limit: int
) -> Sequence[QualityFinding]:
    """Open findings, village by village."""
    query = _within(scope).where(QualityFinding.mended_at.is_(None))
    if wanted.rule is not None:
        query = query.where(QualityFinding.rule == wanted.rule)
    if wanted.severity is not None:
        query = query.where(QualityFinding.severity == wanted.severity)
    if wanted.explained is not None:
        silent = QualityFinding.explained_at
        query = query.where(silent.is_not(None) if wanted.explained else silent.is_(None))
    query = in_order(query, QualityFinding.area_code, QualityFinding.id, after=after, limit=limit)
    return (await session.scalars(query)).all()


async def lock_finding(session: WriteSession, scope: Scope, finding_id: UUID) -> QualityFinding:
    """One finding that nobody else changes until commit; raises `FindingNotFound`."""
    found = await session.scalar(_within(scope).where(QualityFinding.id == finding_id).with_for_update())
    return existing(found, FindingNotFound)


async def count_findings(session: ReadSession, scope: Scope, by: Literal["rule", "village"]) -> Sequence[Count]:
    """Open findings, by rule or by village. The most come first, then in the order of codes."""
    key = QualityFinding.rule if by == "rule" else QualityFinding.area_code
    told = QualityFinding.explained_at.is_(None)
    fatal, logic, plausible = (func.count().filter(told, QualityFinding.severity == one) for one in SEVERITIES)
    query = (
        select(key, fatal, logic, plausible, func.count().filter(~told))
        .where(within(QualityFinding.area_code, scope), QualityFinding.mended_at.is_(None))
        .group_by(key)
    )
    found = [Count(*row) for row in await session.execute(query)]
    return sorted(found, key=lambda one: (-(one.fatal + one.logic + one.plausible), one.key))


async def count_of_household(session: ReadSession, household_id: UUID) -> dict[str, int]:
    """Open findings of a household that the asker has got, by severity; those explained away are not counted."""
    query = (
        select(QualityFinding.severity, func.count().label("number"))
        .where(
            QualityFinding.household_id == household_id,
            QualityFinding.mended_at.is_(None),
            QualityFinding.explained_at.is_(None),
        )
        .group_by(QualityFinding.severity)
    )
    return {row.severity: row.number for row in await session.execute(query)}


async def find_cases(session: ReadSession, scope: Scope, household_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """The case of each household that has one which is not over."""
    query = select(MonitoringCase.household_id, MonitoringCase.id).where(
        MonitoringCase.household_id.in_(household_ids),
        within(MonitoringCase.area_code, scope),
        MonitoringCase.state.not_in(FINAL),
    )
    return {row.household_id: row.id for row in await session.execute(query)}


_BEGIN = insert(QualityNight).on_conflict_do_nothing()


async def lock_night(session: WriteSession, day: date, now: datetime) -> QualityNight | None:
    """That day's run, begun if there is none yet; None while another process is at it."""
    values = {"day": day, "reached": "", "started_at": now, "households": 0, "found": 0, "mended": 0}
    await session.execute(_BEGIN, values)
    return await session.scalar(select(QualityNight).where(QualityNight.day == day).with_for_update(skip_locked=True))


_TAKE_DUE = """
DELETE FROM quality_due WHERE area_code = (
    SELECT area_code FROM quality_due ORDER BY marked_at, area_code LIMIT 1 FOR UPDATE SKIP LOCKED
) RETURNING area_code, marked_by
"""


async def take_due(session: WriteSession) -> tuple[str, UUID] | None:
    """The village that waits the longest to be looked at, and for whose changes; it waits no longer."""
    row = await (await raw(session)).fetchrow(_TAKE_DUE)
    return (row["area_code"], row["marked_by"]) if row else None


def _within(scope: Scope) -> Select[QualityFinding]:
    return select(QualityFinding).where(within(QualityFinding.area_code, scope))
