"""Attendance, allowances, school leavers and concentration of trades: without a database."""

from datetime import date
from decimal import Decimal

import pytest
from pydantic import ValidationError

from services.jobs.rules import training
from services.jobs.rules.brands import location_quotient, rank_trades, shares
from services.jobs.rules.post_refusals import AttendedTooSeldom, CourseRunning, SeatsBelow
from services.jobs.rules.training import Attended
from shared.contracts.jobs_posts_policies import TradeReference, TrainingRules
from tests.shipped import DEFAULTS

RULES = TrainingRules.model_validate(DEFAULTS["training-rules"])
TODAY = date(2026, 11, 27)


@pytest.mark.parametrize(("held", "needed"), [(1, 1), (5, 4), (10, 8), (11, 9), (20, 16), (45, 36), (7, 6)])
def test_days_that_make_a_course_completed(held: int, needed: int) -> None:
    assert training.days_needed(held, RULES) == needed
    assert training.has_completed(Attended(held, needed), RULES)
    assert not training.has_completed(Attended(held, needed - 1), RULES)


def test_nobody_completes_a_course_of_which_no_day_was_recorded() -> None:
    with pytest.raises(AttendedTooSeldom):
        training.require_completed(Attended(0, 0), RULES)


def test_what_the_days_attended_pay() -> None:
    """60 + 20 yuan a day: Yunnan 2020."""
    assert RULES.allowance == 80
    assert training.allowance_due(15, RULES.allowance, RULES) == Decimal(1200)
    assert training.allowance_due(200, RULES.allowance, RULES) == Decimal(80 * RULES.most_days)


def test_a_version_of_old_that_says_itself_who_left_school_is_still_read() -> None:
    body = RULES.model_dump(mode="json")
    assert (
        TrainingRules.model_validate({**body, "leaver_from": 15, "leaver_to": 22, "leaver_education": ["60"]}) == RULES
    )


@pytest.mark.parametrize(
    ("waiting", "seats", "seated", "number"), [(3, 10, 8, 2), (1, 10, 8, 1), (3, 10, 10, 0), (0, 10, 8, 0)]
)
def test_who_comes_up_from_the_waiting_list(waiting: int, seats: int, seated: int, number: int) -> None:
    assert training.coming_up([object()] * waiting, seats, seated) == number


def test_seats_and_days_that_cannot_be() -> None:
    with pytest.raises(SeatsBelow):
        training.require_seats(9, 10)
    training.require_seats(10, 10)
    with pytest.raises(CourseRunning):
        training.require_ended(date(2026, 11, 28), TODAY)
    training.require_ended(TODAY, TODAY)


@pytest.mark.parametrize(
    ("part", "whole", "share", "quotient"),
    [
        (300, 1000, 0.10, 3.0),
        (100, 1000, 0.10, 1.0),
        (0, 1000, 0.10, 0.0),
        (10, 0, 0.10, None),
        (10, 100, None, None),
        (10, 100, 0.0, None),
    ],
)
def test_the_location_quotient(part: int, whole: int, share: float | None, quotient: float | None) -> None:
    assert location_quotient(part, whole, share) == (None if quotient is None else pytest.approx(quotient))


def test_against_itself_every_trade_has_a_quotient_of_one() -> None:
    people = {"62901": 70, "61804": 20, "63005": 10}
    found = rank_trades(people, shares(people), least_people=1, brand_from=1.5)
    assert [one.quotient for one in found] == [pytest.approx(1)] * 3
    assert not any(one.brand for one in found)
    assert sum(one.share for one in found) == pytest.approx(1)


def test_a_brand_is_concentrated_and_has_people_enough() -> None:
    people = {"61804": 60, "63005": 5, "62901": 30, "80000": 5}
    found = rank_trades(people, {"61804": 0.03, "63005": 0.001, "62901": 0.3}, least_people=30, brand_from=1.5)
    assert [(one.trade, one.brand) for one in found] == [
        ("63005", False),  # 50 times as often, and yet five people
        ("61804", True),
        ("62901", False),
        ("80000", False),  # nothing to compare with: last
    ]
    assert found[1].quotient == pytest.approx(20)
    assert found[3].quotient is None


def test_no_people_no_trades() -> None:
    assert rank_trades({}, {"61804": 0.1}, least_people=1, brand_from=1.5) == []
    assert shares({}) == {}


def test_shares_of_more_than_all_are_refused() -> None:
    with pytest.raises(ValidationError):
        TradeReference(source="示例", shares={"62901": 0.7, "61804": 0.4})
