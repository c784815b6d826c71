"""What was taken is counted apart from the alerts: of whatever gets lost, the books name the place."""

import logging
from typing import Any

import pytest

from services.alerts.background import compare_books
from shared.clock import utc_now
from tests.alerts.conftest import (
    ALERTS,
    BATCHES,
    EDUCATION,
    MEDICAL,
    Service,
    absence,
    bearer,
    cost,
    named_areas,
    pupil,
    until,
)
from tests.alerts.files_service import bill as file_bill
from tests.alerts.files_service import counts, finished, members, send_costs
from tests.alerts.merging import about, bill
from tests.alerts.test_accounting import books

every_bill = pytest.mark.usefixtures("every_bill_triggers")

Compared = dict[str, tuple[int, int, list[str]]]


pytestmark = pytest.mark.usefixtures("originals")


async def channels(service: Service, headers: Any = MEDICAL, **query: Any) -> Compared:
    """By channel: counted, kept, and the ids behind the difference."""
    found = (await books(service, headers, **query))["channels"]
    assert all(one["difference"] == one["counted"] - one["kept"] for one in found)
    return {one["channel"]: (one["counted"], one["kept"], one["difference_ids"]) for one in found}


async def batch(service: Service, *numbers: int) -> str:
    """A batch of bills, worked off."""
    rows = [cost(source_ref=f"K-{n}", person=pupil(n), evidence={"self_pay": 8000 + n}) for n in numbers]
    answer = await service.post(BATCHES, rows, headers=MEDICAL)
    assert answer.status_code == 202, answer.text
    await service.batch(answer.json()["id"], headers=MEDICAL)
    return str(answer.json()["id"])


@every_bill
async def test_a_single_report_that_is_lost_is_named(service: Service) -> None:
    first = await bill(service, "1", status=201)
    await bill(service, "2", 8100)  # merged
    await bill(service, "3", 60_000)  # worsened
    await bill(service, "1")  # repeated
    other = await bill(service, "4", status=201, **about(1))
    await service.post(ALERTS, absence())
    assert await channels(service) == {"single": (4, 4, [])}
    assert await channels(service, EDUCATION) == {"single": (1, 1, [])}

    [(merged,)] = await service.sql("DELETE FROM alert_evidence WHERE outcome = 'merged' RETURNING id::text")
    await service.sql(f"DELETE FROM alert WHERE id = '{other['id']}'")
    assert (await books(service))["feeds"][0]["difference"] == 0, "what is left is all somewhere"
    assert await channels(service) == {"single": (4, 2, sorted([merged, other["id"]]))}
    assert await channels(service, EDUCATION) == {"single": (1, 1, [])}, "none of theirs"
    assert await channels(service, bearer("county", areas=["539922"])) == {}
    assert await channels(service, **{"from": "2026-01-01", "to": "2026-01-31"}) == {}
    assert first["id"] not in (merged, other["id"])


@every_bill
async def test_a_batch_of_which_a_row_is_lost_is_named(service: Service) -> None:
    whole, torn = await batch(service, 1, 2, 2), await batch(service, 3, 4, 1)
    again = await batch(service, 1, 2, 3)
    assert await channels(service) == {"batch": (4, 4, [])}, "what was repeated was taken once"
    assert len({whole, torn, again}) == 3
    await service.sql(f"DELETE FROM alert WHERE batch_id = '{torn}' AND source_ref = 'K-4'")
    assert await channels(service) == {"batch": (4, 3, [torn])}
    assert await channels(service, bearer("supervisor")) == {"batch": (4, 3, [torn])}
    assert await channels(service, EDUCATION) == {}, "its feeds are the others'"
    assert await channels(service, bearer("county", areas=["539922"])) == {}


async def test_a_file_of_which_a_row_is_lost_is_named(service: Service) -> None:
    await service.tell(named_areas())
    rows = [file_bill(1, 30_000), file_bill(1, 30_001), file_bill(2, 6_000), file_bill(3, 6_000)]
    sent = await finished(service, await send_costs(service, rows), MEDICAL)
    assert counts(sent, "stored", "merged", "unmatched") == (1, 1, 2)
    await service.tell(members(service, 2))

    async def rematched() -> bool:
        return await channels(service) == {"file": (3, 3, [])}

    await until(rematched)
    await service.sql("DELETE FROM alert_evidence")
    assert await channels(service) == {"file": (3, 2, [sent["id"]])}


@every_bill
async def test_every_night_it_is_looked_for(service: Service, caplog: pytest.LogCaptureFixture) -> None:
    lost = await bill(service, "1", status=201)
    await batch(service, 1, 2)
    caplog.set_level(logging.ERROR)
    await compare_books(service.database, utc_now())
    assert caplog.records == []
    await service.sql(f"DELETE FROM alert WHERE id = '{lost['id']}'")
    await compare_books(service.database, utc_now())
    [record] = caplog.records
    assert (record.message, record.__dict__["channel"]) == ("books do not balance", "single")
    assert (record.__dict__["lost"], record.__dict__["ids"]) == (1, [lost["id"]])
    metrics = (await service.http.get("/metrics")).text
    assert 'alerts_books_unbalanced{channel="single"} 1.0' in metrics
    assert 'alerts_books_unbalanced{channel="batch"} 0.0' in metrics
