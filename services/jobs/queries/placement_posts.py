"""Posts and their employers, as placing people needs them. Advertised work is no secret: they have no scope."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select

from services.jobs.models import Employer, Post
from services.jobs.rules.placement_refusals import PostUnknown
from shared.db.engine import ReadSession, WriteSession


@dataclass(frozen=True, slots=True)
class PostRow:
    """A post with who offers it."""

    post: Post
    employer: Employer

    def is_open(self, today: date) -> bool:
        """Whether somebody may be sent there today."""
        return self.post.state == "open" and (self.post.until_on is None or today <= self.post.until_on)


async def get_post(session: ReadSession, post_id: UUID) -> PostRow:
    """One post; raises `PostUnknown`."""
    query = select(Post, Employer).join(Employer, Employer.id == Post.employer_id).where(Post.id == post_id)
    row = (await session.execute(query)).one_or_none()
    if row is None:
        raise PostUnknown(field="post_id")
    return PostRow(*row)


async def find_posts(session: ReadSession, ids: Collection[UUID]) -> dict[UUID, PostRow]:
    """Those of them that there are, by id."""
    query = select(Post, Employer).join(Employer, Employer.id == Post.employer_id).where(Post.id.in_(set(ids)))
    return {row.post.id: row for row in (PostRow(*one) for one in await session.execute(query))}


async def lock_posts(session: WriteSession, ids: Collection[UUID]) -> list[PostRow]:
    """Posts whose openings nobody else takes until the commit, in the order of their ids for all who do so."""
    query = select(Post, Employer).join(Employer, Employer.id == Post.employer_id).where(Post.id.in_(set(ids)))
    query = query.order_by(Post.id).with_for_update(of=Post, key_share=True)
    rows = await session.execute(query, execution_options={"populate_existing": True})
    return [PostRow(*one) for one in rows]
