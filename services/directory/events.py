"""What others hear of the directory, and no more: no names of people, no secrets."""

from collections.abc import Iterable, Iterator
from itertools import islice

from services.directory.models import Account, ApiKey, Area, Policy
from services.directory.rules.areas import AreaDraft
from shared.contracts.directory import (
    MAX_AREAS,
    AccountChanged,
    ApiKeyChanged,
    AreaRecord,
    AreasChanged,
    PolicyPublished,
)


def areas_changed(areas: Iterable[Area | AreaDraft]) -> Iterator[AreasChanged]:
    """Areas in the order of their codes, at most 1,000 an event."""
    ordered = iter(sorted(areas, key=lambda area: area.code))
    while chunk := list(islice(ordered, MAX_AREAS)):
        yield AreasChanged(areas=[AreaRecord(code=a.code, name=a.name, active=a.active) for a in chunk])


def account_changed(account: Account) -> AccountChanged:
    """The account without its holder's name."""
    return AccountChanged(
        account_id=account.id, role=account.role, areas=account.areas, feeds=account.feeds, active=account.active
    )


def api_key_changed(key: ApiKey) -> ApiKeyChanged:
    """The key by its hash."""
    return ApiKeyChanged(
        key_id=key.id,
        bureau=key.bureau,
        secret_hash=key.secret_hash,
        feeds=key.feeds,
        areas=key.areas,
        expires_at=key.expires_at,
        revoked_at=key.revoked_at,
    )


def policy_published(policy: Policy) -> PolicyPublished:
    """The version with its body."""
    return PolicyPublished(
        policy_id=policy.id,
        kind=policy.kind,
        area_prefix=policy.area_prefix,
        valid_from=policy.valid_from,
        valid_to=policy.valid_to,
        version=policy.version,
        author=policy.author,
        body=policy.body,
    )
