"""Accounts (账号) as this service knows them: whom a task can be given to. No names."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ARRAY, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.areas import Scope
from shared.contracts.directory import AccountChanged
from shared.db.engine import ReadSession, WriteSession, raw
from shared.inbox import Received
from shared.security.principals import Role


class AccountMixin:
    """One account."""

    __tablename__ = "account"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    role: Mapped[str]
    areas: Mapped[list[str]] = mapped_column(ARRAY(Text))
    active: Mapped[bool]


@dataclass(frozen=True, slots=True)
class Account:
    """An account as rules take it."""

    id: UUID
    role: Role
    scope: Scope


_FIND = text("SELECT id, role, areas FROM account WHERE id = :id AND active")


async def on_account_changed(session: WriteSession, received: Sequence[Received[AccountChanged]]) -> None:
    """Keep the newest state of each account."""
    await put_accounts(session, [one.event for one in received])


async def put_accounts(session: WriteSession, accounts: Sequence[AccountChanged], *also: str) -> None:
    """The same; `also`: columns that this service's table has beside those of `AccountMixin`."""
    columns = ("role", "areas", "active", *also)
    places = ", ".join(f"${number}" for number in range(2, len(columns) + 2))
    newest = ", ".join(f"{name} = excluded.{name}" for name in columns)
    put = f"INSERT INTO account (id, {', '.join(columns)}) VALUES ($1, {places})"  # noqa: S608
    put += f" ON CONFLICT (id) DO UPDATE SET {newest}"
    rows = [(one.account_id, *(getattr(one, name) for name in columns)) for one in accounts]
    await (await raw(session)).executemany(put, rows)


async def find_active(session: ReadSession, account_id: UUID) -> Account | None:
    """The account, unless it is unknown or closed."""
    row = (await session.execute(_FIND, {"id": account_id})).one_or_none()
    return Account(row.id, Role(row.role), Scope.parse(row.areas)) if row else None
