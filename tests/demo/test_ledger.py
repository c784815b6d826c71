"""The demo's ledger can be read by the import; the export of human resources differs from it in every way, and seldom."""

import io
from datetime import date
from itertools import islice

from python_calamine import CalamineWorkbook

from demo.households import households
from demo.ledger import EXPORT, export_file, labour, ledger_file
from services.jobs.usecases.ledger_reading import open_rows, read_rows
from tests.demo.test_income import TODAY

FEW = 120


def test_every_row_of_the_ledger_is_read_and_whoever_is_left_out_is_not_there() -> None:
    sample = list(households(FEW, 1, TODAY))
    people = [member for one in sample for member in labour(one, TODAY)]
    without = {str(people[0].id_number)}
    file = io.BytesIO(ledger_file(sample, TODAY, without))
    rows = [row for part in read_rows(open_rows(file, "ledger.csv", TODAY)) for row in part]
    assert [row.faults for row in rows if row.faults] == []
    assert {row.id_number for row in rows} == {member.id_number for member in people} - without
    said = [row.told["status"] for row in rows]
    assert 0.7 < said.count("out") / len(said) < 0.95


def test_the_export_differs_in_every_way_and_seldom() -> None:
    sample = list(households(FEW, 1, TODAY))
    untold = [str(member.id_number) for one in sample[:20] for member in labour(one, TODAY)]
    book = CalamineWorkbook.from_filelike(io.BytesIO(export_file(sample, TODAY, untold)))
    _, headings, *lines = book.get_sheet_by_index(0).to_python()
    assert tuple(headings) == EXPORT
    there = {line[1]: line for line in lines}
    assert len(there) == len(lines)
    assert {number[:4] for number in there} == {"5399"}
    members = {str(member.id_number): member for one in sample for member in labour(one, TODAY)}
    file = io.BytesIO(ledger_file(sample, TODAY, untold))
    here = {str(row.id_number): row.told for part in read_rows(open_rows(file, "", TODAY)) for row in part}
    out = {number for number, told in here.items() if told["status"] == "out"}
    assert len(there.keys() - members.keys()) == 2, "strangers"
    assert there.keys() & set(untold), "known here, and without a row"
    assert there.keys() & (here.keys() - out), "at home by the ledger"
    both = out & there.keys()
    missing = len(out - there.keys())
    paid_otherwise = sum(float(there[one][7]) != float(here[one]["wage"]) for one in both)
    elsewhere = sum(there[one][6] != here[one]["employer"] for one in both)
    assert all(0 < one < len(out) / 20 for one in (missing, paid_otherwise, elsewhere))


def test_both_are_the_same_for_the_same_arguments() -> None:
    sample = list(islice(households(FEW, 1, TODAY), 20))
    assert ledger_file(sample, TODAY, ()) == ledger_file(sample, TODAY, ())
    assert ledger_file(sample, TODAY, ()) != ledger_file(sample, date(2026, 10, 27), ())
