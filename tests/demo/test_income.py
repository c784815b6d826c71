"""The demo's income lines can be read by the import, and are about its own people."""

from datetime import date
from itertools import islice

from demo.conditions import of_household, of_member
from demo.households import households
from demo.income import income_file
from services.households.api.income_reading import INCOME_COLUMNS, MOST_ROWS, read_lines
from services.households.rules.months import month_text, period_before
from shared.tables.whole import read_here

TODAY = date(2026, 11, 27)


def test_every_line_is_read_and_lies_within_the_period() -> None:
    sample = list(islice(households(300, 1, TODAY), 300))
    table = read_lines(read_here(income_file(sample, 1, TODAY), INCOME_COLUMNS, TODAY, MOST_ROWS))
    assert table.faults == []
    assert len(table.lines) > 900
    numbers = {member.id_number for one in sample for member in one.members}
    codes = {one.national_code for one in sample}
    assert {line.id_number for line in table.lines if line.id_number} <= numbers
    assert {line.national_code for line in table.lines if line.national_code} == codes
    period = period_before(TODAY)
    for line in table.lines:
        assert period.first <= line.span.first <= line.span.last <= period.last, month_text(line.span.first)
    assert {"medical.hospital", "wages.outside", "transfers.resident_pension", "transfers.condolence"} <= {
        line.item for line in table.lines
    }


def test_the_file_is_the_same_for_the_same_arguments() -> None:
    sample = list(islice(households(20, 1, TODAY), 20))
    assert income_file(sample, 1, TODAY) == income_file(sample, 1, TODAY) != income_file(sample, 2, TODAY)


def test_who_earns_wages_is_at_work_somewhere_and_the_uninsured_have_no_second_insurance() -> None:
    sample = list(households(300, 1, TODAY))
    table = read_lines(read_here(income_file(sample, 1, TODAY), INCOME_COLUMNS, TODAY, MOST_ROWS))
    earning = {line.id_number for line in table.lines if line.item.startswith("wages.")}
    told = {member.id_number: of_member(member) for one in sample for member in one.members}
    assert {number for number, one in told.items() if "work_area" in one} == earning
    assert all(one["serious_illness_insurance"] == (one["medical_insurance"] != "none") for one in told.values())
    assert len(earning) > 300


def test_homes_go_with_their_level_and_the_poor_have_a_cause() -> None:
    for one in households(2000, 1, TODAY):
        home = of_household(one)
        assert home["safe_housing"] == (home["dwelling_level"] in "AB")
        assert ("poverty_cause" in home) == (one.household_class != "ordinary")
        if home.get("poverty_cause") == "disability":
            assert any("disabled" in member.health for member in one.members)
