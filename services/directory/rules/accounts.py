"""Who may open and change which accounts, and what an account may hold."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import ClassVar, TypedDict

from shared.areas import Scope
from shared.errors import Conflict, Forbidden, Invalid
from shared.security.principals import Principal, Role

MIN_PASSWORD = 10
MAX_PASSWORD = 128
USERNAME = r"^[a-z][a-z0-9._-]{2,63}$"
"""Begins with a letter: nobody's phone or ID number becomes a username."""

_MANAGES: dict[Role, frozenset[Role]] = {
    Role.ADMIN: frozenset(Role),
    Role.COUNTY: frozenset({Role.BUREAU, Role.TOWNSHIP, Role.VILLAGE}),
}


class RoleNotGrantable(Forbidden):
    """The asker's role does not manage accounts of that role."""

    code: ClassVar[str] = "role-not-grantable"


class AreaNotGrantable(Forbidden):
    """Nobody gives a wider area than they have."""

    code: ClassVar[str] = "area-not-grantable"


class FeedsForBureausOnly(Invalid):
    """Only bureaus and their accounts have feeds."""

    code: ClassVar[str] = "feeds-for-bureaus-only"


class FeedNotOfBureau(Invalid):
    """The bureau does not own that feed."""

    code: ClassVar[str] = "feed-not-of-bureau"


class BureauMissing(Invalid):
    """A bureau's account, or an API key, belongs to an organisation that is a bureau."""

    code: ClassVar[str] = "bureau-missing"


class PasswordTooShort(Invalid):
    """Fewer than `MIN_PASSWORD` characters."""

    code: ClassVar[str] = "password-too-short"


class PasswordIsUsername(Invalid):
    """The password is the username."""

    code: ClassVar[str] = "password-is-username"


class OldPasswordMissing(Invalid):
    """Who changes their own password gives the old one."""

    code: ClassVar[str] = "old-password-missing"


class LastAdmin(Conflict):
    """Somebody must be left who can manage accounts."""

    code: ClassVar[str] = "last-admin"


class UsernameTaken(Conflict):
    """Another account, perhaps a closed one, has that username."""

    code: ClassVar[str] = "username-taken"


@dataclass(frozen=True, slots=True)
class Bureau:
    """Of an organisation, what the rules ask: whether it is a bureau, and its feeds."""

    is_bureau: bool
    feeds: frozenset[str]


@dataclass(frozen=True, slots=True)
class Grant:
    """What an account may do."""

    role: Role
    scope: Scope
    feeds: frozenset[str] = frozenset()


def scope_within(inner: Scope, outer: Scope) -> bool:
    """Whether all of `inner` lies in `outer`. Nowhere is within nothing: it is refused, not granted."""
    return bool(inner.prefixes) and all(p.startswith(tuple(outer.prefixes)) for p in inner.prefixes)


def may_manage(who: Principal, role: Role, scope: Scope) -> bool:
    """Whether `who` manages accounts of that role and area."""
    return role in _MANAGES.get(who.role, frozenset()) and scope_within(scope, who.scope)


def check_grant(who: Principal, grant: Grant, organisation: Bureau | None) -> None:
    """Raise unless `who` may give `grant` to an account of `organisation`."""
    if grant.role not in _MANAGES.get(who.role, frozenset()):
        raise RoleNotGrantable(field="role", role=grant.role.value)
    if not scope_within(grant.scope, who.scope):
        raise AreaNotGrantable(field="areas")
    if grant.role is not Role.BUREAU:
        if grant.feeds:
            raise FeedsForBureausOnly(field="feeds")
        return
    check_feeds(grant.feeds, organisation)


def check_feeds(feeds: Collection[str], organisation: Bureau | None) -> None:
    """Raise unless `organisation` is a bureau that owns all `feeds`."""
    if organisation is None or not organisation.is_bureau:
        raise BureauMissing(field="organisation")
    if foreign := sorted(set(feeds) - organisation.feeds):
        raise FeedNotOfBureau(field="feeds", feed=foreign[0])


def check_password(username: str, password: str) -> None:
    """Length is what counts (NIST SP 800-63B §5.1.1.2); composition rules only make people write it down."""
    if len(password) < MIN_PASSWORD:
        raise PasswordTooShort(field="password", min_length=MIN_PASSWORD)
    if password.casefold() == username.casefold():
        raise PasswordIsUsername(field="password")


@dataclass(frozen=True, slots=True)
class AccountDraft:
    """An account to be opened. The password is not here: it is hashed before the transaction begins."""

    username: str
    display_name: str
    grant: Grant
    organisation: str | None


class AccountChanges(TypedDict, total=False):
    """What of an account is to change; what is absent stays."""

    display_name: str
    role: Role
    scope: Scope
    feeds: frozenset[str]
    organisation: str | None
    active: bool
