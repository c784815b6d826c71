"""Webhooks: a bureau's system is called with each end of its reports, verdict or none, by Standard Webhooks.

Routes that answer a secret take no `Idempotency-Key`: the remembered answer would keep it in clear. When the answer is
lost, close the webhook and register another.
"""

from datetime import timedelta
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.responses import Response

from services.alerts.api.permits import ReadWebhooks, WriteWebhooks
from services.alerts.models import Webhook
from services.alerts.queries import webhooks as queries
from services.alerts.rules.alerts import sight
from services.alerts.rules.webhooks import DeliveryState
from services.alerts.schemas.webhooks import (
    DeliveryReplay,
    DeliveryView,
    Revived,
    SecretRotation,
    WebhookDraft,
    WebhookIssued,
    WebhookView,
)
from services.alerts.settings import WebhookSettings
from services.alerts.usecases import webhooks as usecases
from shared.clock import utc_now
from shared.http.answers import created, json_answer
from shared.http.context import Db, Seals, of_app
from shared.http.pages import After, Limit, Page, cut, decode_id_cursor, encode_cursor
from shared.http.versions import IfMatch, etag, expect_version
from shared.security.vault import Vault

router = APIRouter(prefix="/v1/webhooks", tags=["Webhooks · 回调"])

_ISSUED: dict[int | str, dict[str, Any]] = {201: {"model": WebhookIssued}}


Calls = Annotated[WebhookSettings, Depends(of_app("webhooks"))]


@router.post("", status_code=201, summary="Register a webhook · 登记回调", responses=_ISSUED)
async def register_webhook(draft: WebhookDraft, who: WriteWebhooks, db: Db, vault: Seals, calls: Calls) -> Response:
    """For verdicts on one's own feeds and areas. The secret is shown this once; messages are signed with it.

    Each is a POST of `{"type", "timestamp", "data"}` with the headers `webhook-id`, `webhook-timestamp` and
    `webhook-signature` of Standard Webhooks, which has libraries to verify it with (`standardwebhooks`). Types are
    `alert.answered`, `alert.expired`, `alert.dropped`; `data` is as in `/verdicts`, without the reason. Answer 2xx within
    15 seconds, unless the county allows other ones. Anything else, a redirect too, is tried again under the same
    `webhook-id`, with growing pauses over some days; 410 closes the webhook. A message may come twice, and messages in any
    order: of a report the newest `timestamp` counts.
    """
    async with db.write(who.scope) as session:
        target = draft.target()
        made = await usecases.register_webhook(session, who, target, vault, utc_now(), local=calls.local)
        return _issued(vault, *made)


@router.get("", summary="Webhooks · 回调列表")
async def list_webhooks(
    who: ReadWebhooks, db: Db, vault: Seals, after: After = None, limit: Limit = 50
) -> Page[WebhookView]:
    """Oldest first, closed ones too; never a secret."""
    async with db.read(who.scope) as session:
        rows = await queries.list_webhooks(session, sight(who), decode_id_cursor(after), limit + 1)
    page, last = cut(rows, limit)
    return Page(items=[_view(vault, row) for row in page], next=encode_cursor(last.id) if last else None)


@router.get("/{webhook_id}", summary="One webhook · 回调详情", response_model=WebhookView)
async def read_webhook(webhook_id: UUID, who: ReadWebhooks, db: Db, vault: Seals) -> Response:
    """Without its secret, its version as `ETag`."""
    async with db.read(who.scope) as session:
        return _answer(vault, await queries.get_webhook(session, sight(who), webhook_id))


@router.put("/{webhook_id}", summary="Change a webhook · 修改回调", response_model=WebhookView)
async def change_webhook(
    webhook_id: UUID,
    draft: WebhookDraft,
    who: WriteWebhooks,
    db: Db,
    vault: Seals,
    calls: Calls,
    if_match: IfMatch = None,
) -> Response:
    """Another address or other feeds; messages that wait go to the new address. The secret stays. `If-Match` is required."""
    target, expect = draft.target(), partial(expect_version, if_match)
    async with db.write(who.scope) as session:
        changed = await usecases.change_webhook(session, who, webhook_id, target, expect, vault, local=calls.local)
        return _answer(vault, changed)


@router.post("/{webhook_id}/secret", status_code=201, summary="Rotate the secret · 更换签名密钥", responses=_ISSUED)
async def rotate_secret(
    webhook_id: UUID, rotation: SecretRotation, who: WriteWebhooks, db: Db, vault: Seals, if_match: IfMatch = None
) -> Response:
    """For the overlap, messages bear both signatures; one that fits is enough. The secret before the old one signs no
    more. `If-Match` is required.
    """
    overlap, expect = timedelta(hours=rotation.overlap_hours), partial(expect_version, if_match)
    async with db.write(who.scope) as session:
        return _issued(
            vault, *await usecases.rotate_secret(session, who, webhook_id, overlap, expect, vault, utc_now())
        )


@router.post("/{webhook_id}/closure", summary="Close a webhook · 停用回调", response_model=WebhookView)
async def close_webhook(
    webhook_id: UUID, who: WriteWebhooks, db: Db, vault: Seals, if_match: IfMatch = None
) -> Response:
    """No more messages, and those that wait are given up. The verdicts can still be read. `If-Match` is required; to close
    it twice is harmless.
    """
    expect = partial(expect_version, if_match)
    async with db.write(who.scope) as session:
        return _answer(vault, await usecases.close_webhook(session, who, webhook_id, expect, utc_now()))


@router.post("/{webhook_id}/test", status_code=202, summary="Send a test message · 发送测试消息")
async def send_test(webhook_id: UUID, who: WriteWebhooks, db: Db) -> DeliveryView:
    """A signed `webhook.test` message by the very road of the verdicts; see `/deliveries` for what came of it."""
    async with db.write(who.scope) as session:
        return DeliveryView.of(await usecases.send_test(session, who, webhook_id, utc_now()))


@router.get("/{webhook_id}/deliveries", summary="Messages · 消息列表")
async def list_deliveries(
    webhook_id: UUID,
    who: ReadWebhooks,
    db: Db,
    state: DeliveryState | None = None,
    after: After = None,
    limit: Limit = 50,
) -> Page[DeliveryView]:
    """Newest first; `state=dead` are those given up after the last try."""
    start = decode_id_cursor(after)
    async with db.read(who.scope) as session:
        await queries.get_webhook(session, sight(who), webhook_id)
        rows = await queries.list_deliveries(session, webhook_id, state, start, limit + 1)
    page, last = cut(rows, limit)
    return Page(items=[DeliveryView.of(row) for row in page], next=encode_cursor(last.id) if last else None)


@router.post("/{webhook_id}/deliveries/{delivery_id}/replay", summary="Send a message again · 重发消息")
async def replay_delivery(webhook_id: UUID, delivery_id: UUID, who: WriteWebhooks, db: Db) -> DeliveryView:
    """Delivered or given up, under its own id. 409 while it waits."""
    async with db.write(who.scope) as session:
        message = await usecases.replay_delivery(session, who, webhook_id, delivery_id, utc_now())
        return DeliveryView.of(message)


@router.post("/{webhook_id}/deliveries/replay", summary="Send all again that was given up · 重发失败消息")
async def replay_dead(webhook_id: UUID, replay: DeliveryReplay, who: WriteWebhooks, db: Db) -> Revived:
    """After an outage of the receiver."""
    async with db.write(who.scope) as session:
        messages = await usecases.replay_dead(session, who, webhook_id, replay.since, utc_now())
    return Revived(messages=messages)


def _view(vault: Vault, webhook: Webhook) -> WebhookView:
    return WebhookView.of(webhook, usecases.address_of(webhook, vault))


def _answer(vault: Vault, webhook: Webhook) -> Response:
    return json_answer(_view(vault, webhook), headers={"ETag": etag(webhook.version)})


def _issued(vault: Vault, webhook: Webhook, secret: str) -> Response:
    headers = {"Cache-Control": "no-store", "ETag": etag(webhook.version)}
    place, url = f"/alerts/v1/webhooks/{webhook.id}", usecases.address_of(webhook, vault)
    return created(WebhookIssued.with_secret(webhook, url, secret), place, headers)
