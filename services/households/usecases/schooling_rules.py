"""The policy `schooling` and the school calendar in force."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from shared.contracts.policies import FeedCalendar
from shared.contracts.schooling_policies import Schooling
from shared.db.engine import ReadSession
from shared.projections import policies
from shared.projections.policies import PolicyMissing
from shared.versions import pick

KIND = "schooling"


@dataclass(frozen=True, slots=True)
class SchoolingRules:
    """What counts for an area on a day; `policy_id` is the version that a decision keeps."""

    body: Schooling
    policy_id: UUID
    calendar: FeedCalendar


async def find_rules(session: ReadSession, area_code: str, on: date) -> SchoolingRules | None:
    """From this service's copy of the policies; None where no `schooling` is in force."""
    policy = pick((await policies.load(session, KIND)).versions, area_code, on)
    if policy is None:
        return None
    calendar = pick((await policies.load(session, "feed-calendar")).versions, area_code, on)
    return SchoolingRules(
        Schooling.model_validate(policy.body),
        policy.id,
        FeedCalendar.model_validate(calendar.body) if calendar else FeedCalendar(),
    )


async def get_rules(session: ReadSession, area_code: str, on: date) -> SchoolingRules:
    """The same; raises `PolicyMissing`: a decision without its rule is not taken."""
    found = await find_rules(session, area_code, on)
    if found is None:
        raise PolicyMissing(kind=KIND)
    return found
