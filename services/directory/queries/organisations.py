"""Organisations (单位)."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import ClassVar

from sqlalchemy import Text, exists, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY

from services.directory.models import Account, ApiKey, Organisation
from shared.areas import Scope
from shared.db.engine import ReadSession, WriteSession
from shared.db.pages import in_order
from shared.db.within import within
from shared.errors import Invalid, NotFound, existing


class OrganisationNotFound(NotFound):
    """No organisation within the asker's scope has that code."""

    code: ClassVar[str] = "organisation-not-found"


class OrganisationUnknown(Invalid):
    """The input names an organisation that the directory does not have."""

    code: ClassVar[str] = "organisation-unknown"


async def list_organisations(
    session: ReadSession, scope: Scope, *, kind: str | None, area_prefix: str | None, after: str | None, limit: int
) -> Sequence[Organisation]:
    """Organisations within `scope`, in the order of their codes."""
    query = select(Organisation).where(within(Organisation.area_code, scope))
    if kind:
        query = query.where(Organisation.kind == kind)
    if area_prefix:
        query = query.where(Organisation.area_code.startswith(area_prefix))
    return (await session.scalars(in_order(query, Organisation.code, after=after, limit=limit))).all()


async def get_organisation(session: ReadSession, scope: Scope, code: str) -> Organisation:
    """Raises `OrganisationNotFound`."""
    query = select(Organisation).where(Organisation.code == code, within(Organisation.area_code, scope))
    return existing((await session.scalars(query)).one_or_none(), OrganisationNotFound)


async def lock_organisation(session: WriteSession, scope: Scope, code: str) -> Organisation:
    """For a change of it, or of what hangs on it. Raises `OrganisationNotFound`."""
    query = select(Organisation).where(Organisation.code == code, within(Organisation.area_code, scope))
    return existing((await session.scalars(query.with_for_update())).one_or_none(), OrganisationNotFound)


async def share_organisations(session: WriteSession, codes: Collection[str]) -> dict[str, Organisation]:
    """Those of `codes` that exist, held as they are until the transaction ends."""
    query = select(Organisation).where(Organisation.code.in_(codes)).order_by(Organisation.code)
    found = await session.scalars(query.with_for_update(read=True))
    return {organisation.code: organisation for organisation in found}


async def feeds_are_used(session: ReadSession, code: str, feeds: Collection[str], now: datetime) -> bool:
    """Whether an open account or a working key of the organisation has one of `feeds`."""
    wanted = literal(list(feeds), ARRAY(Text))
    accounts = exists().where(Account.organisation == code, Account.active, Account.feeds.overlap(wanted))
    keys = exists().where(
        ApiKey.bureau == code,
        ApiKey.revoked_at.is_(None),
        ApiKey.expires_at > now,
        ApiKey.feeds.overlap(wanted),
    )
    return bool(await session.scalar(select(or_(accounts, keys))))
