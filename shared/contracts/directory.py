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

    code: Annotated[
        str, Field(pattern=r"^\d{12}$", description="12 digits: 2+2+2 to the county, 3 township, 3 village")
    ]
    name: str = Field(description="Name of the area")
    active: bool = Field(True, description="false: the code was closed")


class AreasChanged(Event):
    """Areas were added, renamed or closed; a long list comes in chunks of at most 1,000."""

    type: ClassVar[str] = "directory.areas-changed"
    topic: ClassVar[str] = "directory.area"
    title_zh: ClassVar[str] = "行政区划已变更"

    areas: Annotated[
        list[AreaRecord], Field(min_length=1, max_length=MAX_AREAS, description="The newest state of each")
    ]

    @property
    def key(self) -> str:
        """One key for all: a chunk and a later change to one of its areas must not overtake each other."""
        return "areas"


class AccountChanged(Event):
    """An account (账号) was opened, changed or closed. Its holder's name stays in the directory."""

    type: ClassVar[str] = "directory.account-changed"
    topic: ClassVar[str] = "directory.account"
    title_zh: ClassVar[str] = "账号已变更"

    account_id: UUID = Field(description="The account")
    role: str = Field(description="Its one role: bureau, village, township, county, supervisor or admin")
    areas: list[str] = Field(description="Area prefixes it may see, e.g. `539900101`")
    feeds: list[str] = Field(description="Feeds it may use, for a bureau")
    active: bool = Field(description="false: closed")

    @property
    def key(self) -> str:
        """One account's changes stay in order."""
        return str(self.account_id)


class ApiKeyChanged(Event):
    """An API key (接口密钥) of a department system was issued, rotated or revoked."""

    type: ClassVar[str] = "directory.api-key-changed"
    topic: ClassVar[str] = "directory.api-key"
    title_zh: ClassVar[str] = "接口密钥已变更"

    key_id: UUID = Field(description="The key; its secret is known to its holder alone")
    bureau: str = Field(description="Organisation code of the bureau that holds the key")
    secret_hash: str = Field(description="SHA-256, hex, of a 256-bit random secret")
    feeds: list[str] = Field(description="Feeds it may report to")
    areas: list[str] = Field(description="Area prefixes it may report on")
    expires_at: datetime = Field(description="From then on it is refused")
    revoked_at: datetime | None = Field(None, description="Refused since then, whatever `expires_at` says")

    @property
    def key(self) -> str:
        """One key's changes stay in order."""
        return str(self.key_id)


class PolicyPublished(Event):
    """A version of a policy (政策参数) is in force for an area and a span of days."""

    type: ClassVar[str] = "directory.policy-published"
    topic: ClassVar[str] = "directory.policy"
    title_zh: ClassVar[str] = "政策参数已发布"

    policy_id: UUID = Field(description="This version; decisions name it")
    kind: str = Field(description="What it regulates, e.g. `task-deadline`; see `shared.contracts.policies`")
    area_prefix: str = Field(description="Where it holds; empty: everywhere")
    valid_from: date = Field(description="First day in force")
    valid_to: date | None = Field(None, description="Last day in force, inclusive; null: until replaced")
    version: int = Field(description="Counts up within one kind and area")
    author: str = Field(description="Who published it: an account id, or `default` for what came with the system")
    body: dict[str, Any] = Field(description="The parameters, in the shape of the kind")

    @property
    def key(self) -> str:
        """Versions of one kind in one area stay in order, and compaction keeps each version."""
        return f"{self.kind}:{self.area_prefix}:{self.version}"


EVENTS = (AreasChanged, AccountChanged, ApiKeyChanged, PolicyPublished)
