"""What a feed's schema asks is asked of every row of a file, whether it triggers or not, in the words of a single report."""

from datetime import date
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import services.alerts
from services.alerts.rules.evidence import compile_schema
from services.alerts.rules.evidence_checks import evidence_checks, not_after
from services.alerts.rules.file_columns import spared_fields
from services.alerts.rules.screening import evidence_faults
from shared.errors import Fault
from tests.alerts.conftest import MEDICAL, Service, bearer, days_ago
from tests.alerts.files_service import COSTS, FILES, bill, counts, finished, members, send, table

SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["amount"],
    "properties": {
        "amount": {"type": "number", "minimum": 0, "maximum": 1000},
        "share": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
        "days": {"type": "integer", "minimum": 1},
        "kind": {"type": "string", "enum": ["water", "flood"]},
        "note": {"type": "string", "minLength": 2, "maxLength": 4},
        "seen_on": {"type": "string", "format": "date", "maxLength": 10},
        "urgent": {"type": "boolean"},
    },
}
TYPES = {
    "amount": pl.Float64,
    "share": pl.Float64,
    "days": pl.Int64,
    "kind": pl.String,
    "note": pl.String,
    "seen_on": pl.Date,
    "urgent": pl.Boolean,
}
ROWS = st.fixed_dictionaries(
    {
        "amount": st.none() | st.sampled_from([-0.01, -0.0, 0.0, 1000.0, 1000.5, 1e300]),
        "share": st.none() | st.sampled_from([-1.0, 0.0, 0.5, 1.0]),
        "days": st.none() | st.integers(-1, 2),
        "kind": st.none() | st.sampled_from(["water", "Water", "flood", " flood", ""]),
        "note": st.none() | st.text(max_size=6),
        "seen_on": st.none() | st.dates(),
        "urgent": st.none() | st.booleans(),
    }
)


@given(st.lists(ROWS, min_size=1, max_size=20))
def test_many_rows_are_told_what_one_is(rows: list[dict[str, Any]]) -> None:
    frame = pl.DataFrame(rows, schema=TYPES)
    broken = [frame.select(check.is_broken.fill_null(False)).to_series() for check in evidence_checks(SCHEMA)]
    faults = [check.fault for check in evidence_checks(SCHEMA)]
    for place, row in enumerate(rows):
        evidence = {name: value for name, value in row.items() if value is not None}
        if "seen_on" in evidence:
            evidence["seen_on"] = evidence["seen_on"].isoformat()
        found = [fault for fault, is_broken in zip(faults, broken, strict=True) if is_broken[place]]
        assert sorted(map(repr, found)) == sorted(map(repr, evidence_faults(compile_schema(SCHEMA), evidence)))


def test_of_a_day_to_come() -> None:
    check = not_after(date(2026, 3, 2))
    days = pl.DataFrame({"occurred_on": [date(2026, 3, 2), date(2026, 3, 3), None]})
    assert days.select(check.is_broken).to_series().to_list() == [False, True, None]
    assert check.fault == Fault("occurred_on", "date-in-future")


MARCH = {"feed": "medical.cost", "period": days_ago(1)[:7]}


async def mistakes(service: Service, view: dict[str, Any]) -> list[tuple[int, str, str]]:
    """Row, field and code."""
    told = (await service.http.get(f"{FILES}/{view['id']}/errors", headers=MEDICAL)).json()["items"]
    return [(one["row"], one["field"], one["code"]) for one in told]


@pytest.mark.usefixtures("originals")
async def test_a_row_is_refused_whether_it_would_trigger_or_not(county: Service) -> None:
    rows = [bill(1, 30000), bill(2, -5), bill(3, 100), bill(4, 6000), bill(5, 999_000_000), bill(6, 100), bill(7, 6000)]
    for row in rows[3], rows[5]:
        row[3] = days_ago(-2)
    answer = await send(county, table(rows, COSTS), form=MARCH, headers=MEDICAL)
    view = await finished(county, answer, MEDICAL)
    assert counts(view, "rows_read", "screened", "stored", "unmatched", "rejected", "errors") == (7, 7, 1, 1, 4, 4)
    assert await mistakes(county, view) == [
        (3, "evidence.self_pay", "number-out-of-range"),
        (5, "occurred_on", "date-in-future"),
        (6, "evidence.self_pay", "number-out-of-range"),
        (7, "occurred_on", "date-in-future"),
    ]
    result = await county.get(f"{FILES}/{view['id']}/result", headers={**MEDICAL, "Accept-Language": "zh"})
    assert result.status_code == 200


@pytest.mark.usefixtures("originals")
async def test_of_a_rule_that_the_register_decides_likewise(county: Service) -> None:
    """The first look cannot say of 6,000 yuan whether they trigger; of a stranger the row would wait."""
    await county.tell(members(county, 1, household_class="ordinary"), members(county, 2))
    rows = [bill(number, 6000) for number in (1, 2, 3)]
    for row in rows:
        row[3] = days_ago(-2)
    view = await finished(county, await send(county, table(rows, COSTS), form=MARCH, headers=MEDICAL), MEDICAL)
    assert counts(view, "rejected", "unmatched", "stored", "errors") == (3, 0, 0, 3)


@pytest.mark.usefixtures("originals")
async def test_a_trial_does_not_count_what_was_refused(county: Service) -> None:
    rows = [bill(1, 30000), bill(2, 999_000_000), bill(3, -5)]
    view = await finished(county, await send(county, table(rows, COSTS), form=MARCH, headers=MEDICAL), MEDICAL)
    rules = (await county.get("/alerts/v1/rules", headers=bearer("county"), params={"feed": "medical.cost"})).json()
    trial = await county.post(
        f"/alerts/v1/rules/{rules['items'][0]['id']}/trial", {"file_id": view["id"]}, headers=bearer("county")
    )
    assert trial.status_code == 200, trial.text
    assert trial.json()["in_force"]["alerts"] == 1 == view["stored"]


@pytest.mark.usefixtures("originals")
async def test_a_cell_that_nobody_needs_costs_itself(county: Service) -> None:
    rows = [bill(1, 30000), bill(2, 100)]
    for row in rows:
        row[-1] = "院" * 101
    view = await finished(county, await send(county, table(rows, COSTS), form=MARCH, headers=MEDICAL), MEDICAL)
    assert counts(view, "stored", "rejected", "errors") == (1, 0, 2)
    assert await mistakes(county, view) == [(row, "evidence.hospital", "text-too-long") for row in (2, 3)]
    [listed] = (await county.get("/alerts/v1/alerts", headers=MEDICAL)).json()["items"]
    assert (await county.get(f"/alerts/v1/alerts/{listed['id']}", headers=MEDICAL)).json()["evidence"] == {
        "self_pay": 30000.0
    }


def test_an_area_report_needs_its_natural_villages() -> None:
    """Without them all of the area would be warned."""
    feed = orjson.loads((Path(services.alerts.__file__).parent / "feeds" / "water.supply.json").read_bytes())
    spared = spared_fields(feed["columns"], feed["evidence_schema"], frozenset())
    assert "natural_villages" in feed["evidence_schema"]["properties"]
    assert "natural_villages" not in spared
