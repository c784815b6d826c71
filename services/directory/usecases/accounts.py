"""Accounts (账号): opened, changed, closed, never deleted, for deeds point at them."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from services.directory import events
from services.directory.models import Account, Organisation
from services.directory.queries import accounts as queries
from services.directory.queries import areas as area_queries
from services.directory.queries import organisations as organisation_queries
from services.directory.queries import tokens as token_queries
from services.directory.queries.accounts import AccountNotFound
from services.directory.rules.accounts import (
    AccountChanges,
    AccountDraft,
    Bureau,
    Grant,
    LastAdmin,
    UsernameTaken,
    check_grant,
    may_manage,
)
from services.directory.rules.organisations import bureau
from services.directory.rules.sign_in import Proved
from shared.areas import Scope
from shared.db.engine import ReadSession, WriteSession
from shared.errors import DomainError, InvalidInput
from shared.ids import new_id
from shared.outbox import emit
from shared.security import audit
from shared.security.principals import Principal, Role


async def open_account(
    session: WriteSession, who: Principal, draft: AccountDraft, password_hash: str, now: datetime
) -> Account:
    """Open one account; raises the first thing that is wrong with it."""
    for _, error in await _find_errors(session, who, [draft]):
        raise error
    return (await _insert(session, who, [draft], [password_hash], now))[0]


async def open_accounts(
    session: WriteSession,
    who: Principal,
    drafts: Sequence[AccountDraft],
    password_hashes: Sequence[str],
    now: datetime,
) -> list[Account]:
    """Open all accounts, or none: `InvalidInput` then has every mistake, under its row."""
    if errors := await _find_errors(session, who, drafts):
        raise InvalidInput([fault.under(row) for row, error in errors for fault in error.faults])
    return await _insert(session, who, drafts, password_hashes, now)


async def change_account(
    session: WriteSession,
    who: Principal,
    account_id: UUID,
    changes: AccountChanges,
    expect: Callable[[int], None],
    now: datetime,
) -> Account:
    """Change, close or open an account. Its tokens are renewed no longer when it is closed."""
    admins = await queries.lock_admins(session)
    account = await queries.lock_account(session, who.scope, account_id)
    _require_manager(who, account)
    expect(account.version)
    grant = Grant(
        changes.get("role", Role(account.role)),
        changes.get("scope", Scope.parse(account.areas)),
        changes.get("feeds", frozenset(account.feeds)),
    )
    code = changes.get("organisation", account.organisation)
    await area_queries.require_known(session, grant.scope)
    check_grant(who, grant, _bureau(await organisation_queries.share_organisations(session, _some(code)), code))
    active = changes.get("active", account.active)
    if admins == {account.id} and not (active and grant.role is Role.ADMIN):
        raise LastAdmin
    account.display_name = changes.get("display_name", account.display_name)
    account.role, account.areas, account.feeds = grant.role.value, grant.scope.serialise(), sorted(grant.feeds)
    account.organisation, account.active = code, active
    account.version += 1
    account.changed_at = now
    if not active:
        await token_queries.revoke_all(session, account.id, now)
    await emit(session, events.account_changed(account))
    await audit.record(session, who, "account:write", account.id, fields=sorted(changes))
    return account


async def require_reach(session: ReadSession, who: Principal, account_id: UUID) -> Account:
    """The account, if it is the asker's own or one that they manage; `AccountNotFound` otherwise."""
    return _reached(who, await queries.find_account(session, account_id))


async def set_password(
    session: WriteSession,
    who: Principal,
    account_id: UUID,
    proved: Proved | None,
    password_hash: str,
    username_index: str,
    now: datetime,
) -> None:
    """Set a password that was checked and hashed; the account is signed out everywhere and unlocked.

    Locked first: whoever managed it when asking may not any more, once it was given another role, and the old password
    that was `proved` may be none any more.
    """
    account = _reached(who, await queries.lock_own(session, account_id))
    if proved is not None:
        proved.require_same(account.password_hash)
    account.password_hash = password_hash
    account.changed_at = now
    await token_queries.revoke_all(session, account.id, now)
    await queries.delete_failures(session, username_index)
    await audit.record(session, who, "account:password", account.id)


async def unlock_account(session: WriteSession, who: Principal, account_id: UUID, index: Callable[[str], str]) -> None:
    """Let its holder try again before the lock is over. `index`: username → username index."""
    account = await queries.lock_account(session, who.scope, account_id)
    _require_manager(who, account)
    await queries.delete_failures(session, index(account.username))
    await audit.record(session, who, "account:unlock", account.id)


async def _find_errors(
    session: WriteSession, who: Principal, drafts: Sequence[AccountDraft]
) -> list[tuple[int, DomainError]]:
    codes = {draft.organisation for draft in drafts if draft.organisation}
    organisations = await organisation_queries.share_organisations(session, codes)
    prefixes = {prefix for draft in drafts for prefix in draft.grant.scope.prefixes}
    unknown = await area_queries.find_unknown(session, prefixes)
    taken = await queries.find_usernames(session, [draft.username for draft in drafts])
    errors: list[tuple[int, DomainError]] = []
    for row, draft in enumerate(drafts):
        try:
            check_grant(who, draft.grant, _bureau(organisations, draft.organisation))
            if lost := draft.grant.scope.prefixes & unknown:
                raise area_queries.AreaUnknown(field="areas", area=min(lost))
            if draft.username in taken:
                raise UsernameTaken(field="username")
            taken.add(draft.username)
        except DomainError as error:
            errors.append((row, error))
    return errors


async def _insert(
    session: WriteSession,
    who: Principal,
    drafts: Sequence[AccountDraft],
    password_hashes: Sequence[str],
    now: datetime,
) -> list[Account]:
    rows = [
        {
            "id": new_id(),
            "username": draft.username,
            "password_hash": password_hash,
            "display_name": draft.display_name,
            "role": draft.grant.role.value,
            "areas": draft.grant.scope.serialise(),
            "feeds": sorted(draft.grant.feeds),
            "organisation": draft.organisation,
            "active": True,
            "version": 1,
            "created_at": now,
            "changed_at": now,
        }
        for draft, password_hash in zip(drafts, password_hashes, strict=True)
    ]
    statement = insert(Account).on_conflict_do_nothing().returning(Account, sort_by_parameter_order=True)
    accounts = list(await session.scalars(statement, rows))
    if len(accounts) < len(rows):
        raise UsernameTaken(field="username")  # somebody took it since we looked
    await emit(session, *(events.account_changed(account) for account in accounts))
    for account in accounts:
        await audit.record(session, who, "account:write", account.id, role_given=account.role)
    return accounts


def _reached(who: Principal, account: Account | None) -> Account:
    if account is None:
        raise AccountNotFound
    if account.id != who.id:
        _require_manager(who, account)
    return account


def _require_manager(who: Principal, account: Account) -> None:
    if not may_manage(who, Role(account.role), Scope.parse(account.areas)):
        raise AccountNotFound


def _bureau(organisations: dict[str, Organisation], code: str | None) -> Bureau | None:
    found = organisations.get(code) if code else None
    if code and found is None:
        raise organisation_queries.OrganisationUnknown(field="organisation")
    return bureau(found.kind, found.feeds, active=found.active) if found else None


def _some(code: str | None) -> list[str]:
    return [code] if code else []
