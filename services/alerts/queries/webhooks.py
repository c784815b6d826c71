"""Webhooks and the messages that wait for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, select, text, update

from services.alerts.models import Webhook, WebhookDelivery
from services.alerts.rules.alerts import Sight
from services.alerts.rules.webhooks import DeliveryNotFound, DeliveryState, WebhookNotFound
from shared.db.engine import ReadSession, WriteSession, raw
from shared.db.pages import in_order, newest_first
from shared.db.within import all_within
from shared.errors import existing

LEASE = timedelta(seconds=45)
"""A message on its way belongs to its sender this long, beyond the time that the receiver has; it goes again when the
sender died."""

_TAKE = """
WITH due AS (
    SELECT message.id FROM webhook CROSS JOIN LATERAL (
        SELECT id, next_at FROM webhook_delivery WHERE webhook_id = webhook.id AND state = 'waiting' AND next_at <= $1
        ORDER BY next_at LIMIT $3 FOR UPDATE SKIP LOCKED
    ) AS message
    WHERE webhook.id <> ALL($5) ORDER BY message.next_at LIMIT $4
)
UPDATE webhook_delivery AS delivery SET next_at = $1 + $2, attempts = delivery.attempts + 1
FROM due, webhook
WHERE delivery.id = due.id AND webhook.id = delivery.webhook_id
RETURNING delivery.id, delivery.webhook_id, delivery.body::text AS body, delivery.attempts, webhook.active,
    webhook.url, webhook.url_sealed, webhook.secret_sealed, webhook.old_secret_sealed, webhook.old_secret_until
"""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message on its way: which, to whom, and what its signature is made with."""

    id: UUID
    webhook_id: UUID
    body: str
    attempts: int  # with this one
    active: bool
    url: str | None  # in clear, while it is not sealed
    url_sealed: bytes | None
    secret_sealed: bytes
    old_secret_sealed: bytes | None
    old_secret_until: datetime | None


async def list_webhooks(session: ReadSession, sight: Sight, after: UUID | None, limit: int) -> Sequence[Webhook]:
    """Webhooks in sight, oldest first, closed ones too."""
    wanted = in_order(select(Webhook).where(*_in_sight(sight)), Webhook.id, after=after, limit=limit)
    return (await session.scalars(wanted)).all()


async def get_webhook(session: ReadSession, sight: Sight, webhook_id: UUID) -> Webhook:
    """One in sight; raises `WebhookNotFound`."""
    return existing(
        await session.scalar(select(Webhook).where(Webhook.id == webhook_id, *_in_sight(sight))), WebhookNotFound
    )


async def lock_webhook(session: WriteSession, sight: Sight, webhook_id: UUID) -> Webhook:
    """`get_webhook`, and nobody else changes it before our commit."""
    wanted = select(Webhook).where(Webhook.id == webhook_id, *_in_sight(sight)).with_for_update()
    return existing(await session.scalar(wanted), WebhookNotFound)


async def lock_registration(session: WriteSession) -> None:
    """Nobody else registers or changes a webhook before our commit; verdicts go on."""
    await session.execute(text("LOCK TABLE webhook IN SHARE ROW EXCLUSIVE MODE"))


async def count_hearing(session: ReadSession, feed: str, but: UUID | None = None) -> int:
    """Open webhooks that hear of a feed, but for one."""
    wanted = select(func.count()).where(Webhook.active, Webhook.feeds.overlap([feed, "*"]))
    if but is not None:
        wanted = wanted.where(Webhook.id != but)
    return await session.scalar(wanted) or 0


async def lock_unsealed(session: WriteSession) -> Sequence[Webhook]:
    """Webhooks whose address lies in clear; nobody else changes them before our commit."""
    return (await session.scalars(select(Webhook).where(Webhook.url.is_not(None)).with_for_update())).all()


async def list_deliveries(
    session: ReadSession, webhook_id: UUID, state: DeliveryState | None, before: UUID | None, limit: int
) -> Sequence[WebhookDelivery]:
    """Messages to a webhook, newest first."""
    wanted = select(WebhookDelivery).where(WebhookDelivery.webhook_id == webhook_id)
    if state is not None:
        wanted = wanted.where(WebhookDelivery.state == state)
    return (await session.scalars(newest_first(wanted, WebhookDelivery.id, before=before, limit=limit))).all()


async def lock_delivery(session: WriteSession, webhook_id: UUID, delivery_id: UUID) -> WebhookDelivery:
    """One message; raises `DeliveryNotFound`."""
    wanted = select(WebhookDelivery).where(WebhookDelivery.id == delivery_id, WebhookDelivery.webhook_id == webhook_id)
    return existing(await session.scalar(wanted.with_for_update()), DeliveryNotFound)


async def revive_dead(session: WriteSession, webhook_id: UUID, since: datetime, now: datetime) -> int:
    """Let every message that was given up since then wait again; how many."""
    revived = await session.execute(
        update(WebhookDelivery)
        .where(
            WebhookDelivery.webhook_id == webhook_id,
            WebhookDelivery.state == "dead",
            WebhookDelivery.created_at >= since,
        )
        .values(state="waiting", attempts=0, next_at=now, finished_at=None)
    )
    return int(revived.rowcount)  # type: ignore[attr-defined]  # an UPDATE's result has it


async def take_due(
    session: WriteSession, now: datetime, lease: timedelta, without: Sequence[UUID], of_one: int, limit: int
) -> list[Outgoing]:
    """Messages that are due, leased to us, those first that wait longest: whoever has many webhooks keeps nobody from
    his turn. `of_one` at most to the same webhook, none to those of `without`.
    """
    rows = await (await raw(session)).fetch(_TAKE, now, lease, of_one, limit, list(without))
    return [Outgoing(**row) for row in rows]


async def note_outcome(session: WriteSession, delivery_id: UUID, attempts: int, values: dict[str, Any]) -> None:
    """What became of a try, unless another sender has taken the message since."""
    await session.execute(
        update(WebhookDelivery)
        .where(
            WebhookDelivery.id == delivery_id,
            WebhookDelivery.attempts == attempts,
            WebhookDelivery.state == "waiting",
        )
        .values(values)
    )


async def close_webhook(session: WriteSession, webhook_id: UUID, now: datetime) -> None:
    """No more messages to it; those that wait are given up."""
    await session.execute(
        update(Webhook).where(Webhook.id == webhook_id).values(active=False, version=Webhook.version + 1)
    )
    await session.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.webhook_id == webhook_id, WebhookDelivery.state == "waiting")
        .values(state="dead", finished_at=now, last_error="webhook-closed")
    )


async def forget_deliveries(session: WriteSession, before: datetime) -> None:
    """Forget messages that were finished before that moment."""
    await session.execute(delete(WebhookDelivery).where(WebhookDelivery.finished_at < before))


def _in_sight(sight: Sight) -> list[ColumnElement[bool]]:
    """A bureau sees a webhook whose feeds and areas are all its own, the county each within it."""
    conditions = [all_within(Webhook.areas, sight.scope)]
    if sight.feeds is not None:
        conditions.append(Webhook.feeds.contained_by(sorted(sight.feeds)))
    return conditions
