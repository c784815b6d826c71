"""Rows about people whom the register does not know wait, sealed, until it does, and no longer than they may."""

from datetime import timedelta

import pytest

from services.alerts.usecases.rematching import forget_expired
from shared.clock import utc_now
from shared.contracts.alerts import AlertRaised
from tests.alerts.conftest import MEDICAL, Service, until
from tests.alerts.files_service import FILES, bill, counts, finished, members, send_costs

pytestmark = pytest.mark.usefixtures("originals")


async def waiting(service: Service) -> int:
    return await service.count("unmatched_row")


async def test_a_row_waits_until_the_register_knows_its_person(county: Service) -> None:
    """Beneath 5,000 yuan nobody's bill triggers, from 20,000 anybody's: only those between wait."""
    rows = [bill(1, 100), bill(2, 6000), bill(3, 7000), bill(4, 8000), bill(5, 30000)]
    view = await finished(county, await send_costs(county, rows), MEDICAL)
    assert counts(view, "triggered", "stored", "matched", "unmatched", "rematched") == (1, 1, 0, 3, 0)
    assert await waiting(county) == 3

    await county.tell(members(county, 2), members(county, 3, household_class="ordinary"))
    raised = await county.heard.hear(AlertRaised, 2)
    assert [event.severity for event in raised] == ["medium", "medium"]

    async def one_is_left() -> bool:
        return await waiting(county) == 1

    await until(one_is_left)
    after = (await county.http.get(f"{FILES}/{view['id']}", headers=MEDICAL)).json()
    assert after["rematched"] == 1
    alert = (await county.http.get(f"/alerts/v1/alerts/{raised[1].alert_id}", headers=MEDICAL)).json()
    assert (alert["batch_id"], alert["evidence"]["self_pay"]) == (view["id"], 6000)


async def test_the_same_row_waits_once(county: Service) -> None:
    await finished(county, await send_costs(county, [bill(1, 6000), bill(2, 6000)]), MEDICAL)
    view = await finished(county, await send_costs(county, [bill(2, 6000), bill(3, 6000)]), MEDICAL)
    assert counts(view, "unmatched", "repeated") == (1, 1)
    assert await waiting(county) == 3


async def test_rows_do_not_wait_for_ever(county: Service) -> None:
    await finished(county, await send_costs(county, [bill(n, 6000) for n in range(700)]), MEDICAL)
    now = utc_now()
    assert await forget_expired(county.database, now + timedelta(days=89)) == 0
    assert await forget_expired(county.database, now + timedelta(days=90, minutes=1)) == 700
    assert await waiting(county) == 0


async def test_who_left_a_household_is_no_match(county: Service) -> None:
    await finished(county, await send_costs(county, [bill(1, 6000)]), MEDICAL)
    gone = members(county, 1)
    left = gone.model_copy(update={"members": [gone.members[0].model_copy(update={"active": False})]})
    await county.tell(left)
    ((due,),) = await county.sql("SELECT count(*) FROM unmatched_row WHERE due")
    assert (due, await waiting(county)) == (0, 1)
