"""The sample files: of nobody real, the same for the same seed, and each triggers its feed's rule on some rows."""

import csv
import io
import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from click.testing import CliRunner
from stdnum.cn import ric

from demo.feeds import Feed, shipped_feeds
from demo.households import households
from demo.load import SEED
from demo.sample_files import ODD
from demo.sample_rows import Row, plans
from demo.samples import Sample, main, samples
from services.alerts.rules.evidence import compile_schema
from services.alerts.rules.feeds import column_type
from services.alerts.rules.screening_rules import compile_levels, rule_fields
from shared.clock import local_date, utc_now
from shared.idnumber import check_many
from shared.tables import Column, open_table

TODAY = date(2026, 11, 23)
ROWS = 200
CODES = sorted(shipped_feeds())
ENDINGS = {"csv": "csv", "csv-plain": "csv", "csv-gb": "csv", "csv-tab": "tsv", "csv-semicolon": "csv"}


@pytest.fixture(scope="module")
def made() -> dict[str, Sample]:
    return {sample.name.rsplit(".", 1)[0]: sample for sample in samples(count=ROWS, today=TODAY)}


def severity_by(code: str) -> Callable[[Row], str | None]:
    """The feed's own rule, with all facts known."""
    feed = shipped_feeds()[code]
    fields = rule_fields(feed["evidence_schema"])
    levels = compile_levels(feed["rule"]["levels"], feed["rule"]["parameters"], fields)

    def severity(row: Row) -> str | None:
        known = {name: row.values.get(name) for name in fields} | {
            "is_registered": row.household_class is not None,
            "is_registered_poor": row.household_class in ("lifted_out", "monitored"),
            "is_monitored": row.household_class == "monitored",
            "has_open_case": False,
        }
        return next((level.severity for level in levels if level.holds(known)), None)

    return severity


def test_there_is_a_plan_for_every_feed_and_a_file_of_every_kind() -> None:
    assert plans().keys() == shipped_feeds().keys()
    assert {plan["file"] for plan in plans().values()} == {*ENDINGS, "xlsx", "xls"}


@pytest.mark.parametrize("code", CODES)
def test_a_sample_triggers_on_some_of_its_rows_and_on_those_it_means(code: str, made: dict[str, Sample]) -> None:
    rows = made[code].rows
    severity = severity_by(code)
    triggering = [row for row in rows if severity(row) is not None]
    assert triggering == [row for row in rows if row.alarming]
    assert 0.01 <= len(triggering) / len(rows) <= 0.05


@pytest.mark.parametrize("code", ["household.request", "cadre.patrol"])
def test_a_note_is_about_the_topic_it_stands_beside(code: str, made: dict[str, Sample]) -> None:
    """No note of one topic stands beside another."""
    seen = {(row.values["topic"], row.values["note"]) for row in made[code].rows if row.alarming}
    assert len({topic for topic, _ in seen}) > 1
    assert len(seen) == len({note for _, note in seen}), seen


@pytest.mark.parametrize("code", CODES)
def test_a_samples_evidence_is_what_the_feed_asks_for(code: str, made: dict[str, Sample]) -> None:
    schema = shipped_feeds()[code]["evidence_schema"]
    validator = compile_schema(schema)
    for row in made[code].rows:
        evidence = {
            name: value.isoformat() if isinstance(value, date) else value
            for name, value in row.values.items()
            if name in schema["properties"] and value is not None
        }
        assert validator.is_valid(evidence), (evidence, [error.message for error in validator.iter_errors(evidence)])


@pytest.mark.parametrize("code", CODES)
def test_a_sample_is_read_by_the_columns_of_its_feed(code: str, made: dict[str, Sample]) -> None:
    """Every heading is found, no row is refused, and what is read is what was meant."""
    feed, sample = shipped_feeds()[code], made[code]
    table = open_table(
        io.BytesIO(sample.content), sample.name, [column_of(one, feed) for one in feed["columns"]], today=TODAY
    )
    frames = list(table.frames())
    assert [fault for frame in frames for fault in frame.faults.iter_rows()] == []
    read = [row for frame in frames for row in frame.data.iter_rows(named=True)]
    assert len(read) == len(sample.rows)
    words = {one["field"]: one.get("values", {}) for one in feed["columns"]}
    for found, meant in zip(read, sample.rows, strict=True):
        for field, value in found.items():
            if field not in ("row", "sheet"):
                wanted = meant.values.get(field)
                got = words[field].get(value, value)
                assert got == (pytest.approx(wanted) if isinstance(wanted, float) else wanted), field


def column_of(column: dict[str, Any], feed: Feed) -> Column:
    """A feed's column, as the reader wants it."""
    field = column["field"]
    kind: Any = "id_number" if field == "person.id_number" else column_type(field, feed["evidence_schema"])
    return Column(field, tuple(column["headers"]), kind, column.get("required", False))


def test_nobody_in_a_sample_can_be_real(made: dict[str, Sample]) -> None:
    numbers = {row.values.get("person.id_number") for sample in made.values() for row in sample.rows} - {None}
    written = [str(number) for number in numbers]
    assert len(written) > 1000
    assert {number[:4] for number in written} == {"5399"}
    assert check_many(written, TODAY) == written
    with pytest.raises(KeyError):
        ric.get_birth_place(written[0])


def test_some_are_not_in_the_register_and_they_trigger_nothing(made: dict[str, Sample]) -> None:
    for code in ("medical.cost", "police.accident"):
        strangers = [row for row in made[code].rows if row.household_class is None]
        assert strangers
        assert not any(row.alarming for row in strangers)


def test_the_same_seed_and_day_make_the_same_files() -> None:
    feeds = ("medical.cost", "education.absence", "health.death", "police.accident")

    def bytes_of(seed: int, today: date = TODAY) -> list[bytes]:
        found = samples(count=50, household_count=200, seed=seed, today=today, feeds=feeds)
        return [sample.content for sample in found]

    assert bytes_of(1) == bytes_of(1)
    assert all(one != other for one, other in zip(bytes_of(1), bytes_of(2), strict=True))


def test_a_later_sample_is_of_the_people_who_were_loaded() -> None:
    """Their birthdays follow from the day of the load; the rows' days from today."""
    before, later = (
        next(iter(samples(count=50, household_count=200, today=today, loaded_on=TODAY, feeds=("medical.cost",)))).rows
        for today in (TODAY, TODAY + timedelta(days=40))
    )
    loaded = {member.id_number for one in households(200, SEED, TODAY) for member in one.members}
    known = [row for row in later if row.household_class is not None]
    assert known
    assert {row.values["person.id_number"] for row in known} <= loaded
    assert max(str(row.values["occurred_on"]) for row in later) > max(str(row.values["occurred_on"]) for row in before)


def test_an_export_has_titles_headings_a_sum_and_a_line_of_names(made: dict[str, Sample]) -> None:
    text = made["education.absence"].content.decode("gb18030")
    lines = list(csv.reader(io.StringIO(text)))
    assert lines[0] == ["云岫县学生缺课日报表"]
    assert lines[2][:2] == ["序号", "乡镇（街道）"]
    assert [line[0] for line in lines[-3:] if line] == ["合计", lines[-1][0]]
    assert lines[-1][0].startswith("填表人")
    assert len(lines) == 3 + ROWS + 3
    plain = list(csv.reader(io.StringIO(made["rural.hotline"].content.decode("utf-8"))))
    assert plain[0][0] == "序号"
    assert len(plain) == 1 + ROWS


def test_amounts_and_numbers_are_written_as_people_write_them(made: dict[str, Sample]) -> None:
    assert 0 < ODD < 0.1
    text = "".join(
        made[code].content.decode("utf-8-sig") for code in ("medical.outpatient", "hr.unpaid-wages", "insurance.claim")
    )
    assert "元," in text or '元",' in text
    assert "５３９９" in text


def test_the_command_writes_the_files_it_is_asked_for(tmp_path: Any) -> None:
    arguments = ["--out", str(tmp_path / "a"), "--rows", "30", "--households", "200", "--feed", "water.supply"]
    ran = CliRunner().invoke(main, [*arguments, "--feed", "court.debt"])
    assert ran.exit_code == 0, ran.output
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == ["court.debt.csv", "water.supply.xlsx"]
    assert "30 rows" in ran.output


def test_the_command_writes_of_the_county_that_was_loaded(tmp_path: Any) -> None:
    """Of as many households as the demo file says, or nobody in the sample would be in the register."""
    demo = {"households": 200, "loaded_on": TODAY.isoformat()}
    (tmp_path / "demo.json").write_text(json.dumps(demo), encoding="utf-8")
    arguments = ["--data-dir", str(tmp_path), "--out", str(tmp_path / "a"), "--feed", "education.absence"]
    ran = CliRunner().invoke(main, arguments)
    assert ran.exit_code == 0, ran.output
    today = local_date(utc_now())
    of_the_county = samples(household_count=200, today=today, loaded_on=TODAY, feeds=("education.absence",))
    assert (tmp_path / "a" / "education.absence.csv").read_bytes() == next(iter(of_the_county)).content
