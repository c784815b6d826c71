"""Feeds are made, changed, closed and opened again. Each change is a version that is kept."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy.dialects.postgresql import insert

from services.alerts.codes import RISK_FAMILIES
from services.alerts.models import Feed, FeedVersion
from services.alerts.queries import feeds as queries
from services.alerts.queries.compiled_rules import fields_in_rules
from services.alerts.rules.evidence import schema_faults
from services.alerts.rules.feeds import FeedCodeTaken, FeedFieldInUse, column_type, definition_faults
from services.alerts.rules.screening_rules import rule_fields
from services.alerts.schemas.feeds import FeedContent, NewFeed, saved_content
from shared.clock import local_date
from shared.db.engine import ReadSession, WriteSession
from shared.errors import InvalidInput
from shared.security import audit
from shared.security.principals import Principal

PERMIT = "feed:write"


def check_content(content: FeedContent) -> None:
    """Raise `InvalidInput` with everything that keeps this from being a feed."""
    faults = [fault.under("evidence_schema") for fault in schema_faults(content.evidence_schema)]
    if not faults:  # columns are held against a schema that is one
        faults = definition_faults(content, RISK_FAMILIES)
    if faults:
        raise InvalidInput(faults)


async def create_feed(session: WriteSession, who: Principal, new: NewFeed, now: datetime) -> Feed:
    """Make a feed. Raises `InvalidInput`, `FeedCodeTaken`."""
    check_content(new)
    by = {"created_by": who.id, "created_at": now, "changed_by": who.id, "changed_at": now}
    row = insert(Feed).values(code=new.code, version=1, active=True, **by, **columns_of(new))
    made = (await session.scalars(row.on_conflict_do_nothing().returning(Feed))).one_or_none()
    if made is None:
        raise FeedCodeTaken(field="code")
    await _keep(session, who, made, "created")
    return made


async def change_feed(
    session: WriteSession,
    who: Principal,
    code: str,
    content: FeedContent,
    expect: Callable[[int], None],
    now: datetime,
    *,
    shipped: Mapping[str, Any] | None = None,
) -> Feed:
    """Replace what a feed is. The same once more makes no version. Raises `InvalidInput`, `FeedFieldInUse`.

    `shipped`: what a release ships of it, when that is what is taken over.
    """
    check_content(content)
    feed = await queries.lock_feed(session, code)
    expect(feed.version)
    wanted = columns_of(content)
    if any(getattr(feed, name) != value for name, value in wanted.items()):
        await _require_fields(session, feed, content, local_date(now))
        for name, value in wanted.items():
            setattr(feed, name, value)
        await _change(session, who, feed, "changed" if shipped is None else "taken over", now, shipped)
    return feed


async def set_feed_active(
    session: WriteSession, who: Principal, code: str, active: bool, expect: Callable[[int], None], now: datetime
) -> Feed:
    """Close a feed, which then takes nothing more, or open it again."""
    feed = await queries.lock_feed(session, code)
    expect(feed.version)
    if feed.active is not active:
        feed.active = active
        await _change(session, who, feed, "activated" if active else "deactivated", now)
    return feed


def columns_of(content: FeedContent) -> dict[str, Any]:
    """The content as the table's columns; a column's type is written down even when it was left out."""
    plain = content.model_dump(mode="json", exclude={"code", "bureau", "name", "columns"})
    return {
        **plain,
        "bureau": content.bureau.code,
        "bureau_zh": content.bureau.zh,
        "bureau_en": content.bureau.en,
        "name_zh": content.name.zh,
        "name_en": content.name.en,
        "columns": [
            {**one.model_dump(mode="json"), "type": column_type(one.field, content.evidence_schema)}
            for one in content.columns
        ],
    }


async def feed_at(session: ReadSession, feed: Feed, at: datetime) -> Feed:
    """The feed as it was at that moment, to be looked at and never saved; as it is where that was not written down."""
    then = await queries.find_version_at(session, feed.code, at)
    if then is None or then.version == feed.version:
        return feed
    return Feed(code=feed.code, version=then.version, active=then.active, **columns_of(saved_content(then.content)))


def content_of(feed: Feed) -> FeedContent:
    """What a change of the feed would have to send."""
    same = {name: getattr(feed, name) for name in FeedContent.model_fields if name not in ("bureau", "name")}
    bureau = {"code": feed.bureau, "zh": feed.bureau_zh, "en": feed.bureau_en}
    return saved_content({**same, "bureau": bureau, "name": {"zh": feed.name_zh, "en": feed.name_en}})


async def _change(
    session: WriteSession,
    who: Principal,
    feed: Feed,
    deed: str,
    now: datetime,
    shipped: Mapping[str, Any] | None = None,
) -> None:
    feed.version += 1
    feed.changed_by = who.id
    feed.changed_at = now
    await session.flush()
    await _keep(session, who, feed, deed, shipped)


async def _keep(
    session: WriteSession, who: Principal, feed: Feed, deed: str, shipped: Mapping[str, Any] | None = None
) -> None:
    """Remember who made the feed what it is now."""
    session.add(
        FeedVersion(
            feed=feed.code,
            version=feed.version,
            active=feed.active,
            content=content_of(feed).model_dump(mode="json"),
            changed_by=feed.changed_by,
            changed_at=feed.changed_at,
            shipped=shipped,
        )
    )
    await audit.record(session, who, PERMIT, feed.code, deed=deed, version=feed.version)


async def _require_fields(session: WriteSession, feed: Feed, content: FeedContent, today: date) -> None:
    """Raise when a rule of today or later would look at a field that is gone, or is something else now."""
    used = await fields_in_rules(session, feed, today)
    before, after = rule_fields(feed.evidence_schema), rule_fields(content.evidence_schema)
    lost = sorted(name for name in used if before[name] != after.get(name))
    if lost:
        raise FeedFieldInUse(field="evidence_schema.properties", fields=", ".join(lost))
