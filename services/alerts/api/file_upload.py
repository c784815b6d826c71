"""The body of an upload on its way into the store: counted, hashed and sealed piece by piece."""

import asyncio

from fastapi import Request

from services.alerts.models import Feed
from services.alerts.queries.files import find_feed
from services.alerts.rules.alerts import FeedNotFound
from services.alerts.rules.files import FileTooLarge
from services.alerts.usecases.files import Arrived, columns_in, period_in, read_head
from shared.clock import local_date, utc_now
from shared.db.engine import Database
from shared.files import Shelf
from shared.http.form_stream import CountedFile, FormFieldInvalid, FormStream, form_of
from shared.http.problems import BODY_UNREAD
from shared.ids import new_id
from shared.security.principals import Principal
from shared.tables.in_turn import beside

FORM_OVERHEAD = 10_000
"""Bytes of a form around its file."""


async def receive_file(request: Request, who: Principal, database: Database, shelf: Shelf, limit: int) -> Arrived:
    """Seal the file into the store and read its head. Nothing is kept when anything is wrong with it.

    Raises `FileTooLarge`, `FormInvalid`, `FormFieldInvalid`, `FeedNotFound`, `FeedNotPermitted`, `PeriodInvalid`,
    `PeriodInFuture`, `PeriodNotPlain`, `PolicyMissing`, `TableInvalid`, `TookTooLong`, `ClientDisconnect`.
    """
    setattr(request.state, BODY_UNREAD, True)
    if int(request.headers.get("content-length") or 0) > limit + FORM_OVERHEAD:
        raise FileTooLarge(max_bytes=limit)
    form = form_of(request)
    await form.until_file()
    named = await _feed_in(form, who, database) if {"feed", "period"} <= form.fields.keys() else None
    file_id = new_id()
    counted = CountedFile(form.file(), limit, lambda: FileTooLarge(max_bytes=limit))
    try:
        digest = await shelf.write(counted, file_id)
        await form.rest()
        setattr(request.state, BODY_UNREAD, False)
        feed, period = named or await _feed_in(form, who, database)
        today = local_date(utc_now())
        head = await beside(read_head, shelf, file_id, form.file_name, columns_in(feed), today)
    except BaseException:
        await asyncio.shield(shelf.delete(file_id))
        raise
    return Arrived(
        id=file_id,
        feed=feed.code,
        feed_version=feed.version,
        period=period,
        name=form.file_name,
        digest=digest,
        size=counted.size,
        **head,
    )


async def _feed_in(form: FormStream, who: Principal, database: Database) -> tuple[Feed, str]:
    """The feed that the form names, when the sender may report for it, and a period of it."""
    if not form.fields.get("feed"):
        raise FormFieldInvalid(field="feed")
    who.require_feed(form.fields["feed"])
    async with database.read(who.scope) as session:
        feed = await find_feed(session, form.fields["feed"])
        if feed is None:
            raise FeedNotFound(field="feed")
        return feed, await period_in(session, who, feed, form.fields.get("period"), local_date(utc_now()))
