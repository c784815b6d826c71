"""Sealing values anew after a change of the vault's key, beside a running service.

Each service names its sealed columns in `sealed.py`. A column is walked along its primary key, a page in each
transaction; what the service holds at that moment is passed over and met on the next walk. It can be stopped at any
moment and begun again: what is done already bears the new key's id, in clear, in its second byte.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, Table, bindparam, func, select, tuple_, update
from sqlalchemy.orm import InstrumentedAttribute

from shared.areas import Scope
from shared.db.engine import Database, WriteSession
from shared.security import audit
from shared.security.principals import SYSTEM
from shared.security.vault import CannotOpen, Vault

PAGE = 1000
WALKS = 20
PAUSE = 0.5
"""Seconds until what was locked is looked at again."""

Key = tuple[Any, ...]
"""A primary key."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A column of sealed values, and the purpose they are sealed for."""

    attribute: InstrumentedAttribute[Any]
    purpose: str

    @property
    def column(self) -> Column[bytes]:
        """The column itself."""
        column = self.attribute.property.columns[0]
        assert isinstance(column, Column)
        return column

    @property
    def table(self) -> Table:
        """The column's table."""
        return self.column.table


@dataclass(frozen=True, slots=True)
class Resealed:
    """Values sealed anew, and values that still bear another key: they were locked all the time, or are written anew
    by a process that does not know of the new key."""

    done: int
    left: int


async def reseal(database: Database, vault: Vault, columns: Iterable[Sealed]) -> Resealed:
    """Seal with the active key whatever is sealed with another. Raises `CannotOpen` when a key is not in the ring."""
    done = left = 0
    for sealed in columns:
        done += await _walk(database, vault, sealed)
        for _ in range(WALKS):
            remaining = await _count(database, vault, sealed)
            if not remaining:
                break
            await asyncio.sleep(PAUSE)
            done += await _walk(database, vault, sealed)
        else:
            left += await _count(database, vault, sealed)
    async with database.write(Scope.everywhere()) as session:
        await audit.record(session, SYSTEM, "vault:reseal", database.schema, key=vault.active, values=done, left=left)
    return Resealed(done, left)


async def _walk(database: Database, vault: Vault, sealed: Sealed) -> int:
    total, after = 0, None
    while True:
        async with database.write(Scope.everywhere()) as session:
            page_keys = await _reseal_page(session, vault, sealed, after)
        total += len(page_keys)
        if len(page_keys) < PAGE:
            return total
        after = page_keys[-1]


async def _reseal_page(session: WriteSession, vault: Vault, sealed: Sealed, after: Key | None) -> list[Key]:
    keys = list(sealed.table.primary_key.columns)
    page = select(*keys, sealed.column).where(_is_old(sealed, vault)).order_by(*keys).limit(PAGE)
    if after is not None:
        page = page.where(tuple_(*keys) > tuple_(*after))
    # Not FOR UPDATE: rows that refer to this one can still be written.
    rows = (await session.execute(page.with_for_update(skip_locked=True, key_share=True))).all()
    values = [
        {**{f"key_{n}": part for n, part in enumerate(key)}, "sealed_anew": _anew(vault, value, sealed, key)}
        for *key, value in rows
    ]
    if values:
        here = [key == bindparam(f"key_{n}") for n, key in enumerate(keys)]
        change = update(sealed.table).where(*here).values({sealed.column: bindparam("sealed_anew")})
        await (await session.connection()).execute(change, values)
    return [tuple(key) for *key, _ in rows]


def _anew(vault: Vault, value: bytes, sealed: Sealed, key: Sequence[Any]) -> bytes:
    try:
        return vault.seal(vault.open(value, sealed.purpose), sealed.purpose)
    except CannotOpen as error:
        error.add_note(f"{sealed.column} of {', '.join(map(str, key))}, key {value[1]}")
        raise


async def _count(database: Database, vault: Vault, sealed: Sealed) -> int:
    async with database.read(Scope.everywhere()) as session:
        found = await session.scalar(select(func.count()).select_from(sealed.table).where(_is_old(sealed, vault)))
        return found or 0


def _is_old(sealed: Sealed, vault: Vault) -> ColumnElement[bool]:
    """`vault.needs_reseal`, in SQL; NULL is not."""
    return func.get_byte(sealed.column, 1) != vault.active
