"""Audit households (数据质量检查): at every change, by night for all, and what a township says of a finding.

Findings are compared with those that are open: only what differs is written, so a night in which nothing changed writes
nothing.
"""

import asyncio
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson

from services.households.models import QualityFinding
from services.households.queries import findings as find
from services.households.queries.findings import Open
from services.households.queries.quality_facts import QualityFacts, load_facts, lock_households
from services.households.rules import findings as rules
from services.households.rules.quality.audit import RuleSet
from services.households.rules.quality.rule import Finding
from services.households.usecases.quality_records import records
from shared.clock import local_date
from shared.contracts.quality_policies import QualityRules
from shared.db.engine import ReadSession, WriteSession, raw
from shared.ids import new_id
from shared.projections.policies import InForce, load_compiled
from shared.security import audit
from shared.security.principals import Principal
from shared.security.vault import Vault

EXPLANATION = "finding-explanation"
"""Purpose under which an explanation is sealed."""

_INSERT = """
INSERT INTO quality_finding (
    id, household_id, area_code, member_id, rule, severity, field, params, fingerprint, policy_id, found_at, found_by,
    version
)
SELECT id, household_id, area_code, member_id, rule, severity, field, params::jsonb, fingerprint, policy_id,
    $11::timestamptz, $12::uuid, 1
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[],
    $9::bytea[], $10::uuid[])
    AS t (id, household_id, area_code, member_id, rule, severity, field, params, fingerprint, policy_id)
"""
_UPDATE = """
UPDATE quality_finding f SET severity = t.severity, field = t.field, params = t.params::jsonb,
    fingerprint = t.fingerprint, policy_id = t.policy_id, version = f.version + 1
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::bytea[], $6::uuid[])
    AS t (id, severity, field, params, fingerprint, policy_id)
WHERE f.id = t.id
"""
_DUE = """
INSERT INTO quality_due (area_code, marked_at, marked_by) SELECT DISTINCT area_code, $2::timestamptz, $3::uuid
FROM unnest($1::text[]) AS t (area_code) ORDER BY area_code
ON CONFLICT (area_code) DO UPDATE SET marked_by = excluded.marked_by
"""
_MEND = """
UPDATE quality_finding SET mended_at = $2::timestamptz, mended_by = $3::uuid, version = version + 1
WHERE id = ANY ($1::uuid[])
"""


RuleSets = InForce[RuleSet]
"""Where none is in force nothing is asked, and nothing refused."""


async def load_rule_sets(session: ReadSession, on: date) -> RuleSets:
    """The versions of `quality-rules`, as this service knows them now."""
    return await load_compiled(
        session, "quality-rules", on, lambda policy: RuleSet.of(QualityRules.model_validate(policy.body))
    )


@dataclass(frozen=True, slots=True)
class Audited:
    """How many households were looked at, and what came of it."""

    households: int = 0
    found: int = 0
    mended: int = 0


async def audit_households(
    session: WriteSession, vault: Vault, who: Principal, household_ids: Collection[UUID], now: datetime
) -> Audited:
    """Look at households that somebody changed, in the same transaction. Never a reason to refuse the change."""
    in_force = await load_rule_sets(session, local_date(now))
    if not household_ids or not in_force:
        return Audited()
    await lock_households(session, household_ids)
    return await audit_locked(session, vault, who.id, household_ids, now, in_force)


async def mark_due(session: WriteSession, who: Principal, area_codes: Collection[str], now: datetime) -> None:
    """Thousands of households changed: their villages are looked at soon after the commit, not within it."""
    if area_codes:
        await (await raw(session)).execute(_DUE, list(area_codes), now, who.id)


async def audit_locked(
    session: WriteSession,
    vault: Vault,
    by: UUID,
    household_ids: Collection[UUID],
    now: datetime,
    in_force: RuleSets,
) -> Audited:
    """Look at households whose findings nobody else writes now. Many are looked at in a thread."""
    facts = await load_facts(session, household_ids)
    arguments = (facts, vault, local_date(now), in_force)
    few = len(facts.households) <= FEW
    told, unasked = _look(*arguments) if few else await asyncio.to_thread(_look, *arguments)
    before = await find.list_open(session, set(household_ids) - unasked)
    difference = _compare(told, before)
    await _write(session, difference, by, now)
    return Audited(len(facts.households), len(difference.new), len(difference.gone))


FEW = 20
"""Households that are quicker looked at than a thread is woken."""


@dataclass(frozen=True, slots=True)
class _Told:
    """A finding where it belongs."""

    household_id: UUID
    area_code: str
    policy_id: UUID
    finding: Finding

    @property
    def key(self) -> tuple[UUID, str, UUID | None]:
        return self.household_id, self.finding.rule, self.finding.member_id


def _look(facts: QualityFacts, vault: Vault, on: date, in_force: RuleSets) -> tuple[list[_Told], set[UUID]]:
    """What is found, and the households for which no rules are in force: what was found of them stays."""
    told, unasked = [], set()
    for home in records(facts, vault, on):
        rule_set, policy_id = in_force.find(home.area_code)
        if rule_set is None or policy_id is None:
            unasked.add(home.id)
            continue
        told += [_Told(home.id, home.area_code, policy_id, one) for one in rule_set.audit(home)]
    return told, unasked


@dataclass(slots=True)
class _Difference:
    """What must be written."""

    new: list[_Told] = field(default_factory=list)
    changed: list[tuple[UUID, _Told]] = field(default_factory=list)
    gone: list[UUID] = field(default_factory=list)


def _compare(told: Sequence[_Told], before: dict[tuple[UUID, str, UUID | None], Open]) -> _Difference:
    """An explained finding whose values changed ends and begins anew; any other goes on with the new values."""
    difference = _Difference()
    for one in told:
        was = before.pop(one.key, None)
        if was is None:
            difference.new.append(one)
        elif was.fingerprint != one.finding.fingerprint and was.explained:
            difference.gone.append(was.id)
            difference.new.append(one)
        elif (was.fingerprint, was.params) != (one.finding.fingerprint, one.finding.params):
            difference.changed.append((was.id, one))
    difference.gone += [was.id for was in before.values()]
    return difference


async def _write(session: WriteSession, difference: _Difference, by: UUID, now: datetime) -> None:
    connection = await raw(session)
    if difference.gone:  # first: what begins anew has the key of what ends
        await connection.execute(_MEND, difference.gone, now, by)
    if difference.changed:
        rows = [(id_, *_values(one)) for id_, one in difference.changed]
        await connection.execute(_UPDATE, *_columns(rows))
    if difference.new:
        rows = [
            (new_id(), one.household_id, one.area_code, one.finding.member_id, one.finding.rule, *_values(one))
            for one in difference.new
        ]
        await connection.execute(_INSERT, *_columns(rows), now, by)


def _values(one: _Told) -> tuple[Any, ...]:
    finding = one.finding
    params = orjson.dumps(finding.params).decode()
    return finding.severity, finding.field, params, finding.fingerprint, one.policy_id


def _columns(rows: Sequence[tuple[Any, ...]]) -> Iterator[list[Any]]:
    return (list(column) for column in zip(*rows, strict=True))


async def explain_finding(
    session: WriteSession, vault: Vault, who: Principal, finding_id: UUID, reason: str, now: datetime
) -> QualityFinding:
    """Say why a finding is true as it stands; it is silent until the values it rests on change."""
    finding = await find.lock_finding(session, who.scope, finding_id)
    rules.require_open(finding.mended_at)
    finding.explained_at, finding.explained_by = now, who.id
    finding.explanation_sealed = vault.seal(reason.encode(), EXPLANATION)
    finding.version += 1
    await audit.record(session, who, "finding:explain", finding.id, area_code=finding.area_code, rule=finding.rule)
    return finding


async def withdraw_explanation(session: WriteSession, who: Principal, finding_id: UUID) -> QualityFinding:
    """Take the explanation back: the finding speaks again."""
    finding = await find.lock_finding(session, who.scope, finding_id)
    rules.require_open(finding.mended_at)
    if finding.explained_at is not None:
        finding.explained_at = finding.explained_by = finding.explanation_sealed = None
        finding.version += 1
        detail = {"rule": finding.rule, "did": "withdrawn"}
        await audit.record(session, who, "finding:explain", finding.id, area_code=finding.area_code, **detail)
    return finding
