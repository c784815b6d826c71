"""An entry that is refused because its person lives elsewhere is kept as a claim, in a transaction of its own."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

from services.households.queries.register import get_household
from services.households.rules.register import Claimed, PersonElsewhere
from services.households.usecases.claims import Claim, claim_persons
from shared.clock import utc_now
from shared.db.engine import Database
from shared.security.principals import Principal
from shared.security.vault import Vault


@asynccontextmanager
async def kept_if_refused(
    db: Database, vault: Vault, who: Principal, people: Sequence[Claimed], household: UUID | tuple[str, str | None]
) -> AsyncIterator[None]:
    """Around the entry of `people` into a household, or into one not registered yet: its village and national code."""
    try:
        yield
    except PersonElsewhere:
        async with db.write(who.scope) as session:
            if isinstance(household, UUID):
                there = await get_household(session, who.scope, household)
                claims = [Claim(one, there.id, there.area_code, there.national_code) for one in people]
            else:
                claims = [Claim(one, None, *household) for one in people]
            await claim_persons(session, vault, who, claims, "hand", utc_now())
        raise
