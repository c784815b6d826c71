"""The demo's income lines can be read by the import, and are about its own people."""

from datetime import date
from itertools import islice

from demo.households import households
from demo.income import income_file
from services.households.api.income_tables import read_income
from services.households.rules.months import month_text, period_before

TODAY = date(2026, 11, 27)


def test_every_line_is_read_and_lies_within_the_period() -> None:
    sample = list(islice(households(300, 1, TODAY), 300))
    table = read_income(income_file(sample, 1, TODAY), TODAY)
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
