"""Whether the ledger and another export agree, row by row."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.jobs import exports
from services.jobs.rules.comparing import (
    Statement,
    differences,
    least_different,
    same_place,
    similarity,
    statement_of,
)
from services.jobs.rules.reconciliation import is_expected, is_settled, place_code
from shared.contracts.jobs_reconcile_policies import COMPARED_FIELDS, Expected, ExportRule, Tolerances

ENDINGS = ["有限公司", "有限责任公司", "股份有限公司"]
WITHIN = Tolerances(wage_share=0.1, wage_yuan=200, days=31, employer_similarity=0.8, employer_endings=ENDINGS)
RULE = ExportRule(
    fields=list(COMPARED_FIELDS), expected=Expected(statuses=["out"], classes=["lifted_out", "monitored"])
)
OURS = Statement(
    works=True,
    work_area="440306",
    employer="深圳市晨光五金有限公司",
    industry="C",
    trade="6-18",
    wage=Decimal(5000),
    channel="organised",
    point_to_point=True,
    started_on=date(2026, 2, 20),
)


@pytest.mark.parametrize(
    ("theirs", "expected"),
    [
        ({}, ()),
        ({"works": False}, ("status",)),
        ({"works": False, "wage": Decimal(1)}, ("status",)),  # of who does not work nothing else is asked
        ({"works": True, "wage": Decimal(5500)}, ()),  # 10 %
        ({"works": True, "wage": Decimal("5500.01")}, ("wage",)),
        ({"works": True, "wage": Decimal(4500)}, ()),
        ({"works": True, "wage": Decimal("4499.99")}, ("wage",)),
        ({"works": True, "started_on": date(2026, 3, 23)}, ()),  # 31 days
        ({"works": True, "started_on": date(2026, 3, 24)}, ("started_on",)),
        ({"works": True, "ended_on": date(2026, 9, 1)}, ()),  # our side says nothing of it
        ({"works": True, "work_area": "44"}, ()),
        ({"works": True, "work_area": "440307"}, ("work_area",)),
        ({"works": True, "work_area": "33", "point_to_point": False}, ("work_area", "point_to_point")),
        ({"works": True, "employer": "晨光五金"}, ()),
        ({"works": True, "employer": "深圳市晨光五金 有限责任公司"}, ()),
        ({"works": True, "employer": "东莞宏达电子厂"}, ("employer",)),
        ({"works": True, "channel": "self"}, ("channel",)),
    ],
)
def test_differences_within_tolerance(theirs: dict[str, Any], expected: tuple[str, ...]) -> None:
    assert differences(OURS, Statement(**theirs), COMPARED_FIELDS, WITHIN) == expected


def test_a_low_wage_may_differ_by_some_yuan() -> None:
    ours, theirs = Statement(works=True, wage=Decimal(800)), Statement(works=True, wage=Decimal(1000))
    assert differences(ours, theirs, ["wage"], WITHIN) == ()
    assert differences(ours, theirs, ["wage"], WITHIN.model_copy(update={"wage_yuan": 199})) == ("wage",)


def test_only_fields_of_the_policy_count() -> None:
    theirs = Statement(works=False, wage=Decimal(1))
    assert differences(OURS, theirs, ["wage"], WITHIN) == ()
    assert differences(OURS, theirs, ["status"], WITHIN) == ("status",)


def test_two_who_do_not_work_are_the_same() -> None:
    ours, theirs = Statement(works=False), Statement(works=False, wage=Decimal(3000))
    assert differences(ours, theirs, COMPARED_FIELDS, WITHIN) == ()


def test_of_several_contracts_the_best_counts() -> None:
    ended, other, fitting = Statement(works=False), Statement(works=True, wage=Decimal(1)), Statement(works=True)
    assert least_different(OURS, [ended, other, fitting], COMPARED_FIELDS, WITHIN) == (fitting, ())
    assert least_different(OURS, [ended, other], COMPARED_FIELDS, WITHIN) == (other, ("wage",))
    assert least_different(OURS, [ended], COMPARED_FIELDS, WITHIN) == (ended, ("status",))


@pytest.mark.parametrize(
    ("here", "there", "digits", "same"),
    [
        ("440306", "440306001002", 6, True),
        ("440306", "440300", 6, True),  # the other one names the prefecture alone
        ("440306", "440000", 6, True),
        ("440306", "330000", 6, False),
        ("440306", "440307", 4, True),
        ("440306", "441900", 4, False),
        ("440306", "441900", 2, True),
        ("abroad", "abroad", 6, True),
        ("abroad", "440306", 2, False),
    ],
)
def test_places(here: str, there: str, digits: int, same: bool) -> None:
    assert same_place(here, there, digits) is same
    assert same_place(there, here, digits) is same


def test_names_of_firms() -> None:
    assert similarity("ＡＢＣ 电子（深圳）有限公司", "abc电子深圳", ENDINGS) == 1
    assert similarity("有限公司", "有限公司", ENDINGS) == 1  # an ending is not taken off a name that is nothing else
    assert similarity("鸿运建筑", "宏远纺织", ENDINGS) == 0
    assert 0 < similarity("昭通鸿运建筑", "昭通鸿达建材", ENDINGS) < 0.8


def test_a_statement_survives_being_written_down() -> None:
    assert statement_of(OURS.said()) == OURS
    assert statement_of(Statement(works=False).said()) == Statement(works=False)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("440306", "440306"),
        ("44", "44"),
        ("44030", None),
        ("广东省深圳市宝安区", "44"),
        ("广东", "44"),
        ("内蒙古自治区", "15"),
        ("国外", "abroad"),
        ("香港特别行政区", "81"),
        ("本 县", "539921"),
        ("工业园", None),
    ],
)
def test_places_of_exports(text: str, code: str | None) -> None:
    found = place_code(text, "539921000000", exports.PROVINCES, exports.ABROAD_WORDS, exports.OWN_COUNTY_WORDS)
    assert found == code


def test_whom_an_export_should_hold() -> None:
    assert is_expected(RULE, "out", "monitored")
    assert not is_expected(RULE, "not_out", "monitored")
    assert not is_expected(RULE, "out", "ordinary")


@pytest.mark.parametrize(
    ("outcome", "ours", "status", "settled"),
    [
        ("differs", Statement(works=True, wage=Decimal(4000)), "out", False),
        ("differs", Statement(works=True, wage=Decimal(5000)), "out", True),
        ("differs", None, None, False),
        ("only_there", None, None, False),
        ("only_there", Statement(works=True), "out", True),
        ("only_here", Statement(works=True), "out", False),
        ("only_here", Statement(works=False), "not_out", True),
        ("only_here", None, None, True),
    ],
)
def test_what_settles_a_difference(outcome: Any, ours: Statement | None, status: str | None, settled: bool) -> None:
    theirs = Statement(works=True, wage=Decimal(5000))
    assert is_settled(outcome, ours, status, theirs, RULE, WITHIN) is settled


def test_every_export_names_each_field_once() -> None:
    for export in exports.EXPORTS.values():
        fields = [column.field for column in export.columns]
        assert len(set(fields)) == len(fields)
        assert {"id_number", "status", "wage", "employer"} <= set(fields)
        headings = export.read({"wage": ["工资（月）"]})
        assert next(one for one in headings if one.name == "wage").headers[-1] == "工资（月）"
