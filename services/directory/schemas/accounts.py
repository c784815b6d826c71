"""Accounts (账号) in requests and answers. No answer has a password or its hash."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, Field, SecretStr, StringConstraints

from services.directory.models import Account
from services.directory.rules.accounts import MAX_PASSWORD, USERNAME, AccountChanges, AccountDraft, Grant
from services.directory.schemas.fields import AreaTexts, Feeds, Lowered, Name, OrganisationCode
from shared.areas import Scope
from shared.http.fields import Answer, Draft
from shared.security.principals import Role

MAX_BATCH = 1000

Password = Annotated[SecretStr, Field(max_length=MAX_PASSWORD, description="10 characters or more · 至少 10 位")]
Username = Annotated[
    str, Lowered, StringConstraints(pattern=USERNAME), Field(description="Begins with a letter · 以字母开头")
]


class NewAccount(Draft):
    """An account to be opened."""

    username: Username = Field(examples=["v539921101200a"])
    password: Password
    display_name: Name = Field(description="Shown to colleagues only · 姓名，仅内部可见")
    role: Role
    areas: AreaTexts
    feeds: Feeds = Field([], description="For bureaus: some of the organisation's · 仅限部门账号")
    organisation: OrganisationCode | None = None

    def draft(self) -> AccountDraft:
        """As the use case takes it: without the password."""
        grant = Grant(self.role, Scope.parse(self.areas), frozenset(self.feeds))
        return AccountDraft(self.username, self.display_name, grant, self.organisation)


class AccountChange(Draft):
    """What is to change; what is left out stays."""

    display_name: Name | None = None
    role: Role | None = None
    areas: AreaTexts | None = None
    feeds: Feeds | None = None
    organisation: OrganisationCode | None = Field(None, description="null takes it out of its organisation")
    active: bool | None = Field(None, description="False closes the account · 是否启用")

    def changes(self) -> AccountChanges:
        """As the use case takes it."""
        given: dict[str, Any] = self.model_dump(exclude_unset=True)
        changes: AccountChanges = {}
        for name in ("display_name", "role", "active"):
            if given.get(name) is not None:
                changes[name] = given[name]
        if given.get("areas") is not None:
            changes["scope"] = Scope.parse(given["areas"])
        if given.get("feeds") is not None:
            changes["feeds"] = frozenset(given["feeds"])
        if "organisation" in given:
            changes["organisation"] = given["organisation"]
        return changes


class PasswordChange(Draft):
    """A new password. Who changes their own gives the old one."""

    password: Password
    old_password: SecretStr | None = Field(None, max_length=200, description="For one's own account · 本人修改时必填")


class AccountOut(Answer):
    """One account."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    username: str = Field(examples=["v539921101200a"])
    display_name: str
    role: Role
    areas: list[str] = Field(examples=[["539921101200"]])
    feeds: list[str]
    organisation: str | None = Field(examples=["539921101200"])
    active: bool
    locked_until: datetime | None = Field(None, description="Set while locked for wrong passwords · 锁定至")
    version: int = Field(description="Also in `ETag` · 版本")
    created_at: datetime
    changed_at: datetime

    @classmethod
    def of(cls, account: Account, locked_until: datetime | None = None) -> "AccountOut":
        """From its row."""
        return cls.model_validate(account).model_copy(update={"locked_until": locked_until})


class AccountOpened(Answer):
    """One account of a batch."""

    id: UUID
    username: str


class AccountsOpened(Answer):
    """The accounts of a batch, in the order given."""

    accounts: list[AccountOpened]
