"""Sums of movement, months, and who sets grades by hand. Pure."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.households.rules.grade_movement import (
    GRADES,
    KINDS,
    MonthsReversed,
    MonthsTooMany,
    Moved,
    balances,
    kind_of,
    months_between,
    next_month,
    start_of,
)
from services.households.rules.grade_overrides import OverrideNotAllowed, OverrideTooLong, check_override
from shared.contracts.grade_policies import OverrideRule
from shared.security.principals import Role

MOVES = st.builds(
    Moved,
    st.sampled_from(KINDS),
    st.sampled_from([*GRADES, None]),
    st.sampled_from([*GRADES, None]),
    st.integers(1, 50),
)


@given(st.dictionaries(st.sampled_from(GRADES), st.integers(0, 500)), st.lists(MOVES, max_size=30))
def test_the_sums_of_all_grades_balance(opening: Any, moved: list[Moved]) -> None:
    found = balances(opening, moved)
    entered = sum(one.households for one in moved if one.before is None and one.after is not None)
    left = sum(one.households for one in moved if one.after is None and one.before is not None)
    assert sum(one.closing for one in found) == sum(opening.values()) + entered - left
    for one in found:
        assert one.closing == one.opening + one.ins.total() - one.outs.total()


def test_kinds() -> None:
    assert kind_of("green", "yellow", "fact", re_entered=False) == "new"
    assert kind_of("yellow", "green", "fact", re_entered=True) == "cleared"
    assert kind_of("yellow", "red", "rule", re_entered=True) == "rule"


def test_months() -> None:
    today = date(2026, 3, 10)
    assert months_between(date(2025, 12, 1), date(2026, 2, 1), today) == [
        date(2025, 12, 1),
        date(2026, 1, 1),
        date(2026, 2, 1),
    ]
    assert next_month(date(2026, 12, 1)) == date(2027, 1, 1)
    assert start_of(date(2026, 3, 1)) == datetime(2026, 2, 28, 16, tzinfo=UTC)
    for first, last in ((date(2026, 2, 1), date(2026, 1, 1)), (date(2026, 1, 1), date(2026, 4, 1))):
        with pytest.raises(MonthsReversed):
            months_between(first, last, today)
    with pytest.raises(MonthsTooMany):
        months_between(date(2023, 1, 1), date(2026, 3, 1), today)


@pytest.mark.parametrize(
    ("role", "days", "error"),
    [
        (Role.COUNTY, 0, None),
        (Role.COUNTY, 29, None),
        (Role.COUNTY, 30, OverrideTooLong),
        (Role.COUNTY, -1, OverrideTooLong),
        (Role.TOWNSHIP, 1, OverrideNotAllowed),
    ],
)
def test_who_sets_a_grade_and_for_how_long(role: Role, days: int, error: type[Exception] | None) -> None:
    rule, today = OverrideRule(roles=["county"], max_days=30), date(2026, 3, 10)
    if error is None:
        check_override(rule, role, today + timedelta(days=days), today)
        return
    with pytest.raises(error):
        check_override(rule, role, today + timedelta(days=days), today)
