"""One alert: taken, repeated harmlessly, refused with reasons."""

import base64

from shared.contracts.alerts import AlertRaised
from shared.idnumber import IdNumber
from tests.alerts.conftest import (
    ALERTS,
    FIRST_ID_NUMBER,
    Service,
    absence,
)


async def test_a_report_is_stored_told_and_can_be_read(service: Service) -> None:
    answer = await service.post(ALERTS, absence())

    assert answer.status_code == 201, answer.text
    place = answer.headers["location"]
    assert place == f"{ALERTS}/{answer.json()['id']}"
    assert answer.json()["severity"] == "medium"  # the feed's own
    (event,) = await service.heard.hear(AlertRaised)
    assert str(event.alert_id) == answer.json()["id"]
    assert (event.feed, event.risk_family, event.severity) == ("education.absence", "education", "medium")
    assert event.key == event.person_key == service.vault.person_key(IdNumber(FIRST_ID_NUMBER))
    assert service.vault.open_json(base64.b64decode(event.sealed), "alert") == {
        "person": {"id_number": FIRST_ID_NUMBER, "name": "张小明", "phone": "15400000017"},
        "household": None,
        "evidence": absence()["evidence"],
    }
    found = (await service.get(place)).json()
    assert found["person"] == {
        "id_number": f"{FIRST_ID_NUMBER[:4]}**********{FIRST_ID_NUMBER[-4:]}",
        "name": "张**",
        "phone": "154****0017",
    }
    assert found["evidence"] == absence()["evidence"]
    assert (found["state"], found["answer"], found["household"]) == ("reported", None, None)
