"""A bureau's system asks to be called with verdicts (Standard Webhooks, https://www.standardwebhooks.com)."""

import base64
import os
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from services.alerts.models import Webhook, WebhookDelivery
from services.alerts.queries import webhooks as queries
from services.alerts.queries.webhook_owners import close_orphans
from services.alerts.queries.webhooks import Outgoing
from services.alerts.rules.alerts import sight
from services.alerts.rules.webhooks import (
    MOST_OF_A_FEED,
    DeliveryUnderWay,
    FeedsMissing,
    Target,
    WebhookClosed,
    WebhooksTooMany,
    check_url,
)
from shared.db.engine import WriteSession
from shared.ids import new_id
from shared.security import audit
from shared.security.principals import SYSTEM, Principal
from shared.security.vault import Vault

PURPOSE, URL = "webhook-secret", "webhook-url"
"""Purposes of what is sealed."""
_SECRET_BYTES = 32  # Standard Webhooks: 24 to 64


async def register_webhook(
    session: WriteSession, who: Principal, target: Target, vault: Vault, now: datetime, *, local: bool
) -> tuple[Webhook, str]:
    """A webhook and its secret, which is shown this once. Raises `UrlInvalid`, `UrlForbidden`,
    `FeedNotPermitted`, `WebhooksTooMany`.
    """
    check_url(target.url, local=local)
    feeds = _feeds(who, target.feeds)
    await queries.lock_registration(session)
    await _require_room(session, feeds)
    secret = new_secret()
    webhook = Webhook(
        id=new_id(),
        url_sealed=vault.seal(target.url.encode(), URL),
        feeds=feeds,
        areas=who.scope.like_patterns(),
        secret_sealed=vault.seal(secret.encode(), PURPOSE),
        active=True,
        created_by=who.id,
        created_at=now,
    )
    session.add(webhook)
    await session.flush()
    await audit.record(session, who, "webhook:write", webhook.id, how="registered", feeds=webhook.feeds)
    return webhook, secret


async def change_webhook(
    session: WriteSession,
    who: Principal,
    webhook_id: UUID,
    target: Target,
    expect: Callable[[int], None],
    vault: Vault,
    *,
    local: bool,
) -> Webhook:
    """Another address or other feeds. Messages that wait go to the new address."""
    await queries.lock_registration(session)
    webhook = await _lock_active(session, who, webhook_id)
    expect(webhook.version)
    check_url(target.url, local=local)
    feeds = _feeds(who, target.feeds)
    await _require_room(session, set(feeds) - set(webhook.feeds), webhook_id)
    webhook.url, webhook.url_sealed = None, vault.seal(target.url.encode(), URL)
    webhook.feeds, webhook.version = feeds, webhook.version + 1
    await audit.record(session, who, "webhook:write", webhook.id, how="changed", feeds=webhook.feeds)
    return webhook


async def rotate_secret(
    session: WriteSession,
    who: Principal,
    webhook_id: UUID,
    overlap: timedelta,
    expect: Callable[[int], None],
    vault: Vault,
    now: datetime,
) -> tuple[Webhook, str]:
    """A new secret; for the overlap, messages bear the signatures of both. Two at once would end the one that the receiver
    knows, so the second has to read what the first has done.
    """
    webhook = await _lock_active(session, who, webhook_id)
    expect(webhook.version)
    secret = new_secret()
    webhook.old_secret_sealed, webhook.old_secret_until = webhook.secret_sealed, now + overlap
    webhook.secret_sealed, webhook.version = vault.seal(secret.encode(), PURPOSE), webhook.version + 1
    await audit.record(session, who, "webhook:write", webhook.id, how="rotated")
    return webhook, secret


async def close_webhook(
    session: WriteSession, who: Principal, webhook_id: UUID, expect: Callable[[int], None], now: datetime
) -> Webhook:
    """No more messages. Closing it twice changes nothing."""
    webhook = await queries.lock_webhook(session, sight(who), webhook_id)
    if webhook.active:
        expect(webhook.version)
        await queries.close_webhook(session, webhook_id, now)
        await session.refresh(webhook)
        await audit.record(session, who, "webhook:write", webhook.id, how="closed")
    return webhook


async def close_nobodys(session: WriteSession, now: datetime) -> None:
    """Close webhooks that are nobody's any more: verdicts go to no system whose owner is gone."""
    for webhook_id in await close_orphans(session, now):
        await audit.record(session, SYSTEM, "webhook:write", webhook_id, how="owner-gone")


async def send_test(session: WriteSession, who: Principal, webhook_id: UUID, now: datetime) -> WebhookDelivery:
    """A message without a verdict, by the very road of those with one."""
    webhook = await _lock_active(session, who, webhook_id)
    message = WebhookDelivery(
        id=new_id(),
        webhook_id=webhook.id,
        body={"type": "webhook.test", "timestamp": now.isoformat(), "data": {}},
        state="waiting",
        attempts=0,
        next_at=now,
        created_at=now,
    )
    session.add(message)
    await session.flush()
    await audit.record(session, who, "webhook:write", webhook.id, how="tested")
    return message


async def replay_delivery(
    session: WriteSession, who: Principal, webhook_id: UUID, delivery_id: UUID, now: datetime
) -> WebhookDelivery:
    """Send a message again, delivered or given up, under its own id."""
    await _lock_active(session, who, webhook_id)
    message = await queries.lock_delivery(session, webhook_id, delivery_id)
    if message.state == "waiting":
        raise DeliveryUnderWay
    message.state, message.attempts, message.next_at, message.finished_at = "waiting", 0, now, None
    await audit.record(session, who, "webhook:write", webhook_id, how="replayed", delivery=str(delivery_id))
    return message


async def replay_dead(session: WriteSession, who: Principal, webhook_id: UUID, since: datetime, now: datetime) -> int:
    """Send again all that was given up since then; how many."""
    await _lock_active(session, who, webhook_id)
    revived = await queries.revive_dead(session, webhook_id, since, now)
    await audit.record(session, who, "webhook:write", webhook_id, how="replayed", since=since, messages=revived)
    return revived


def address_of(webhook: Webhook | Outgoing, vault: Vault) -> str:
    """Where its messages go. What stands in clear was written last, by a process that does not know better."""
    if webhook.url is not None:
        return webhook.url
    assert webhook.url_sealed is not None
    return vault.open(webhook.url_sealed, URL).decode()


async def seal_addresses(session: WriteSession, vault: Vault) -> int:
    """Seal the addresses that were kept in clear before this was done; how many."""
    webhooks = await queries.lock_unsealed(session)
    for webhook in webhooks:
        webhook.url, webhook.url_sealed = None, vault.seal(address_of(webhook, vault).encode(), URL)
    return len(webhooks)


def new_secret() -> str:
    """As Standard Webhooks writes it: `whsec_` and base64."""
    return f"whsec_{base64.b64encode(os.urandom(_SECRET_BYTES)).decode()}"


async def _lock_active(session: WriteSession, who: Principal, webhook_id: UUID) -> Webhook:
    webhook = await queries.lock_webhook(session, sight(who), webhook_id)
    if not webhook.active:
        raise WebhookClosed
    return webhook


async def _require_room(session: WriteSession, feeds: Iterable[str], but: UUID | None = None) -> None:
    for feed in feeds:
        if await queries.count_hearing(session, feed, but) >= MOST_OF_A_FEED:
            raise WebhooksTooMany(feed=feed, most=MOST_OF_A_FEED)


def _feeds(who: Principal, wanted: Sequence[str] | None) -> list[str]:
    seen = sight(who).feeds
    feeds = sorted(set(wanted) if wanted is not None else seen or ())
    if not feeds:
        raise FeedsMissing(field="feeds")
    if seen is not None:
        for feed in feeds:
            who.require_feed(feed)
    return feeds
