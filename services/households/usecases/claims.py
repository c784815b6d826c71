"""Persons whom two households claim (重复人员): the attempt is refused, and kept until somebody says where they live.

The one who claims may not see where the person lives, so the database pairs the two itself, beneath row-level
security; each side then sees the entry, with its own half of it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.households.rules.register import Claimed
from shared.db.engine import WriteSession, raw
from shared.idnumber import IdNumber
from shared.ids import new_id
from shared.security.principals import Principal
from shared.security.vault import Vault

CLAIM = "double-entry"
"""Purpose of what is sealed of a claim: `{"name", "id_number", "relation"}` as they were entered."""

_CLAIM = "SELECT claim_persons($1, $2, $3, $4, $5, $6, $7, $8, $9)"


@dataclass(frozen=True, slots=True)
class Person:
    """Who was meant where an entry was changed."""

    name: str
    id_number: IdNumber
    relation: str


@dataclass(frozen=True, slots=True)
class Claim:
    """Somebody entered as one of a household, which may not be registered (`household_id` None)."""

    facts: Claimed
    household_id: UUID | None
    area_code: str
    national_code: str | None

    @property
    def ref(self) -> str:
        """What the household is known by: as long as that entry is open, the same claim again only counts it."""
        return self.national_code or str(self.household_id or self.area_code)


async def claim_persons(
    session: WriteSession, vault: Vault, who: Principal, claims: Sequence[Claim], source: str, now: datetime
) -> int:
    """Put on record those who live in another household than the one that claims them; how many those were."""
    claims = list({(vault.person_key(one.facts.id_number), one.ref): one for one in claims}.values())
    if not claims:
        return 0
    rows = [
        (
            new_id(),
            vault.person_key(one.facts.id_number),
            one.household_id,
            one.area_code,
            one.ref,
            vault.seal_json(told_of(one.facts), CLAIM),
        )
        for one in claims
    ]
    columns: Any = map(list, zip(*rows, strict=True))
    found: int = await (await raw(session)).fetchval(_CLAIM, *columns, who.id, source, now)
    return found


def told_of(facts: Claimed) -> dict[str, str]:
    """What is sealed of a claim."""
    return {"name": facts.name, "id_number": str(facts.id_number), "relation": facts.relation}


_RELEASE = """
UPDATE double_entry SET decision = 'released', settled_by = $2, settled_at = $3, version = version + 1
WHERE member_id = $1 AND settled_at IS NULL
"""
_SETTLE_BY_FACT = """
UPDATE double_entry SET decision = 'moves', settled_by = $2, settled_at = $3, version = double_entry.version + 1
FROM member m JOIN household h ON h.id = m.household_id
WHERE m.id = double_entry.member_id AND m.id = ANY ($1) AND settled_at IS NULL
    AND (claimed_household_id = h.id OR claimed_ref IN (h.national_code, h.id::text))
"""


async def release_claimed(session: WriteSession, member_id: UUID, who: Principal, now: datetime) -> None:
    """Who has left a household is free for those that claim them: all open claims come to an end."""
    await (await raw(session)).execute(_RELEASE, member_id, who.id, now)


async def settle_claims_by_fact(
    session: WriteSession, member_ids: Collection[UUID], who: Principal, now: datetime
) -> None:
    """Whoever lives now where they were claimed is claimed no more."""
    await (await raw(session)).execute(_SETTLE_BY_FACT, list(member_ids), who.id, now)
