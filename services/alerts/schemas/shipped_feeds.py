"""What a later release ships of the feeds that are installed."""

from typing import Any

from pydantic import BaseModel, Field


class ShippedChange(BaseModel):
    """One thing that is new."""

    path: str = Field(description="Its place in the feed · 位置", examples=["columns.self_pay.headers"])
    before: Any = Field(description="As it is; null: not there · 现有内容", examples=[["个人自付"]])
    after: Any = Field(description="As it would be · 合并后内容", examples=[["个人自付", "个人自付金额"]])


class ShippedFeed(BaseModel):
    """An installed feed of which this release ships something new."""

    code: str = Field(examples=["medical.cost"])
    name: str = Field(examples=["医疗自付费用偏高"])
    version: int = Field(description="For `If-Match` · 版本")
    changes: list[ShippedChange] = Field(description="What would be taken over; no more · 可并入内容")


class ShippedFeeds(BaseModel):
    """All of them; there are a few dozen at most."""

    items: list[ShippedFeed]
