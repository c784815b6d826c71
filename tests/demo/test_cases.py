"""The demo's list of monitored households is one that the import of lists reads."""

import io
from datetime import date

from demo.cases import KIND, case_list
from demo.households import households
from services.households.workbook_lists import LISTS
from shared.tables import open_table

TODAY = date(2026, 11, 27)


def test_everybody_who_is_monitored_stands_in_it_and_nobody_else() -> None:
    sample = list(households(2000, 1, TODAY))
    file = case_list(sample, TODAY)
    assert file is not None
    table = open_table(io.BytesIO(file), "", LISTS[KIND].read, today=TODAY)  # type: ignore[index]
    rows = [row for frame in table.frames() for row in frame.data.to_dicts()]
    codes = {one.national_code for one in sample if one.household_class == "monitored"}
    assert len(codes) > 20
    assert sorted(row["household.national_code"] for row in rows) == sorted(codes)
    assert {row["case.eliminated"] for row in rows} == {"否"}
    assert all(row["case.risks"] and row["case.identified_on"] < TODAY for row in rows)
    assert case_list(sample, TODAY) == file, "the same again is the same"


def test_where_nobody_is_monitored_there_is_no_list() -> None:
    nobody = [one for one in households(200, 1, TODAY) if one.household_class != "monitored"]
    assert case_list(nobody, TODAY) is None
