"""Organisations (单位)."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.dialects.postgresql import insert

from services.directory.models import Organisation
from services.directory.queries import areas as area_queries
from services.directory.queries import organisations as queries
from services.directory.rules.organisations import (
    FeedsInUse,
    OrganisationChanges,
    OrganisationCodeTaken,
    OrganisationDraft,
    check_kind,
)
from shared.db.engine import WriteSession
from shared.security import audit
from shared.security.principals import Principal


async def add_organisation(
    session: WriteSession, who: Principal, draft: OrganisationDraft, now: datetime
) -> Organisation:
    """Add an organisation in an area of the asker."""
    who.require_area(draft.area_code)
    check_kind(draft.kind, draft.feeds)
    await area_queries.require_active(session, draft.area_code, "area_code")
    row = insert(Organisation).values(
        code=draft.code,
        name=draft.name,
        kind=draft.kind.value,
        area_code=draft.area_code,
        feeds=sorted(draft.feeds),
        active=True,
        version=1,
        created_at=now,
        changed_at=now,
    )
    added = (await session.scalars(row.on_conflict_do_nothing().returning(Organisation))).one_or_none()
    if added is None:
        raise OrganisationCodeTaken(field="code")
    await audit.record(session, who, "organisation:write", added.code, area_code=added.area_code)
    return added


async def change_organisation(
    session: WriteSession,
    who: Principal,
    code: str,
    changes: OrganisationChanges,
    expect: Callable[[int], None],
    now: datetime,
) -> Organisation:
    """Rename it, close it, or change a bureau's feeds; a feed still in use by its accounts or keys stays."""
    organisation = await queries.lock_organisation(session, who.scope, code)
    expect(organisation.version)
    feeds = frozenset(organisation.feeds)
    wanted = changes.get("feeds", feeds)
    check_kind(organisation.kind, wanted)
    active = changes.get("active", organisation.active)
    if (lost := feeds - wanted if active else feeds) and await queries.feeds_are_used(session, code, lost, now):
        raise FeedsInUse(field="feeds" if active else "active")
    organisation.name = changes.get("name", organisation.name)
    organisation.feeds = sorted(wanted)
    organisation.active = active
    organisation.version += 1
    organisation.changed_at = now
    await audit.record(
        session, who, "organisation:write", code, area_code=organisation.area_code, fields=sorted(changes)
    )
    return organisation
