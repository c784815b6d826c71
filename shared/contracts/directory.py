"""Events of the directory service: who, where, and by which rule."""

from datetime import date, datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.envelope import Event

MAX_AREAS = 1000


class AreaRecord(BaseModel):
    """One area (行政区划): a 12-digit code of GB/T 2260 + GB/T 10114 and its name."""

    model_config = ConfigDict(frozen=True)

    code: Annotated[str, Field(pattern=r"^\d{12}$")]
    name: str
    active: bool = True


class AreasChanged(Event):
    """Areas were added, renamed or closed; a long list comes in chunks of at most 1,000."""

    type: ClassVar[str] = "directory.areas-changed"
    topic: ClassVar[str] = "directory.area"

    areas: Annotated[list[AreaRecord], Field(min_length=1, max_length=MAX_AREAS)]

    @property
    def key(self) -> str:
        """The first area of the chunk: compaction then keeps every chunk of the newest announcement."""
        return self.areas[0].code


class AccountChanged(Event):
    """An account (账号) was opened, changed or closed. Its holder's name stays in the directory."""

    type: ClassVar[str] = "directory.account-changed"
    topic: ClassVar[str] = "directory.account"

    account_id: UUID
    role: str
    areas: list[str]  # area prefixes, e.g. "539900101"
    feeds: list[str]
    active: bool

    @property
    def key(self) -> str:
        """One account's changes stay in order."""
        return str(self.account_id)


class ApiKeyChanged(Event):
    """An API key (接口密钥) of a department system was issued, rotated or revoked."""

    type: ClassVar[str] = "directory.api-key-changed"
    topic: ClassVar[str] = "directory.api-key"

    key_id: UUID
    bureau: str  # organisation code of the bureau that holds the key
    secret_hash: str  # SHA-256, hex, of a 256-bit random secret
    feeds: list[str]
    areas: list[str]
    expires_at: datetime
    revoked_at: datetime | None = None

    @property
    def key(self) -> str:
        """One key's changes stay in order."""
        return str(self.key_id)


class PolicyPublished(Event):
    """A version of a policy (政策参数) is in force for an area and a span of days."""

    type: ClassVar[str] = "directory.policy-published"
    topic: ClassVar[str] = "directory.policy"

    policy_id: UUID
    kind: str  # "task-deadline"
    area_prefix: str  # "" means everywhere
    valid_from: date
    valid_to: date | None = None  # last day in force, inclusive
    version: int
    author: str
    body: dict[str, Any]

    @property
    def key(self) -> str:
        """Versions of one kind in one area stay in order, and compaction keeps each version."""
        return f"{self.kind}:{self.area_prefix}:{self.version}"


EVENTS = (AreasChanged, AccountChanged, ApiKeyChanged, PolicyPublished)
