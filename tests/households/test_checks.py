"""Alerts become cases and tasks: through the inbox, on a real database."""

import asyncio
from datetime import timedelta

from shared.clock import utc_now
from shared.contracts.alerts import AlertWithdrawn
from shared.contracts.households import EvidenceAdded, TaskClosed, TaskOpened
from shared.inbox import Inbox
from services.households.consumers import HANDLERS
from tests.households.conftest import BRIDGE, COUNTY, PINE, RIVER, STONE, Households, household, message, person


async def test_a_known_person_is_the_matter_of_their_own_village(service: Households) -> None:
    [household_id] = await service.register(household(1, PINE, [person(1), person(2, "张小三", "20")]))
    alert = service.alert(2, area=BRIDGE)  # the bureau had an old address
    await service.deliver(alert)
    [opened] = await service.told(TaskOpened)
    assert (opened.level, opened.area_code, str(opened.household_id)) == ("village", PINE, household_id)
    assert opened.subject_key == household_id
    assert opened.alert_id == alert.alert_id
