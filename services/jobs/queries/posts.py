"""Posts, as one county offers them to its people."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, literal_column, or_, select

from services.jobs.models.posts import Employer, Post, PostState
from services.jobs.queries.employers import of_counties
from services.jobs.rules.post_refusals import PostNotFound
from shared.areas import Scope
from shared.db.engine import ReadSession, WriteSession
from shared.db.filters import equal
from shared.db.pages import newest_first
from shared.errors import existing


class PostRow(NamedTuple):
    """A post with whose it is."""

    post: Post
    employer: Employer

    def is_open(self, today: date) -> bool:
        """Whether somebody may be sent there today."""
        return self.post.state == PostState.OPEN and (self.post.until_on is None or today <= self.post.until_on)


@dataclass(frozen=True, slots=True)
class PostFilter:
    """What a list of posts shall hold; None does not filter. `pay_from`: yuan a month that are sure."""

    states: Collection[PostState] = (PostState.OPEN,)
    trade: str | None = None
    place: str | None = None  # prefix, or "abroad"
    pay_from: Decimal | None = None
    lodging: bool | None = None
    night: bool | None = None
    employer_id: UUID | None = None
    open_on: date | None = None  # offered on that day still

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        """As SQL. The states stand in the statement itself, so that the planner sees that a partial index will do."""
        yield Post.state.in_([literal_column(f"'{PostState(state)}'") for state in self.states])
        yield from equal((Post.trade, self.trade), (Post.lodging, self.lodging), (Post.employer_id, self.employer_id))
        if self.place is not None:
            yield Post.place.startswith(self.place)
        if self.pay_from is not None:
            yield Post.pay_low >= self.pay_from
        if self.night is not None:
            yield Post.shift != "day" if self.night else Post.shift == "day"
        if self.open_on is not None:
            yield or_(Post.until_on.is_(None), Post.until_on >= self.open_on)


def _rows(scope: Scope) -> Select[Post, Employer]:
    query = select(Post, Employer).join(Employer, Employer.id == Post.employer_id)
    return query.where(of_counties(Post.county, scope))


async def list_posts(
    session: ReadSession, scope: Scope, wanted: PostFilter, before: UUID | None, limit: int
) -> Sequence[PostRow]:
    """Posts, newest first."""
    query = newest_first(_rows(scope).where(*wanted.conditions()), Post.id, before=before, limit=limit)
    return [PostRow(*row) for row in await session.execute(query)]


async def get_post(session: ReadSession, scope: Scope, post_id: UUID) -> PostRow:
    """One post; raises `PostNotFound`."""
    row = (await session.execute(_rows(scope).where(Post.id == post_id))).one_or_none()
    return PostRow(*existing(row, PostNotFound, "post_id"))


async def find_posts(session: ReadSession, ids: Collection[UUID]) -> dict[UUID, PostRow]:
    """Those of them that there are, of whichever county, by id; for rows that name posts."""
    rows = await session.execute(_rows(Scope.everywhere()).where(Post.id.in_(set(ids))))
    return {row.post.id: row for row in (PostRow(*one) for one in rows)}


async def lock_post(session: WriteSession, scope: Scope, post_id: UUID) -> PostRow:
    """One post that nobody else changes until commit; its openings are counted under this lock alone."""
    query = _rows(scope).where(Post.id == post_id).with_for_update(of=Post, key_share=True)
    row = (await session.execute(query, execution_options={"populate_existing": True})).one_or_none()
    return PostRow(*existing(row, PostNotFound, "post_id"))


async def lock_posts(session: WriteSession, ids: Collection[UUID]) -> list[PostRow]:
    """Posts of whichever county whose openings nobody else takes until the commit, in the order of their ids for all who
    do so."""
    query = _rows(Scope.everywhere()).where(Post.id.in_(set(ids))).order_by(Post.id)
    query = query.with_for_update(of=Post, key_share=True)
    rows = await session.execute(query, execution_options={"populate_existing": True})
    return [PostRow(*one) for one in rows]


async def lock_offered(session: WriteSession, employer_id: UUID) -> Sequence[Post]:
    """Every post of an employer that is not closed, held until the commit."""
    query = select(Post).where(Post.employer_id == employer_id, Post.state != PostState.CLOSED)
    return (await session.scalars(query.order_by(Post.id).with_for_update(key_share=True))).all()


async def lock_past(session: WriteSession, today: date, limit: int) -> Sequence[Post]:
    """Posts whose last day is over, and that are not closed."""
    states: list[ColumnElement[str]] = [literal_column("'proposed'"), literal_column("'open'")]
    query = select(Post).where(Post.state.in_(states), Post.until_on < today).order_by(Post.until_on).limit(limit)
    return (await session.scalars(query.with_for_update(skip_locked=True, key_share=True))).all()


async def lock_by_ref(session: WriteSession, employer_ids: Collection[UUID]) -> dict[tuple[UUID, str], Post]:
    """The posts of these employers that have a number of theirs, by employer and number; held until the commit."""
    if not employer_ids:
        return {}
    query = select(Post).where(Post.employer_id.in_(set(employer_ids)), Post.ref.is_not(None)).order_by(Post.id)
    return {
        (one.employer_id, one.ref or ""): one for one in await session.scalars(query.with_for_update(key_share=True))
    }


async def find_by_ref(session: ReadSession, employer_id: UUID, ref: str) -> Post | None:
    """The employer's post with that number."""
    return (await session.scalars(select(Post).where(Post.employer_id == employer_id, Post.ref == ref))).one_or_none()


async def count_openings_by_trade(session: ReadSession, scope: Scope) -> dict[str, int]:
    """Openings of open and filled posts, by trade."""
    states = (PostState.OPEN, PostState.FILLED)
    query = select(Post.trade, func.sum(Post.openings)).where(of_counties(Post.county, scope), Post.state.in_(states))
    return {trade: int(number) for trade, number in await session.execute(query.group_by(Post.trade))}
