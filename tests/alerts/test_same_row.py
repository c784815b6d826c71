"""A row is the same row on whichever road and in whichever writing it comes."""

from datetime import date
from typing import Any

import orjson
import pytest

from services.alerts.rules import screening
from services.alerts.usecases.record import record_of, rest_of
from tests.alerts.conftest import ALERTS, EDUCATION, MEDICAL, VILLAGE, Service, days_ago, id_number
from tests.alerts.files_service import absent, bill, counts, finished, send, send_costs, table
from tests.alerts.merging import verdict

pytestmark = pytest.mark.usefixtures("originals")


def as_json(self_pay: Any, **more: Any) -> dict[str, Any]:
    """The row of `bill(1, self_pay)` as a report."""
    return {
        "feed": "medical.cost",
        "occurred_on": days_ago(3),
        "person": {"id_number": id_number(1), "name": "患者1"},
        "area_code": VILLAGE,
        "evidence": {"self_pay": self_pay, "hospital": "云岫县人民医院"},
        **more,
    }


async def report(service: Service, draft: dict[str, Any], headers: Any = MEDICAL) -> dict[str, Any]:
    answer = await service.post(ALERTS, draft, headers=headers)
    assert answer.status_code in (200, 201), answer.text
    return dict(answer.json())


@pytest.mark.parametrize("written", [30000, 30000.0])
async def test_a_number_is_its_value_in_json_and_in_a_table(county: Service, written: float) -> None:
    view = await finished(county, await send_costs(county, [bill(1, 30000)]), MEDICAL)
    assert counts(view, "stored") == (1,)
    assert (await report(county, as_json(written)))["outcome"] == "repeated"


async def test_a_table_after_json(county: Service) -> None:
    assert (await report(county, as_json(30000)))["outcome"] == "new"
    assert (await report(county, as_json(30000.0)))["outcome"] == "repeated"
    view = await finished(county, await send_costs(county, [bill(1, 30000)]), MEDICAL)
    assert counts(view, "stored", "repeated") == (0, 1)


async def test_a_whole_number_that_is_written_with_a_point(county: Service) -> None:
    """`integer` of JSON Schema takes 5.0 as well."""
    assert counts(await finished(county, await send(county, table([absent(1)]))), "stored") == (1,)
    draft = {
        "feed": "education.absence",
        "occurred_on": days_ago(3),
        "person": {"id_number": id_number(1), "name": "学生1", "phone": "15400000017"},
        "area_code": VILLAGE,
        "evidence": {"days_absent": 5.0, "school": "云岭中学"},
    }
    assert (await report(county, draft, EDUCATION))["outcome"] == "repeated"


async def test_what_files_have_stored_keeps_its_hash(county: Service) -> None:
    """For as long as bureaus send the same table again, a month later or after an upgrade."""
    await finished(county, await send_costs(county, [bill(1, 30000)]), MEDICAL)
    evidence = '{"hospital":"云岫县人民医院","self_pay":30000.0}'.encode()
    record = record_of(id_number(1), "患者1", None, None, evidence)
    day = date.fromisoformat(days_ago(3))
    wanted = county.vault.fingerprint(record + rest_of(day, VILLAGE, None), "alert-row")
    assert await county.sql("SELECT row_hash FROM alert") == [(wanted,)]


@pytest.mark.parametrize("given", [{}, {"source_ref": "YB-1"}, {"severity": "low"}], ids=["plain", "ref", "severity"])
async def test_what_came_as_json_before_numbers_were_hashed_by_value_is_known(
    county: Service, monkeypatch: pytest.MonkeyPatch, given: dict[str, Any]
) -> None:
    """Else whoever sends all its rows again would have villages look once more at what they have confirmed."""
    with monkeypatch.context() as then:
        then.setattr(screening, "by_value", lambda evidence, _: evidence)
        alert = await report(county, as_json(30000, **given))
        assert (await report(county, as_json(30500, **given)))["outcome"] == "merged"
    hashes = await county.sql("SELECT row_hash FROM alert UNION ALL SELECT row_hash FROM alert_evidence")
    await county.tell(verdict(county, alert, "risk_confirmed"))
    for self_pay in (30000, 30000.0, 30500):
        again = await report(county, as_json(self_pay, **given))
        assert (again["id"], again["outcome"]) == (alert["id"], "repeated")
    assert await county.sql("SELECT row_hash FROM alert UNION ALL SELECT row_hash FROM alert_evidence") == hashes
    assert (await report(county, as_json(30001, **given)))["outcome"] == "new"


def test_evidence_by_value_is_the_evidence() -> None:
    kinds = {"paid": float, "days": int, "note": float}
    numbers: dict[str, Any] = {"paid": 6000, "days": 5.0, "note": "6000", "other": 1}
    assert orjson.dumps(screening.by_value(numbers, kinds)) == b'{"paid":6000.0,"days":5,"note":"6000","other":1}'
    same: dict[str, Any] = {"paid": 2**60 + 1, "days": 5.5, "note": True, "other": 1.0}
    assert screening.by_value(same, kinds) is same
    for endless in (float("inf"), float("nan")):
        assert screening.by_value({"days": endless}, kinds)["days"] is endless
