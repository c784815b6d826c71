"""Employers: entered, changed, put on the blacklist and taken off it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from services.jobs.models.posts import Blacklisting, Employer, PostState
from services.jobs.queries import employers as find
from services.jobs.queries.posts import lock_offered
from services.jobs.rules.employers import EmployerFacts, same_of
from services.jobs.rules.post_refusals import EmployerIsBlacklisted, EmployerKnown, EmployerNotBlacklisted
from services.jobs.rules.posts import BLACKLISTED, county_of
from services.jobs.usecases.post_rules import require_keeper
from services.jobs.usecases.sealing import seal_text
from shared.db.engine import WriteSession
from shared.http.versions import expect_version
from shared.ids import new_id
from shared.security import audit
from shared.security.principals import Principal
from shared.security.vault import Vault

CONTACT, PHONE = "employer-contact", "employer-phone"
BLACKLIST_DETAIL = "blacklist-reason"
"""Purposes under which the texts are sealed."""


async def add_employer(
    session: WriteSession, vault: Vault, who: Principal, facts: EmployerFacts, now: datetime
) -> Employer:
    """Enter one. Raises `EmployerKnown`, `BureauKeepsNoPosts`, `CountyUnclear`."""
    county = county_of(who.scope)
    await require_keeper(session, who, county, now)
    await find.lock_register(session)
    await _require_new(session, county, facts)
    employer = Employer(
        id=new_id(), county=county, version=1, recorded_by=who.id, recorded_at=now, **_columns(vault, facts, now)
    )
    session.add(employer)
    await session.flush()
    await audit.record(session, who, "employer:write", employer.id, area_code=county)
    return employer


async def change_employer(
    session: WriteSession,
    vault: Vault,
    who: Principal,
    employer_id: UUID,
    if_match: str | None,
    facts: EmployerFacts,
    now: datetime,
) -> Employer:
    """All facts anew. Raises `EmployerNotFound`, `EmployerKnown`, `EmployerIsBlacklisted`, `Stale`.

    On the blacklist an employer keeps the name and the code it is known by: under others it would be offered again.
    """
    await find.lock_register(session)
    employer = await find.lock_employer(session, who.scope, employer_id)
    await require_keeper(session, who, employer.county, now)
    expect_version(if_match, employer.version)
    if (facts.credit_code, facts.name) != (employer.credit_code, employer.name):
        if employer.blacklisted_reason is not None:
            raise EmployerIsBlacklisted(field="name")
        await _require_new(session, employer.county, facts, but=employer.id)
    for name, value in _columns(vault, facts, now).items():
        setattr(employer, name, value)
    employer.version += 1
    await session.flush()
    await audit.record(session, who, "employer:write", employer.id, area_code=employer.county)
    return employer


async def blacklist_employer(
    session: WriteSession,
    vault: Vault,
    who: Principal,
    employer_id: UUID,
    reason: str,
    detail: str,
    now: datetime,
) -> Employer:
    """Send nobody there any more: its posts close, and none opens meanwhile. Raises `EmployerIsBlacklisted`."""
    employer = await find.lock_employer(session, who.scope, employer_id)
    await require_keeper(session, who, employer.county, now)
    if employer.blacklisted_reason is not None:
        raise EmployerIsBlacklisted
    posts = await lock_offered(session, employer.id)
    for post in posts:
        post.state, post.closed_reason, post.closed_at = PostState.CLOSED, BLACKLISTED, now
        post.changed_at = now
        post.version += 1
    employer.blacklisted_reason, employer.blacklisted_at = reason, now
    employer.changed_at = now
    employer.version += 1
    session.add(
        Blacklisting(
            id=new_id(),
            employer_id=employer.id,
            reason=reason,
            detail_sealed=vault.seal(detail.encode(), BLACKLIST_DETAIL),
            closed_posts=len(posts),
            began_at=now,
            began_by=who.id,
        )
    )
    await session.flush()
    await audit.record(
        session,
        who,
        "employer:blacklist",
        employer.id,
        area_code=employer.county,
        reason=reason,
        closed_posts=[post.id for post in posts],
    )
    return employer


async def clear_employer(
    session: WriteSession, vault: Vault, who: Principal, employer_id: UUID, detail: str, now: datetime
) -> Employer:
    """Off the blacklist. Its posts stay closed: whoever still offers one reopens it. Raises `EmployerNotBlacklisted`."""
    employer = await find.lock_employer(session, who.scope, employer_id)
    await require_keeper(session, who, employer.county, now)
    held = await find.find_open_blacklisting(session, employer.id)
    if held is None:
        raise EmployerNotBlacklisted
    held.ended_at, held.ended_by = now, who.id
    held.end_detail_sealed = vault.seal(detail.encode(), BLACKLIST_DETAIL)
    employer.blacklisted_reason = employer.blacklisted_at = None
    employer.changed_at = now
    employer.version += 1
    await session.flush()
    await audit.record(session, who, "employer:clear", employer.id, area_code=employer.county, reason=held.reason)
    return employer


async def _require_new(session: WriteSession, county: str, facts: EmployerFacts, but: UUID | None = None) -> None:
    """Raise `EmployerKnown` where it is registered already, `but` that one not counted."""
    alike = await find.list_alike(session, county, {facts.credit_code} if facts.credit_code else (), {facts.name})
    if same_of((one for one in alike if one.id != but), facts.credit_code, facts.name) is not None:
        raise EmployerKnown(field="credit_code" if facts.credit_code else "name")


def _columns(vault: Vault, facts: EmployerFacts, now: datetime) -> Mapping[str, Any]:
    return {
        "name": facts.name,
        "kind": facts.kind,
        "credit_code": facts.credit_code,
        "area_code": facts.area_code,
        "contact_sealed": seal_text(vault, facts.contact, CONTACT),
        "phone_sealed": seal_text(vault, facts.phone, PHONE),
        "changed_at": now,
    }
