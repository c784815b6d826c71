"""The row that intake writes by hand is the one that the contract and the outbox would have made."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.alerts import events
from services.alerts.models import NewAlert
from shared.clock import utc_now
from shared.contracts.alerts import AlertRaised
from shared.ids import new_id
from shared.lanes import Lane
from shared.outbox.emit import COLUMNS, row

ALERT = NewAlert(
    id=new_id(),
    feed="education.absence",
    source_ref="JY-1",
    dedup=b"d",
    row_hash=b"h",
    severity="high",
    occurred_on=date(2026, 3, 2),
    area_code="539921100001",
    person_key="p" * 43,
    household_key=None,
    sealed=bytes(range(256)),
    reported_by=new_id(),
    batch_id=None,
    reported_at=utc_now(),
    lane=Lane.LIVE,
    risk_family="education",
)


@pytest.mark.parametrize(
    "changed",
    [{}, {"person_key": None, "household_key": "h" * 43}, {"person_key": None}, {"lane": Lane.BULK}],
    ids=["person", "household", "neither", "bulk"],
)
def test_a_row_by_hand_is_the_contracts_row(changed: dict[str, Any]) -> None:
    alert = ALERT._replace(**changed)
    by_hand = dict(zip(COLUMNS, events.raised_row(alert, "00-trace"), strict=True))
    event = events.alert_raised(alert)
    by_contract = dict(zip(COLUMNS, row(event, "00-trace", alert.lane), strict=True))

    assert by_hand["value"] == by_contract["value"]
    assert AlertRaised.model_validate_json(by_hand["value"]) == event
    assert isinstance(by_hand.pop("event_id"), UUID)
    assert by_hand.pop("occurred_at") == alert.reported_at
    assert by_hand == {name: by_contract[name] for name in by_hand}
