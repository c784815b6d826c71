"""API keys (接口密钥) in requests and answers. The secret is in one answer only: the one that makes it."""

from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from services.directory.models import ApiKey
from services.directory.rules.api_keys import MAX_OVERLAP_HOURS, KeyDraft
from services.directory.schemas.fields import AreaTexts, Feeds, Name, OrganisationCode
from shared.areas import Scope
from shared.http.fields import Answer, Draft


class NewApiKey(Draft):
    """A key to be issued."""

    organisation: OrganisationCode
    label: Name = Field(description="Which system will use it · 用途", examples=["学籍系统"])
    feeds: Feeds = Field(min_length=1)
    areas: AreaTexts | None = Field(None, description="Left out: the bureau's whole area · 默认为部门所在地区")
    expires_on: date = Field(description="Last day, three years ahead at most · 有效期至", examples=["2027-08-31"])

    def draft(self) -> KeyDraft:
        """As the use case takes it."""
        scope = Scope.parse(self.areas) if self.areas else None
        return KeyDraft(self.organisation, self.label, frozenset(self.feeds), scope, self.expires_on)


class Rotation(Draft):
    """How the old key makes room for the new one."""

    overlap_hours: int = Field(
        72, ge=0, le=MAX_OVERLAP_HOURS, description="How long the old key goes on · 新旧并行小时数"
    )
    expires_on: date | None = Field(
        None, description="Last day of the new key; left out: it lives as long as the old one was meant to"
    )


class ApiKeyOut(Answer):
    """One key, without its secret."""

    id: UUID
    organisation: str = Field(examples=["education"])
    label: str = Field(examples=["学籍系统"])
    prefix: str = Field(description="First characters of the secret · 密钥开头", examples=["sw_Jx3kQ2"])
    feeds: list[str] = Field(examples=[["education.absence"]])
    areas: list[str] = Field(examples=[["539921"]])
    expires_at: datetime
    revoked_at: datetime | None
    replaced_by: UUID | None
    created_at: datetime

    @classmethod
    def of(cls, key: ApiKey) -> "ApiKeyOut":
        """From its row."""
        return cls.model_validate(_fields(key))


class ApiKeyIssued(ApiKeyOut):
    """A new key with its secret, which is shown this once."""

    secret: str = Field(description="Give it as `X-API-Key`; it cannot be shown again · 仅显示一次")

    @classmethod
    def with_secret(cls, key: ApiKey, secret: str) -> "ApiKeyIssued":
        """From its row and the secret."""
        return cls.model_validate({**_fields(key), "secret": secret})


def _fields(key: ApiKey) -> dict[str, object]:
    names = ("id", "label", "prefix", "feeds", "areas", "expires_at", "revoked_at", "replaced_by", "created_at")
    return {"organisation": key.bureau, **{name: getattr(key, name) for name in names}}
