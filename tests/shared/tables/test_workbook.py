"""The file that answers a file: every cell as it stood, what became of it, and nothing that runs when it is opened."""

import csv
import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from shared.tables.workbook import harmless, write_csv, write_workbook
from tests.shared.tables.making import HEADINGS, ROW, A

OUTCOME = "处理结果"
RUNS = '=HYPERLINK("http://x","y")'


def cells(path: Path) -> dict[str, list[list[object]]]:
    with CalamineWorkbook.from_path(path) as book:
        return {name: [list(row) for row in book.get_sheet_by_name(name).iter_rows()] for name in book.sheet_names}


def part(path: Path, name: str) -> str:
    with zipfile.ZipFile(path) as archive:
        return archive.read(name).decode()


def test_rows_are_written_as_text_with_what_became_of_them(tmp_path: Path) -> None:
    path = tmp_path / "结果.xlsx"
    written = write_workbook(
        path, HEADINGS, OUTCOME, [(ROW, "已预警"), (("李四", None, RUNS), "未触发")], text_columns=[1]
    )

    assert written == 2
    assert cells(path) == {
        "Sheet1": [
            [*HEADINGS, OUTCOME],
            [*ROW, "已预警"],
            ["李四", "", RUNS, "", "", "", "未触发"],
        ]
    }
    sheet = part(path, "xl/worksheets/sheet1.xml")
    assert "<f>" not in sheet
    assert 'ySplit="1"' in sheet
    assert 'state="frozen"' in sheet
    assert part(path, "xl/styles.xml").count("<b/>") == 1
    assert "<hyperlink" not in sheet


def test_what_does_not_fit_on_a_sheet_goes_on_the_next(tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    written = write_workbook(path, ["a"], "b", [([str(n)], "ok") for n in range(25)], most_rows=10)

    assert written == 25
    assert [len(rows) for rows in cells(path).values()] == [11, 11, 6]
    assert all(rows[0] == ["a", "b"] for rows in cells(path).values())
    assert cells(path)["Sheet3"][-1] == ["24", "ok"]


def test_a_file_of_no_rows_has_its_headings(tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"

    assert write_workbook(path, HEADINGS, OUTCOME, []) == 0
    assert cells(path) == {"Sheet1": [[*HEADINGS, OUTCOME]]}
    assert list(tmp_path.iterdir()) == [path]


def test_a_text_too_long_for_a_cell_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    write_workbook(path, ["a"], "b", [(["张" * 40_000], "ok")])

    assert cells(path)["Sheet1"][1] == ["张" * 32_767, "ok"]


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=20))
)
def test_any_text_comes_back_from_the_workbook(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    path = tmp_path_factory.mktemp("x") / "x.xlsx"
    write_workbook(path, ["a"], "b", [([text], "ok") for text in texts])

    assert [row[0] for row in cells(path)["Sheet1"][1:]] == texts


def test_csv_is_the_same_with_a_mark_for_excel() -> None:
    file = io.BytesIO()

    assert write_csv(file, HEADINGS, OUTCOME, [(ROW, "已预警"), (("李\n四", None, RUNS), '"未"触发')]) == 2
    assert file.getvalue().startswith(b"\xef\xbb\xbf")
    assert list(csv.reader(io.StringIO(file.getvalue().decode("utf-8-sig"), newline=""))) == [
        [*HEADINGS, OUTCOME],
        [*ROW, "已预警"],
        ["李\n四", "", f"'{RUNS}", "", "", "", '"未"触发'],
    ]


@pytest.mark.parametrize(
    "text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", " =1", "\t=1", "\r=1", "＝1", "+86 138"]
)
def test_what_would_run_is_made_harmless(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["-5", "+7", "-1,234.50", "1=1", "", A, "a-b", "-1e5"])
def test_what_would_not_is_left_alone(text: str) -> None:
    assert harmless(text) == text
