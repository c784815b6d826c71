"""The register changed: whose household an alert concerns is looked up here, and nobody is asked for it."""

from collections.abc import Sequence

from services.alerts.queries import known_members
from shared.contracts.households import MembersChanged
from shared.db.engine import WriteSession


async def take_members(session: WriteSession, changed: Sequence[MembersChanged]) -> None:
    """Keep the newest record of each person; alerts on somebody who was unknown follow into the household."""
    members = [member for event in changed for member in event.members]
    await known_members.upsert_members(session, members)
    await known_members.place_alerts(session, sorted({member.person_key for member in members if member.active}))
