"""What tests of income share: policies in force, lines by the handful."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from shared.contracts.directory import PolicyPublished
from tests.households.conftest import LONG_AGO, Households, policy_id

LINE: dict[str, Any] = {"per_head": 8700}
RULES: dict[str, Any] = {
    "sources": ["support", "jobs", "import", "visit", "desk"],
    "not_counted": ["transfers.condolence", "transfers.housing_aid"],
    "left_but_counted": [{"reason": "moved_away", "school_stages": ["college"], "months": 48}],
    "bounds": [{"of": "wages", "per": "month", "at_least": 400, "at_most": 30000}],
}


def published(kind: str, body: Mapping[str, Any], area: str = "", since: date = LONG_AGO) -> PolicyPublished:
    """A version of a policy as the directory tells it."""
    id_ = policy_id(kind) if not area else uuid5(NAMESPACE_URL, f"{kind}@{area}")
    return PolicyPublished(
        policy_id=id_, kind=kind, area_prefix=area, valid_from=since, version=1, author="test", body=dict(body)
    )


async def with_policies(service: Households) -> Households:
    """The service with a line and rules in force."""
    await service.deliver(published("income-line", LINE), published("income-rules", RULES))
    return service
