"""Others hear who lives where: `MembersChanged`, and of those of 15 and older `LabourChanged` (`labour_telling`), in the
transaction of whatever changed it.

`changed_at` is the database's clock after the change is written, when its locks are held: of two changes to one
person the later one has the later moment, whichever request began first.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.households import events
from services.households.models import Household
from services.households.queries import whereabouts as find
from services.households.queries.labour import LabourFacts
from services.households.rules.whereabouts import Whereabouts
from services.households.usecases.labour_telling import labour_changed, tell_labour
from shared.contracts.envelope import Event
from shared.db.engine import WriteSession, raw
from shared.lanes import Lane
from shared.outbox import emit
from shared.security import audit
from shared.security.principals import SYSTEM, Principal
from shared.security.vault import Vault

TOLD_OF_HOUSEHOLD = frozenset({"area_code", "household_class", "national_code"})
"""Fields of a household that others hear of with each of its members."""

PAGE = 1000
"""People told in one transaction."""


def whereabouts(household: Household, person_key: str, *, active: bool = True) -> Whereabouts:
    """Somebody of a household."""
    return Whereabouts(
        person_key,
        household.id,
        household.household_key,
        household.area_code,
        household.household_class,
        active,
    )


async def tell_members(
    session: WriteSession, vault: Vault, changed: Sequence[Whereabouts], lane: Lane = Lane.LIVE
) -> None:
    """Tell of people whose change is written, one record for each. The lanes may overtake each other: the moments count."""
    if changed:
        await emit(session, *events.members_changed(changed, await clock(session)), lane=lane)
        since = {one.person_key: one.since for one in changed if one.since is not None}
        await tell_labour(session, vault, [one.person_key for one in changed], lane, since)


def told_of(vault: Vault, found: Sequence[LabourFacts], now: datetime) -> list[Event]:
    """What `tell_members` tells, of people whose facts were read already. Sums: in a thread for thousands."""
    live = [
        Whereabouts(one.person_key, one.household_id, one.household_key, one.area_code, one.household_class, one.active)
        for one in found
    ]
    return [*events.members_changed(live, now), *labour_changed(vault, found, now)]


async def tell_household(session: WriteSession, vault: Vault, household: Household) -> None:
    """Tell of all who live in a household that is new or changed."""
    await tell_members(session, vault, await find.list_of_households(session, [household.id]))


async def announce_register(
    session: WriteSession, vault: Vault, after: UUID | None, who: Principal = SYSTEM
) -> tuple[int, UUID | None]:
    """Tell one page of the whole register; how many people, and after whom to go on, if at all.

    For a service that is new or lost its copy. Rows are locked against change until the commit, so that no newer
    state is told before this one. Those who left and live nowhere now are told as of when they left.
    """
    page = await find.list_member_ids(session, after, PAGE)
    await tell_members(session, vault, await find.lock_whereabouts(session, page), Lane.BULK)
    if page:
        await audit.record(session, who, "household:announce", "households", members=len(page))
    return len(page), page[-1] if len(page) == PAGE else None


async def clock(session: WriteSession) -> datetime:
    """Of the database: one for all processes."""
    now: datetime = await (await raw(session)).fetchval("SELECT clock_timestamp()")
    return now
