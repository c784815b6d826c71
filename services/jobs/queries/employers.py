"""Employers, as one county knows them."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, false, or_, select, text, true
from sqlalchemy.orm import InstrumentedAttribute

from services.jobs.models.posts import Blacklisting, Employer
from services.jobs.rules.places import COUNTY_DIGITS
from services.jobs.rules.post_refusals import EmployerNotFound
from shared.areas import Scope
from shared.db.engine import ReadSession, WriteSession
from shared.db.filters import equal
from shared.db.pages import newest_first
from shared.errors import existing


@dataclass(frozen=True, slots=True)
class EmployerFilter:
    """What a list of employers shall hold; None does not filter."""

    name: str | None = None  # a part of it
    credit_code: str | None = None
    kind: str | None = None
    blacklisted: bool | None = None

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        """As SQL."""
        yield from equal((Employer.credit_code, self.credit_code), (Employer.kind, self.kind))
        if self.name is not None:
            yield Employer.name.contains(self.name, autoescape=True)
        if self.blacklisted is not None:
            yield Employer.blacklisted_reason.is_not(None).is_(self.blacklisted)


def of_counties(column: InstrumentedAttribute[Any], scope: Scope) -> ColumnElement[bool]:
    """Rows of the counties that the scope lies in, or that lie in it: what a county offers is for all its villages."""
    if "" in scope.prefixes:
        return true()
    wanted = sorted({prefix[:COUNTY_DIGITS] for prefix in scope.prefixes})
    return or_(*(column.startswith(prefix) for prefix in wanted)) if wanted else false()


async def list_employers(
    session: ReadSession, scope: Scope, wanted: EmployerFilter, before: UUID | None, limit: int
) -> Sequence[Employer]:
    """Employers, newest first."""
    query = select(Employer).where(of_counties(Employer.county, scope), *wanted.conditions())
    return (await session.scalars(newest_first(query, Employer.id, before=before, limit=limit))).all()


async def get_employer(session: ReadSession, scope: Scope, employer_id: UUID) -> Employer:
    """One employer; raises `EmployerNotFound`."""
    query = select(Employer).where(of_counties(Employer.county, scope), Employer.id == employer_id)
    return existing((await session.scalars(query)).one_or_none(), EmployerNotFound, "employer_id")


async def lock_employer(session: WriteSession, scope: Scope, employer_id: UUID, *, share: bool = False) -> Employer:
    """One employer that nobody else changes until commit; `share`: others may read it so as well.

    As of everything that others name by foreign key, the weaker of PostgreSQL's two locks: who writes such a row waits for
    FOR UPDATE, in an order of its own, and the two might wait for each other.
    """
    query = select(Employer).where(of_counties(Employer.county, scope), Employer.id == employer_id)
    query = query.with_for_update(read=share, key_share=not share).execution_options(populate_existing=True)
    return existing((await session.scalars(query)).one_or_none(), EmployerNotFound, "employer_id")


async def list_alike(
    session: ReadSession, county: str, credit_codes: Collection[str], names: Collection[str]
) -> Sequence[Employer]:
    """Those of the county with one of the codes or names; `rules.employers.same_of` says which one is meant."""
    alike = Employer.credit_code.in_(set(credit_codes)) | Employer.name.in_(set(names))
    return (await session.scalars(select(Employer).where(Employer.county == county, alike))).all()


async def lock_register(session: WriteSession) -> None:
    """Let nobody else enter or rename employers until the commit: two at once would not see each other's."""
    await session.execute(text("SELECT pg_advisory_xact_lock(hashtext('shouwang-employers'))"))


async def hold(session: WriteSession, employer_ids: Collection[UUID]) -> None:
    """Let nobody blacklist or change these employers until the commit."""
    query = select(Employer.id).where(Employer.id.in_(set(employer_ids))).order_by(Employer.id)
    await session.execute(query.with_for_update(read=True))


async def list_blacklistings(session: ReadSession, employer_id: UUID) -> Sequence[Blacklisting]:
    """What was ever held against an employer got by `get_employer`, newest first."""
    query = select(Blacklisting).where(Blacklisting.employer_id == employer_id).order_by(Blacklisting.id.desc())
    return (await session.scalars(query)).all()


async def find_open_blacklisting(session: ReadSession, employer_id: UUID) -> Blacklisting | None:
    """What is held against it now."""
    query = select(Blacklisting).where(Blacklisting.employer_id == employer_id, Blacklisting.ended_at.is_(None))
    return (await session.scalars(query)).one_or_none()
