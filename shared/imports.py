"""Files from people that are checked, and then written exactly as they were checked: what is kept of such a file, who
sees it, and what may happen to it when. What is checked and written is each service's own."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar, Literal, NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, ColumnElement, Select, String, Text, or_, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shared.areas import Scope
from shared.attempts import Attempted
from shared.db.engine import ReadSession, WriteSession
from shared.db.listening import ring
from shared.db.pages import newest_first
from shared.db.within import all_within
from shared.errors import Conflict, Gone, NotFound, existing
from shared.security.principals import Principal, Role

ImportState = Literal["queued", "checking", "checked", "applying", "applied", "failed"]
WAITING: tuple[ImportState, ...] = ("queued", "checking", "applying")
"""States in which there is something to do."""


class Import(Attempted):
    """A table of such files. A row keeps what its sender was permitted then.

    `digest` names one check and what it decided; who has the file written says which one they mean.
    """

    channel: ClassVar[str]  # notified when a file has something to do

    state: Mapped[ImportState] = mapped_column(String)
    dry_run: Mapped[bool]
    size: Mapped[int] = mapped_column(BigInteger)  # bytes in clear
    sent_by: Mapped[UUID]
    sent_as: Mapped[str]  # role
    areas: Mapped[list[str]] = mapped_column(ARRAY(Text))
    applied_by: Mapped[UUID | None]  # who had it written; may be somebody above the sender
    applied_as: Mapped[str | None]
    digest: Mapped[str | None]
    counts: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    received_at: Mapped[datetime]
    checked_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]  # when its files were forgotten

    @property
    def sender(self) -> Principal:
        """Whoever sent it, with what they were permitted then."""
        return Principal(self.sent_by, "account", Role(self.sent_as), Scope.parse(self.areas))

    @property
    def applier(self) -> Principal:
        """Whoever had it written, within the areas of the file; the sender, where a version before asked for it."""
        if self.applied_by is None or self.applied_as is None:
            return self.sender
        return Principal(self.applied_by, "account", Role(self.applied_as), Scope.parse(self.areas))

    def begun(self) -> None:
        """Show that it is being checked, or go on being written."""
        if self.state != "applying":
            self.state = "checking"


class Refusals(NamedTuple):
    """Why one is not written: out of sight, forgotten, without a check, or with another one than is meant."""

    missing: type[NotFound]
    gone: type[Gone]
    unchecked: type[Conflict]
    differing: type[Conflict]


Row = TypeVar("Row", bound=Import)


async def send_import(session: WriteSession, row: Import, who: Principal, now: datetime) -> None:
    """Keep a new one, sent by `who`, to be checked; where it is no dry run it is written then."""
    row.state, row.attempts, row.received_at = "queued", 0, now
    row.sent_by, row.sent_as, row.areas = who.id, who.role.value, who.scope.serialise()
    if not row.dry_run:
        row.applied_by, row.applied_as = who.id, who.role.value
    session.add(row)
    await session.flush()
    await ring(session, row.channel)


async def apply_import(
    session: WriteSession, table: type[Row], who: Principal, import_id: UUID, digest: str, refusals: Refusals
) -> Row:
    """Have a checked one written, exactly as `digest` names it. Raises one of the refusals."""
    row = existing(await session.scalar(_one(table, who, import_id).with_for_update()), refusals.missing)
    if row.deleted_at is not None:
        raise refusals.gone
    if row.state != "checked":
        raise refusals.unchecked(state=row.state)
    if row.digest != digest:
        raise refusals.differing
    row.state, row.failure = "applying", None
    row.applied_by, row.applied_as = who.id, who.role.value
    await ring(session, row.channel)
    return row


async def get_import(
    session: ReadSession, table: type[Row], who: Principal, import_id: UUID, missing: type[NotFound]
) -> Row:
    """One in sight; raises `missing`."""
    return existing(await session.scalar(_one(table, who, import_id)), missing)


async def list_imports(
    session: ReadSession, table: type[Row], who: Principal, before: UUID | None, limit: int
) -> Sequence[Row]:
    """Those in sight, newest first, older than `before`."""
    wanted = newest_first(select(table).where(_in_sight(table, who)), table.id, before=before, limit=limit)
    return (await session.scalars(wanted)).all()


async def list_outworn(session: ReadSession, table: type[Row], before: datetime, limit: int) -> Sequence[Row]:
    """Those received before that moment that nothing is done with any more, and that are still kept."""
    over = (table.received_at < before, table.state.not_in(WAITING), table.deleted_at.is_(None))
    return (await session.scalars(select(table).where(*over).order_by(table.id).limit(limit))).all()


def _one(table: type[Row], who: Principal, import_id: UUID) -> Select[Row]:
    return select(table).where(table.id == import_id, _in_sight(table, who))


def _in_sight(table: type[Row], who: Principal) -> ColumnElement[bool]:
    """Sent by the asker, or from areas that are all the asker's."""
    return or_(table.sent_by == who.id, all_within(table.areas, who.scope))
