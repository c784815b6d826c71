"""Webhooks, as a bureau registers and reads them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field

from services.alerts.models import Webhook, WebhookDelivery
from services.alerts.rules.webhooks import LONGEST_URL, DeliveryError, DeliveryState, Target
from services.alerts.schemas.fields import FeedCode
from shared.http.fields import Answer, Draft, Moment


class WebhookDraft(Draft):
    """A system that wants to be called."""

    url: Annotated[
        str,
        Field(max_length=LONGEST_URL, description="https address · 回调地址", examples=["https://yb.example.org/hook"]),
    ]
    feeds: Annotated[
        list[FeedCode] | None,
        Field(min_length=1, max_length=100, description="All of the bureau's when left out · 预警类别"),
    ] = None

    def target(self) -> Target:
        """As the use cases take it."""
        return Target(self.url, self.feeds)


class SecretRotation(Draft):
    """How long the old secret goes on signing beside the new one."""

    overlap_hours: Annotated[int, Field(ge=0, le=168, description="Hours · 新旧密钥并行小时数")] = 24


class DeliveryReplay(Draft):
    """From when on what was given up is sent again."""

    since: Annotated[Moment, Field(description="Moment with offset · 起始时间")]


class WebhookView(Answer):
    """A webhook without its secret."""

    id: UUID
    url: str
    feeds: list[str] = Field(examples=[["medical.cost"]])
    active: bool = Field(description="false: closed, by its bureau, by 410, or since its owner is gone · 是否有效")
    old_secret_until: datetime | None = Field(description="Until then the old secret signs too · 旧密钥截止时间")
    created_at: datetime

    @classmethod
    def of(cls, webhook: Webhook, url: str) -> Self:
        """What may be shown of a row, and its address opened."""
        own = {name: getattr(webhook, name) for name in WebhookView.model_fields if name != "url"}
        return cls(**own, url=url)


class WebhookIssued(WebhookView):
    """A webhook with its secret, which is shown this once."""

    secret: str = Field(
        repr=False, description="`whsec_` and base64 · 签名密钥", examples=["whsec_MfKQ9r8GKYqrTwjUPD8I"]
    )

    @classmethod
    def with_secret(cls, webhook: Webhook, url: str, secret: str) -> Self:
        """A row with what it was made with."""
        return cls(**WebhookView.of(webhook, url).model_dump(), secret=secret)


class DeliveryView(Answer):
    """A message, and how far it has come."""

    id: UUID = Field(description="`webhook-id` is `msg_` and this; the same with each try · 消息编号")
    state: DeliveryState = Field(description="waiting 待发送, delivered 已送达, dead 多次失败已停止")
    body: Mapping[str, Any] = Field(description="What is sent: codes, ids and days · 消息内容")
    attempts: int
    next_at: datetime | None = Field(description="When it goes next; absent when it goes no more · 下次发送时间")
    last_status: int | None = Field(description="HTTP status of the last answer · 最近响应码")
    last_error: DeliveryError | None = Field(
        description="Why no answer came · 失败原因: webhook-timeout 超时未答复, webhook-unreachable 无法连接或答复不合规范, "
        "webhook-certificate 对方证书不受信任或与域名不符, webhook-url-forbidden 域名指向不允许的地址, "
        "webhook-failed 系统内部错误, webhook-closed 回调已停用, webhook-owner-gone 登记人账号已失效"
    )
    created_at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, message: WebhookDelivery) -> Self:
        """From a row."""
        view = cls.model_validate(message, from_attributes=True)
        return view if message.state == "waiting" else view.model_copy(update={"next_at": None})


class Revived(Answer):
    """How many messages wait again."""

    messages: int
