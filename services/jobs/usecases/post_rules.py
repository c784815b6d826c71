"""The policies of posts, training and trades, as they are in force."""

from datetime import datetime
from uuid import UUID

from services.jobs.rules.places import COUNTY_DIGITS
from services.jobs.rules.posts import is_labour_bureau, require_labour_bureau
from shared.areas import code_of
from shared.clock import local_date
from shared.contracts.jobs_posts_policies import PostRules, TradeReference, TrainingRules
from shared.db.engine import ReadSession
from shared.projections import policies
from shared.security.principals import Principal, Role

POST_RULES, TRAINING_RULES, TRADE_REFERENCE = "post-rules", "training-rules", "trade-reference"


async def get_post_rules(session: ReadSession, county: str, now: datetime) -> tuple[PostRules, UUID]:
    """What a post may ask, and the version that says so. Raises `PolicyMissing`."""
    return await policies.in_force(session, POST_RULES, county, local_date(now), PostRules)


async def require_keeper(session: ReadSession, who: Principal, county: str, now: datetime) -> tuple[PostRules, UUID]:
    """The same, for whoever keeps employers, posts and courses there. Raises `BureauKeepsNoPosts` as well."""
    rules, policy_id = await get_post_rules(session, county, now)
    require_labour_bureau(who, rules)
    return rules, policy_id


async def sees_contacts(session: ReadSession, who: Principal, now: datetime) -> bool:
    """Whether an employer's contact, phone and what is held against it are shown in clear: to those who work with
    households, and of the bureaus to those that keep posts. Raises `PolicyMissing`.
    """
    if who.role is not Role.BUREAU:
        return who.works_with_people
    county = code_of(who.scope.first_area()[:COUNTY_DIGITS])
    rules, _ = await get_post_rules(session, county, now)
    return is_labour_bureau(who, rules)


async def get_training_rules(session: ReadSession, county: str, now: datetime) -> tuple[TrainingRules, UUID]:
    """What training pays and when it is completed, and the version that says so. Raises `PolicyMissing`."""
    return await policies.in_force(session, TRAINING_RULES, county, local_date(now), TrainingRules)


async def get_trade_reference(session: ReadSession, county: str, now: datetime) -> tuple[TradeReference, UUID]:
    """What trades are compared with, and the version that says so. Raises `PolicyMissing`."""
    return await policies.in_force(session, TRADE_REFERENCE, county, local_date(now), TradeReference)
