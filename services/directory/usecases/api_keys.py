"""API keys (接口密钥): issued, rotated with an overlap, revoked. The secret is returned once and stored as a hash."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from services.directory import events
from services.directory.models import ApiKey
from services.directory.queries import api_keys as queries
from services.directory.queries import organisations as organisation_queries
from services.directory.rules.accounts import AreaNotGrantable, check_feeds, scope_within
from services.directory.rules.api_keys import (
    SHOWN,
    KeyDraft,
    KeyState,
    expiry,
    new_secret,
    overlap_end,
    require_rotatable,
    successor_expiry,
)
from services.directory.rules.organisations import bureau
from shared.areas import Scope, normalise
from shared.db.engine import WriteSession
from shared.ids import new_id
from shared.outbox import emit
from shared.security import audit
from shared.security.gate import api_key_hash
from shared.security.principals import Principal


async def issue_api_key(session: WriteSession, who: Principal, draft: KeyDraft, now: datetime) -> tuple[ApiKey, str]:
    """A key for some of the bureau's feeds within its area, and its secret."""
    organisation = await organisation_queries.lock_organisation(session, who.scope, draft.organisation)
    check_feeds(draft.feeds, bureau(organisation.kind, organisation.feeds, active=organisation.active))
    home = Scope.of(normalise(organisation.area_code))
    scope = draft.scope or home
    if not (scope_within(scope, home) and scope_within(scope, who.scope)):
        raise AreaNotGrantable(field="areas")
    expires_at = expiry(draft.expires_on, now)
    return await _issue(
        session, who, organisation.code, draft.label, sorted(draft.feeds), scope.serialise(), expires_at, now
    )


async def rotate_api_key(
    session: WriteSession, who: Principal, key_id: UUID, overlap_hours: int, expires_on: date | None, now: datetime
) -> tuple[ApiKey, str]:
    """A successor with the same rights; the old key goes on for the overlap, so that nobody is in a hurry."""
    old = await queries.lock_api_key(session, who.scope, key_id)
    state = KeyState(old.created_at, old.expires_at, old.revoked_at, old.replaced_by is not None)
    require_rotatable(state, now)
    expires_at = expiry(expires_on, now) if expires_on else successor_expiry(state, now)
    new, secret = await _issue(session, who, old.bureau, old.label, old.feeds, old.areas, expires_at, now)
    old.replaced_by = new.id
    old.expires_at = overlap_end(state, now, overlap_hours)
    await emit(session, events.api_key_changed(old))
    await audit.record(session, who, "api-key:write", old.id, how="rotated", overlap_hours=overlap_hours)
    return new, secret


async def revoke_api_key(session: WriteSession, who: Principal, key_id: UUID, now: datetime) -> ApiKey:
    """The key stops working within seconds. Revoking it twice changes nothing."""
    key = await queries.lock_api_key(session, who.scope, key_id)
    if key.revoked_at is None:
        key.revoked_at = now
        await emit(session, events.api_key_changed(key))
        await audit.record(session, who, "api-key:write", key.id, how="revoked")
    return key


async def _issue(
    session: WriteSession,
    who: Principal,
    bureau_code: str,
    label: str,
    feeds: Sequence[str],
    areas: Sequence[str],
    expires_at: datetime,
    now: datetime,
) -> tuple[ApiKey, str]:
    secret = new_secret()
    key = ApiKey(
        id=new_id(),
        bureau=bureau_code,
        label=label,
        prefix=secret[:SHOWN],
        secret_hash=api_key_hash(secret),
        feeds=list(feeds),
        areas=list(areas),
        expires_at=expires_at,
        created_by=who.id,
        created_at=now,
    )
    session.add(key)
    await emit(session, events.api_key_changed(key))
    await audit.record(session, who, "api-key:write", key.id, how="issued", bureau=bureau_code)
    return key, secret
