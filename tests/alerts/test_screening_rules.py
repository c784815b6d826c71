"""Which version judges a row, what it says of it, and what stays open until the register is asked."""

import json
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.alerts import rules
from services.alerts.rules.rule_sets import RuleSet
from services.alerts.rules.screening import Feed
from services.alerts.rules.screening_rules import (
    FACTS,
    STRANGER,
    WORLDS,
    Judged,
    Rule,
    compile_levels,
    decide,
    facts_of,
    may_count,
    rule_fields,
    worlds_of,
)
from services.alerts.usecases.screening import Bench, row_of
from shared.errors import InvalidInput
from shared.expressions import values
from shared.expressions.columns import DTYPES
from shared.expressions.parameters import MAX_PARAMETERS
from tests.alerts.test_rules import feed as shipped_feed

FEEDS = Path(rules.__file__).parents[1] / "feeds"
TODAY = date(2026, 3, 10)
VILLAGE = "539921100001"
SCHEMA = json.loads((FEEDS / "medical.cost.json").read_text())["evidence_schema"]
COST = json.loads((FEEDS / "medical.cost.json").read_text())["rule"]
FEED: Feed = shipped_feed("medical.cost")
POOR = {**STRANGER, "is_registered": True, "is_registered_poor": True}


def rule(number: int = 1, area: str = "", version: int = 1, **changed: Any) -> Rule:
    """A version of the shipped rule."""
    content = {"levels": COST["levels"], "parameters": COST["parameters"]} | changed
    days = {name: changed.get(name, usual) for name, usual in (("valid_from", date(2026, 1, 1)), ("valid_to", None))}
    levels = compile_levels(content["levels"], content["parameters"], rule_fields(SCHEMA))
    parameters = values(content["parameters"])
    return Rule(
        UUID(int=number), FEED.code, area, *days.values(), version, parameters, levels, worlds_of(levels, parameters)
    )


def one_level(when: str, **parameters: Any) -> Rule:
    return rule(levels=[{"severity": "low", "when": when}], parameters=parameters)


def row(self_pay: Any = 6000, area: str = VILLAGE, **more: Any) -> dict[str, Any]:
    return row_of(date(2026, 3, 2), area, {"self_pay": self_pay, **more})


def judge(feed: Feed, versions: list[Rule], one: dict[str, Any], facts: Any, on: date) -> Judged:
    """A row as `row_of` makes it, by these versions."""
    evidence = {name: value for name, value in one.items() if name not in ("occurred_on", "area_code")}
    bench = Bench({feed.code: versions}, on)
    rule = bench.rule(feed.code, one["area_code"])
    judged = bench.judge(feed, rule, one["occurred_on"], one["area_code"], evidence)
    return decide(rule, judged, facts) if rule is not None and judged.is_open and facts is not None else judged


def said(self_pay: float, facts: Any = None) -> tuple[str | None, bool]:
    judged = judge(FEED, [rule()], row(self_pay), facts, TODAY)
    return judged.severity, judged.is_open


def test_a_rule_judges_with_the_facts_and_leaves_open_what_depends_on_them() -> None:
    assert said(1000) == (None, False), "nobody need ask the register"
    assert said(6000) == (None, True)
    assert said(6000, STRANGER) == (None, False)
    assert said(6000, POOR) == ("medium", False)
    assert said(25_000) == (None, True), "medium or high"
    assert said(25_000, STRANGER) == ("medium", False)
    assert said(25_000, POOR) == ("high", False)
    assert said(70_000) == ("high", False)


def test_worlds_are_those_the_register_can_tell_of() -> None:
    assert len(WORLDS) == 7
    for world in WORLDS:
        assert world["is_registered"] >= world["is_registered_poor"] >= world["is_monitored"]
    never = one_level("is_monitored AND NOT is_registered")
    assert judge(FEED, [never], row(), None, TODAY) == Judged(None, never.id), "in no world"
    always = one_level("is_registered OR NOT is_registered_poor")
    assert judge(FEED, [always], row(), None, TODAY) == Judged("low", always.id)
    not_null = one_level("COALESCE(is_registered, false) OR is_registered IS NULL")
    assert judge(FEED, [not_null], row(), None, TODAY).is_open, "not known is not null"


def test_the_most_local_version_counts_and_then_the_newest() -> None:
    everywhere, newer = rule(1), rule(2, version=2, parameters={**COST["parameters"], "high_other": 1})
    county, ended = rule(3, "539921"), rule(4, "539921100", version=9, valid_to=date(2026, 3, 9))
    versions = [everywhere, newer, county, ended]

    def by(area: str, on: date = TODAY) -> UUID | None:
        return judge(FEED, versions, row(70_000, area), None, on).rule_id

    assert by(VILLAGE) == county.id
    assert by(VILLAGE, date(2026, 3, 9)) == ended.id
    assert by("539922100001") == newer.id
    assert by(VILLAGE, date(2025, 12, 31)) is None


def test_without_a_rule_every_row_triggers() -> None:
    assert judge(FEED, [], row(1), None, TODAY) == Judged("medium", None)
    assert judge(FEED, [rule(1, "11")], row(1), None, TODAY) == Judged("medium", None)


def test_the_days_a_row_has() -> None:
    late = one_level("DAYS_BETWEEN(occurred_on, reported_on) > :days", days=30)
    assert judge(FEED, [late], row(), None, date(2026, 4, 1)).severity is None
    assert judge(FEED, [late], row(), None, date(2026, 4, 2)).severity == "low"
    term = one_level("occurred_on >= :term_start", term_start="2026-03-01")
    assert judge(FEED, [term], row(), None, TODAY).severity == "low", "a parameter that looks like a day is one"


def frame(table: list[dict[str, Any]], *facts: str) -> pl.DataFrame:
    kinds = {name: DTYPES[kind] for name, kind in rule_fields(SCHEMA).items()}
    names = ["self_pay", "insured", "period", "occurred_on", "area_code", *facts]
    return pl.DataFrame([{name: one.get(name) for name in names} for one in table], {n: kinds[n] for n in names})


rows = st.fixed_dictionaries(
    {
        "self_pay": st.sampled_from([None, 0.0, 4999.0, 5000.0, 19_999.5, 20_000.0, 60_000.0]),
        "insured": st.sampled_from([None, True, False]),
        "period": st.sampled_from([None, "2026-02", "2025"]),
        "occurred_on": st.sampled_from([None, date(2026, 3, 2), TODAY]),
        "area_code": st.sampled_from([VILLAGE, "539922100001", "110101001001"]),
    }
)
conditions = st.sampled_from(
    [
        *(level["when"] for level in COST["levels"]),
        "self_pay > 1 AND NOT is_monitored OR has_open_case",
        "is_registered AND (insured IS NULL OR NOT insured)",
        "period LIKE '2026%' AND reported_on - occurred_on >= 8",
        "CASE WHEN is_registered_poor THEN self_pay >= 5000 ELSE self_pay >= 20000 END",
        "true",
        "hospital IS NULL",
        "hospital = 'x'",
    ]
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(st.lists(conditions, min_size=1, max_size=3), st.sampled_from(["", "539921", "539922"])), max_size=4
    ),
    st.lists(st.tuples(rows, st.sampled_from(WORLDS)), min_size=1, max_size=8),
)
def test_a_frame_is_judged_as_its_rows_are(written: Any, table: Any) -> None:
    severities = ("high", "medium", "low")
    versions = [
        rule(n, area, n, levels=[{"severity": s, "when": w} for s, w in zip(severities, whens, strict=False)])
        for n, (whens, area) in enumerate(written, 1)
    ]
    rule_set = RuleSet("low", versions, TODAY)
    feed = Feed(FEED.code, FEED.risk_family, "low", FEED.evidence)

    def expected(facts: bool) -> list[tuple[Any, Any, bool]]:
        judged = [judge(feed, versions, one, world if facts else None, TODAY) for one, world in table]
        return [(j.severity, str(j.rule_id) if j.rule_id else None, j.is_open) for j in judged]

    first = rule_set.screen(frame([one for one, _ in table]))
    assert first.select("severity", "rule_id", "open").rows() == expected(False)
    known = rule_set.screen(frame([{**one, **world} for one, world in table], *FACTS))
    assert known.select("severity", "rule_id", "open").rows() == expected(True)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.lists(conditions, min_size=1, max_size=2), st.sampled_from(["", "", "539921"])), max_size=2),
    st.lists(rows, min_size=1, max_size=8),
)
def test_no_row_is_sifted_out_that_might_trigger(written: Any, table: Any) -> None:
    versions = [
        rule(n, area, n, levels=[{"severity": s, "when": w} for s, w in zip(("high", "low"), whens, strict=False)])
        for n, (whens, area) in enumerate(written, 1)
    ]
    rule_set, whole = RuleSet("low", versions, TODAY), frame(table).with_row_index("place")

    might = rule_set.screen(whole).filter(pl.col("severity").is_not_null() | pl.col("open"))["place"].to_list()
    left = rule_set.sift(whole.drop("area_code"))["place"].to_list()

    assert set(might) <= set(left)
    if all(area == "" for _, area in written):
        assert left == might


def test_what_counts_only_in_an_area_sifts_nothing_out() -> None:
    cheap = frame([row(1)]).drop("area_code")

    assert RuleSet("low", [rule()], TODAY).sift(cheap).height == 0
    for versions in ([rule(), rule(2, "539921")], [one_level("area_code = '539921100001'")], []):
        assert RuleSet("low", versions, TODAY).sift(cheap).height == 1


def test_a_frame_keeps_its_columns_and_may_be_empty() -> None:
    rule_set = RuleSet("medium", [rule()], TODAY)
    assert rule_set.facts
    assert not RuleSet("medium", [one_level("self_pay > 1")], TODAY).facts
    whole = rule_set.screen(frame([row(70_000)]).with_columns(extra=1))
    assert whole.columns == [
        "self_pay",
        "insured",
        "period",
        "occurred_on",
        "area_code",
        "extra",
        "severity",
        "open",
        "rule_id",
    ]
    assert rule_set.screen(frame([])).height == 0
    nowhere = pl.DataFrame({"self_pay": [70_000.0, 1.0]})
    assert rule_set.screen(nowhere)["severity"].to_list() == ["high", None]
    unknown = frame([row(70_000), row(70_000)]).with_columns(area_code=pl.Series([None, VILLAGE], dtype=pl.String))
    local = RuleSet("medium", [rule(), rule(2, "539921")], TODAY).screen(unknown)
    assert local["rule_id"].to_list() == [str(UUID(int=1)), str(UUID(int=2))]


def test_some_facts_may_be_known_and_others_not() -> None:
    both = one_level("is_registered_poor AND has_open_case")
    judged = RuleSet("low", [both], TODAY).screen(
        frame([{**row(), "is_registered_poor": poor} for poor in (True, False)], "is_registered_poor")
    )
    assert judged["open"].to_list() == [True, False]


def test_it_is_asked_of_frames_with_other_columns_in_turn() -> None:
    rules = RuleSet("low", [one_level("is_registered_poor AND has_open_case")], TODAY)
    told = {**row(), "is_registered_poor": True, "has_open_case": True}
    for _ in range(2):
        assert rules.screen(frame([row()]))["open"].to_list() == [True]
        assert rules.screen(frame([told], "is_registered_poor", "has_open_case"))["open"].to_list() == [False]


def test_what_the_register_tells_is_one_of_the_worlds() -> None:
    assert facts_of(None, has_open_case=True) == STRANGER
    assert facts_of("lifted_out", has_open_case=False) == POOR
    told = [
        facts_of(kind, has_open_case=case) for kind in ("ordinary", "lifted_out", "monitored") for case in (False, True)
    ]
    assert [STRANGER, *told] == list(WORLDS)


def test_versions_that_may_count() -> None:
    first, second = rule(1), rule(2, version=2)
    assert may_count([first, second], TODAY) == [second]
    later = rule(3, version=3, valid_from=date(2026, 5, 1))
    assert may_count([second, later], TODAY) == [second, later]
    assert may_count([second, later], date(2026, 5, 1)) == [later]
    short = rule(4, version=4, valid_to=date(2026, 4, 1))
    assert may_count([second, short], TODAY) == [second, short], "when it has ended the older one counts again"
    assert may_count([second, short], date(2026, 4, 2)) == [second]
    local = rule(5, "539921")
    assert may_count([local, second], TODAY) == [local, second], "of another area"


def faults(levels: list[dict[str, Any]], parameters: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(InvalidInput) as refused:
        compile_levels(levels, parameters, rule_fields(SCHEMA))
    return {fault.field: fault.code for fault in refused.value.faults}


def test_every_mistake_of_a_rule_is_told_at_once() -> None:
    levels = [
        {"severity": "high", "when": "self_pay > :nothing"},
        {"severity": "high", "when": "nothing > 1"},
        {"severity": "low", "when": "self_pay > 1"},
    ]
    parameters = {"Line": 1, "line": float("nan"), "list": [1], "long": "x" * 201, "broken": "\x00", "huge": 2**70}
    assert faults(levels, parameters) == {
        "parameters": "rule-parameter-name",
        **{f"parameters.{name}": "rule-parameter-value" for name in ("line", "list", "long", "broken", "huge")},
        "levels.0.when": "expression-parameter-unknown",
        "levels.1.when": "expression-field-unknown",
        "levels.1.severity": "rule-severity-twice",
    }
    assert faults([], {}) == {"levels": "field-missing"}
    assert faults(COST["levels"], {**COST["parameters"], **{f"p{n}": n for n in range(MAX_PARAMETERS)}}) == {
        "parameters": "too-long"
    }


def test_fields_are_the_plain_ones_of_the_schema() -> None:
    schema = {
        "properties": {
            "n": {"type": "number"},
            "i": {"type": "integer"},
            "b": {"type": "boolean"},
            "t": {"type": "string"},
            "d": {"type": "string", "format": "date"},
            "area_code": {"type": "integer"},
            "list": {"type": "array"},
            "is_monitored": {"type": "number"},
            "two": {"type": ["string", "null"]},
        }
    }
    assert rule_fields(schema) == {
        "n": "number",
        "i": "number",
        "b": "boolean",
        "t": "text",
        "d": "date",
        "occurred_on": "date",
        "reported_on": "date",
        "area_code": "number",
        **dict.fromkeys(FACTS, "boolean"),
    }


@pytest.mark.parametrize("path", sorted(FEEDS.glob("*.json")), ids=lambda path: path.stem)
def test_the_rule_a_feed_is_shipped_with_fits_it(path: Path) -> None:
    shipped = json.loads(path.read_text())
    if "rule" in shipped:
        levels = compile_levels(
            shipped["rule"]["levels"], shipped["rule"]["parameters"], rule_fields(shipped["evidence_schema"])
        )
        used = set().union(*(level.when.parameters for level in levels))
        assert used == set(shipped["rule"]["parameters"]), "no parameter without a use"
