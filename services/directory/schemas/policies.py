"""Policies (政策参数) in requests and answers."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import ConfigDict, Field

from services.directory.rules.policies import PolicyDraft
from services.directory.schemas.fields import AreaPrefixText, PolicyKind
from shared.http.fields import Answer, Draft

_BODY = {"default": {"days": 5}, "rules": [{"feed": "education.absence", "due": {"days": 3}}]}


class NewPolicy(Draft):
    """A version to be published. Where it is valid it counts before all older ones of its area."""

    kind: PolicyKind
    area: AreaPrefixText
    valid_from: date = Field(description="First day in force · 生效日", examples=["2026-09-01"])
    valid_to: date | None = Field(None, description="Last day in force, inclusive · 失效日（含当日）")
    body: dict[str, Any] = Field(description="By its kind's contract · 参数内容", examples=[_BODY])
    note: str | None = Field(
        None, max_length=500, description="Why, or where it is written · 依据", examples=["县办发〔2026〕3号"]
    )

    def draft(self) -> PolicyDraft:
        """As the use case takes it."""
        return PolicyDraft(self.kind, self.area, self.valid_from, self.valid_to, self.body, self.note)


class PolicyEnd(Draft):
    """When the version ends."""

    last_day: date = Field(description="Last day in force, today or later · 最后有效日", examples=["2026-12-31"])


class PolicyOut(Answer):
    """One version. Decisions keep its `id`."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    kind: str = Field(examples=["task-deadline"])
    area_prefix: str = Field(description="Empty: everywhere · 空为全国", examples=["539921"])
    valid_from: date
    valid_to: date | None
    version: int
    author: str
    note: str | None
    body: dict[str, Any] = Field(examples=[_BODY])
    published_at: datetime


class AnnouncedOut(Answer):
    """How much was told once more."""

    areas: int
    accounts: int
    api_keys: int
    policies: int
