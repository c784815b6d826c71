"""The policy `schooling` and the school calendar in force."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from shared.contracts.policies import FeedCalendar
from shared.contracts.schooling_policies import Schooling
from shared.db.engine import ReadSession
from shared.projections.policies import PolicyMissing, find_in_force

KIND = "schooling"


@dataclass(frozen=True, slots=True)
class SchoolingRules:
    """What counts for an area on a day; `policy_id` is the version that a decision keeps."""

    body: Schooling
    policy_id: UUID
    calendar: FeedCalendar


async def find_rules(session: ReadSession, area_code: str, on: date) -> SchoolingRules | None:
    """From this service's copy of the policies; None where no `schooling` is in force."""
    body, policy_id = await find_in_force(session, KIND, area_code, on, Schooling)
    if body is None or policy_id is None:
        return None
    calendar, _ = await find_in_force(session, "feed-calendar", area_code, on, FeedCalendar)
    return SchoolingRules(body, policy_id, calendar or FeedCalendar())


async def get_rules(session: ReadSession, area_code: str, on: date) -> SchoolingRules:
    """The same; raises `PolicyMissing`: a decision without its rule is not taken."""
    found = await find_rules(session, area_code, on)
    if found is None:
        raise PolicyMissing(kind=KIND)
    return found
