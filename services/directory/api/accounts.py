"""Accounts over HTTP.

Routes with a password take no `Idempotency-Key`: its request hash would be a fast hash of the password. A username is
taken only once, so a repeated request does no harm.
"""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body
from starlette.responses import Response

from services.directory.api.context import TheDoor
from services.directory.api.permits import ReadAccounts, SetPassword, WriteAccounts
from services.directory.models import Account
from services.directory.queries import accounts as queries
from services.directory.rules.accounts import OldPasswordMissing, check_password
from services.directory.schemas.accounts import (
    MAX_BATCH,
    AccountChange,
    AccountOpened,
    AccountOut,
    AccountsOpened,
    NewAccount,
    PasswordChange,
)
from services.directory.schemas.fields import AreaPrefixText
from services.directory.sign_in import Door
from services.directory.usecases import accounts as usecases
from shared.clock import utc_now
from shared.db.engine import ReadSession
from shared.errors import DomainError, Fault, InvalidInput
from shared.http.answers import created, json_answer
from shared.http.client_address import ClientAddress
from shared.http.context import Db
from shared.http.cursors import text_cursor
from shared.http.pages import After, Limit, Page, cut, encode_cursor
from shared.http.versions import IfMatch, etag, expect_version
from shared.security.principals import Role

router = APIRouter(prefix="/v1/accounts", tags=["Accounts · 账号"])


@router.post("", status_code=201, summary="Open an account · 开通账号", responses={201: {"model": AccountOut}})
async def open_account(new: NewAccount, who: WriteAccounts, db: Db, door: TheDoor) -> Response:
    """Nobody gives a role, area or feed beyond their own: the county opens bureau, township and village accounts."""
    password = new.password.get_secret_value()
    check_password(new.username, password)
    hashed = await door.passwords.hash(password)
    async with db.write(who.scope) as session:
        account = await usecases.open_account(session, who, new.draft(), hashed, utc_now())
        place = f"/directory/v1/accounts/{account.id}"
        return created(AccountOut.of(account), place, {"ETag": etag(account.version)})


@router.post("/batch", status_code=201, summary="Open many accounts · 批量开通账号")
async def open_accounts(
    news: Annotated[list[NewAccount], Body(min_length=1, max_length=MAX_BATCH)],
    who: WriteAccounts,
    db: Db,
    door: TheDoor,
) -> AccountsOpened:
    """Up to 1,000: all, or none. `errors[].field` is `<place in the array>.<field>`, counted from 0."""
    passwords = _checked_passwords(news)
    hashes = await door.passwords.hash_many(passwords)
    async with db.write(who.scope) as session:
        accounts = await usecases.open_accounts(session, who, [new.draft() for new in news], hashes, utc_now())
        opened = [AccountOpened(id=account.id, username=account.username) for account in accounts]
    return AccountsOpened(accounts=opened)


@router.get("", summary="Accounts · 账号列表")
async def list_accounts(
    who: ReadAccounts,
    db: Db,
    door: TheDoor,
    role: Role | None = None,
    organisation: str | None = None,
    area: AreaPrefixText | None = None,
    after: After = None,
    limit: Limit = 50,
) -> Page[AccountOut]:
    """Those whose areas all lie within yours, in the order of their usernames, closed ones too."""
    start = text_cursor(after)
    async with db.read(who.scope) as session:
        rows = await queries.list_accounts(
            session, who.scope, role=role, organisation=organisation, area_prefix=area, after=start, limit=limit + 1
        )
        page, last = cut(rows, limit)
        items = await _show(session, door, *page)
    return Page(items=items, next=encode_cursor(last.username) if last else None)


@router.get("/{account_id}", summary="One account · 账号", response_model=AccountOut)
async def read_account(account_id: UUID, who: ReadAccounts, db: Db, door: TheDoor) -> Response:
    """By its id, with its version as `ETag`."""
    async with db.read(who.scope) as session:
        (account,) = await _show(session, door, await queries.get_account(session, who.scope, account_id))
    return json_answer(account, headers={"ETag": etag(account.version)})


@router.patch("/{account_id}", summary="Change or close an account · 修改或停用账号", response_model=AccountOut)
async def change_account(
    account_id: UUID, change: AccountChange, who: WriteAccounts, db: Db, door: TheDoor, if_match: IfMatch = None
) -> Response:
    """`If-Match` is required. A closed account's access token works on until it expires, 15 minutes at most."""
    async with db.write(who.scope) as session:
        expect = partial(expect_version, if_match)
        changed = await usecases.change_account(session, who, account_id, change.changes(), expect, utc_now())
        (account,) = await _show(session, door, changed)
    return json_answer(account, headers={"ETag": etag(account.version)})


@router.post("/{account_id}/password", status_code=204, summary="Set a password · 设置密码")
async def set_password(
    account_id: UUID, change: PasswordChange, who: SetPassword, db: Db, door: TheDoor, address: ClientAddress
) -> None:
    """One's own with the old password, or that of an account one manages. The account is signed out everywhere."""
    async with db.read(who.scope) as session:
        username = (await usecases.require_reach(session, who, account_id)).username
    password = change.password.get_secret_value()
    check_password(username, password)
    proved = None
    if account_id == who.id:
        if change.old_password is None:
            raise OldPasswordMissing(field="old_password")
        proved = await door.prove(username, change.old_password.get_secret_value(), address)
    hashed = await door.passwords.hash(password)
    async with db.write(who.scope) as writing:
        await usecases.set_password(writing, who, account_id, proved, hashed, door.username_index(username), utc_now())


@router.post("/{account_id}/unlock", status_code=204, summary="Unlock an account · 解除锁定")
async def unlock_account(account_id: UUID, who: WriteAccounts, db: Db, door: TheDoor) -> None:
    """Its holder may try again before the 15 minutes are over."""
    async with db.write(who.scope) as session:
        await usecases.unlock_account(session, who, account_id, door.username_index)


async def _show(session: ReadSession, door: Door, *accounts: Account) -> list[AccountOut]:
    indexes = [door.username_index(account.username) for account in accounts]
    failures = await queries.find_failures(session, indexes)
    now = utc_now()
    shown = []
    for account, index in zip(accounts, indexes, strict=True):
        until = failures[index].locked_until if index in failures else None
        shown.append(AccountOut.of(account, until if until and until > now else None))
    return shown


def _checked_passwords(news: list[NewAccount]) -> list[str]:
    passwords = [new.password.get_secret_value() for new in news]
    faults: list[Fault] = []
    for row, (new, password) in enumerate(zip(news, passwords, strict=True)):
        try:
            check_password(new.username, password)
        except DomainError as error:
            faults += [fault.under(row) for fault in error.faults]
    if faults:
        raise InvalidInput(faults)
    return passwords
