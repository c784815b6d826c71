"""Accounts (账号) and their failed sign-ins."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import Select, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from services.directory.models import Account, SignInFailure
from shared.areas import Scope
from shared.db.engine import ReadSession, WriteSession
from shared.db.pages import in_order
from shared.db.within import all_within
from shared.errors import NotFound, existing
from shared.security.principals import Role


class AccountNotFound(NotFound):
    """No account within the asker's reach has that id."""

    code: ClassVar[str] = "account-not-found"


async def list_accounts(
    session: ReadSession,
    scope: Scope,
    *,
    role: str | None,
    organisation: str | None,
    area_prefix: str | None,
    after: str | None,
    limit: int,
) -> Sequence[Account]:
    """Accounts whose areas all lie within `scope`, in the order of their usernames."""
    query = select(Account).where(all_within(Account.areas, scope))
    if role:
        query = query.where(Account.role == role)
    if organisation:
        query = query.where(Account.organisation == organisation)
    if area_prefix is not None:
        query = query.where(all_within(Account.areas, Scope(frozenset({area_prefix}))))
    return (await session.scalars(in_order(query, Account.username, after=after, limit=limit))).all()


async def get_account(session: ReadSession, scope: Scope, account_id: UUID) -> Account:
    """Raises `AccountNotFound`."""
    return existing((await session.scalars(_one(scope, account_id))).one_or_none(), AccountNotFound)


async def lock_account(session: WriteSession, scope: Scope, account_id: UUID) -> Account:
    """Raises `AccountNotFound`."""
    return existing((await session.scalars(_one(scope, account_id).with_for_update())).one_or_none(), AccountNotFound)


async def find_account(session: ReadSession, account_id: UUID) -> Account | None:
    """The account, whatever its areas: for its holder."""
    return await session.get(Account, account_id)


async def lock_own(session: WriteSession, account_id: UUID) -> Account | None:
    """The same; nobody else changes it before our commit."""
    return (await session.scalars(select(Account).where(Account.id == account_id).with_for_update())).one_or_none()


async def find_active_by_username(session: ReadSession, username: str) -> Account | None:
    """An open account."""
    return (await session.scalars(select(Account).where(Account.username == username, Account.active))).one_or_none()


async def lock_active(session: WriteSession, account_id: UUID) -> Account | None:
    """An open account, kept open until the transaction ends."""
    query = select(Account).where(Account.id == account_id, Account.active)
    return (await session.scalars(query.with_for_update(read=True))).one_or_none()


async def lock_admins(session: WriteSession) -> set[UUID]:
    """The open administrators, in a fixed order, so that two of them cannot close each other."""
    query = select(Account.id).where(Account.role == Role.ADMIN, Account.active).order_by(Account.id)
    return set(await session.scalars(query.with_for_update()))


async def find_usernames(session: ReadSession, usernames: Collection[str]) -> set[str]:
    """Those of `usernames` that are taken."""
    return set(await session.scalars(select(Account.username).where(Account.username.in_(usernames))))


async def find_failures(session: ReadSession, indexes: Collection[str]) -> dict[str, SignInFailure]:
    """Failed sign-ins by username index."""
    found = await session.scalars(select(SignInFailure).where(SignInFailure.username_index.in_(indexes)))
    return {failure.username_index: failure for failure in found}


async def lock_failures(session: WriteSession, index: str, now: datetime) -> SignInFailure:
    """The count for one username, made when there is none."""
    row = insert(SignInFailure).values(username_index=index, failures=0, last_failed_at=now)
    # DO UPDATE, although it changes nothing: DO NOTHING would neither lock nor return the row that is there.
    upsert = row.on_conflict_do_update(index_elements=["username_index"], set_={"username_index": index})
    return (await session.scalars(upsert.returning(SignInFailure))).one()


async def delete_failures(session: WriteSession, index: str) -> None:
    """Forget failed sign-ins: the right password came, or somebody unlocked."""
    await session.execute(delete(SignInFailure).where(SignInFailure.username_index == index))


async def replace_hash(session: WriteSession, account_id: UUID, old: str, new: str) -> None:
    """Store a new hash of the same password, unless the password was changed meanwhile."""
    unchanged = (Account.id == account_id) & (Account.password_hash == old)
    await session.execute(update(Account).where(unchanged).values(password_hash=new))


def _one(scope: Scope, account_id: UUID) -> Select[Account]:
    return select(Account).where(Account.id == account_id, all_within(Account.areas, scope))
