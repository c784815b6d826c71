"""Dropouts, pure: who owes school, each legal and illegal move, the order of the legal steps, the days of the checks."""

from datetime import date, timedelta
from itertools import product
from typing import Any

import pytest
from pydantic import ValidationError

from services.households.codes import LISTS
from services.households.rules.schooling.ages import births, find_term, owes_school, term_of
from services.households.rules.schooling.home import require_home_teaching
from services.households.rules.schooling.legal import KINDS, Document, Standing, require_step
from services.households.rules.schooling.refusals import (
    ChildIsBack,
    DropoutMoveIllegal,
    DropoutMoveNotYours,
    HomeTeachingNotDue,
    HomeTeachingPaperMissing,
    StayCheckDay,
    StayCheckTooEarly,
    StepDays,
    StepNotYours,
    StepOutOfOrder,
    StepTaken,
    StepTooEarly,
)
from services.households.rules.schooling.states import (
    ACTIVE,
    FINAL,
    MOVES,
    OUT,
    STATES,
    assured,
    require_move,
)
from services.households.rules.schooling.stay import is_school_day, next_check, require_seen
from shared.contracts.policies import FeedCalendar
from shared.contracts.schooling_policies import Schooling
from shared.errors import DomainError
from tests.shipped import DEFAULTS

RULES = Schooling.model_validate(DEFAULTS["schooling"])
CALENDAR = FeedCalendar.model_validate(DEFAULTS["feed-calendar"])
TODAY = date(2026, 11, 27)


@pytest.mark.parametrize(
    ("born", "stage", "owes"),
    [
        (date(2020, 8, 31), None, True),  # six on the last 31 August
        (date(2020, 9, 1), None, False),
        (date(2010, 11, 28), "junior", True),  # sixteen tomorrow
        (date(2010, 11, 27), "junior", False),
        (date(2011, 3, 1), "vocational", False),
        (date(2011, 3, 1), "primary", True),
    ],
)
def test_who_owes_school(born: date, stage: str | None, owes: bool) -> None:
    assert owes_school(born, stage, TODAY, RULES) is owes


def test_before_the_cut_off_the_former_one_counts() -> None:
    assert births(date(2026, 8, 30), RULES).last == date(2019, 8, 31)
    assert births(date(2026, 8, 31), RULES).last == date(2020, 8, 31)


def test_terms() -> None:
    assert [term_of(day, CALENDAR) for day in (date(2026, 11, 1), date(2026, 8, 1), date(2020, 1, 1))] == [
        "2026-S2",
        "2026-S1",
        None,
    ]
    found = find_term("2026-S1", CALENDAR)
    assert found is not None
    assert (found[0].first, found[1]) == (date(2026, 3, 2), date(2026, 8, 30))
    assert find_term("2031-S1", CALENDAR) is None


LEVELS = ("village", "township", "county")
BY_HAND = {
    **{(state, "returned"): LEVELS for state in (*OUT, "home_taught")},
    ("returned", "again_absent"): LEVELS,
    **{(state, "home_taught"): LEVELS[1:] for state in OUT},
    ("home_taught", "persuading"): LEVELS[1:],
    **{(state, "exempt"): LEVELS[1:] for state in ACTIVE},
}
BY_ITSELF = {
    ("found", "persuading", "visit"),
    ("again_absent", "persuading", "visit"),
    ("returned", "again_absent", "check"),
    ("returned", "again_absent", "alert"),
    ("returned", "stable", "check"),
    *((state, "exempt", "register") for state in ACTIVE),
    *(("exempt", state, "register") for state in ACTIVE),
}


@pytest.mark.parametrize(("source", "to"), list(product(STATES, STATES)))
def test_each_pair_of_states_by_everybody(source: Any, to: Any) -> None:
    for level in (*LEVELS, None):
        if (source, to) not in BY_HAND:
            with pytest.raises(DropoutMoveIllegal):
                require_move(source, to, "hand", level)  # type: ignore[arg-type]
        elif level in BY_HAND[source, to]:
            assert require_move(source, to, "hand", level).to == to  # type: ignore[arg-type]
        else:
            with pytest.raises(DropoutMoveNotYours):
                require_move(source, to, "hand", level)  # type: ignore[arg-type]
    for cause in ("visit", "check", "alert", "opening", "register"):
        if (source, to, cause) in BY_ITSELF:
            assert require_move(source, to, cause).source == source  # type: ignore[arg-type]
        else:
            with pytest.raises(DropoutMoveIllegal):
                require_move(source, to, cause)  # type: ignore[arg-type]


def test_the_table_is_whole() -> None:
    assert len({(move.source, move.to) for move in MOVES}) == len(MOVES)
    assert set(STATES) - {move.source for move in MOVES} == {"stable"}
    back = [move for move in MOVES if move.source == "exempt"]
    assert all(move.on == ("register",) and not move.by for move in back), "nobody takes it back by hand"
    assert set(FINAL) == {"stable", "exempt"}
    assert set(LISTS["dropout_state"].texts) == set(STATES)
    assert set(LISTS["legal_step"].texts) == set(KINDS)


def test_stable_is_reached_by_the_checks_of_a_return_alone() -> None:
    assert [(move.source, move.by, move.on) for move in MOVES if move.to == "stable"] == [("returned", (), ("check",))]


def test_schooling_is_assured_when_every_child_is_settled() -> None:
    assert assured([])
    assert assured(["stable", "home_taught", "exempt"])
    assert not any(assured(["stable", state]) for state in (*OUT, "returned"))  # type: ignore[list-item]


SERVED: dict[Any, date] = {
    "publicity": TODAY - timedelta(days=90),
    "order": TODAY - timedelta(days=80),
    "penalty": TODAY - timedelta(days=60),
}


def step(kind: Any, served: dict[Any, date], **more: Any) -> None:
    values = {"state": "persuading", "level": "county", "issued_on": TODAY, "served_on": TODAY, **more}
    case = Standing(values.pop("state"), TODAY - timedelta(days=100), served)
    require_step(case, Document(kind, **values), RULES.steps, TODAY)


def first(count: int) -> dict[Any, date]:
    return dict(list(SERVED.items())[:count])


@pytest.mark.parametrize("kind", KINDS)
def test_each_step_after_the_former_one(kind: str) -> None:
    step(kind, first(KINDS.index(kind)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "served", "more", "refusal"),
    [
        ("order", {}, {}, StepOutOfOrder),
        ("penalty", first(1), {}, StepOutOfOrder),
        ("court", first(2), {}, StepOutOfOrder),
        ("court", {"penalty": TODAY - timedelta(days=59)}, {}, StepTooEarly),
        ("order", {"publicity": TODAY - timedelta(days=6)}, {}, StepTooEarly),
        ("publicity", first(1), {}, StepTaken),
        ("publicity", {}, {"level": "village"}, StepNotYours),
        ("penalty", first(2), {"level": "township"}, StepNotYours),
        ("publicity", {}, {"level": None}, StepNotYours),
        ("publicity", {}, {"state": "returned"}, ChildIsBack),
        ("publicity", {}, {"state": "home_taught"}, ChildIsBack),
        ("publicity", {}, {"issued_on": TODAY - timedelta(days=101)}, StepDays),
        ("publicity", {}, {"served_on": TODAY + timedelta(days=1)}, StepDays),
        ("publicity", {}, {"served_on": TODAY - timedelta(days=1)}, StepDays),
    ],
)
def test_steps_out_of_order(
    kind: str, served: dict[Any, date], more: dict[str, Any], refusal: type[DomainError]
) -> None:
    with pytest.raises(refusal):
        step(kind, served, **more)


@pytest.mark.parametrize(
    ("returned_on", "done", "seen_on", "expected"),
    [
        (date(2026, 10, 12), 0, None, (7, date(2026, 10, 19), date(2026, 10, 22))),
        (date(2026, 10, 10), 0, None, (7, date(2026, 10, 19), date(2026, 10, 22))),  # the 17th is a Saturday
        (date(2026, 9, 25), 0, None, (7, date(2026, 10, 8), date(2026, 10, 12))),  # holidays; Saturday the 10th works
        (date(2026, 12, 21), 1, date(2026, 12, 28), (30, date(2027, 1, 20), date(2027, 1, 25))),
        (date(2027, 1, 18), 0, None, (7, date(2027, 3, 1), date(2027, 3, 4))),  # the winter break
        (
            date(2026, 10, 12),
            1,
            date(2026, 11, 20),
            (30, date(2026, 11, 27), date(2026, 12, 2)),
        ),  # the 7 days came late
        (date(2026, 10, 12), 4, date(2027, 1, 10), None),
    ],
)
def test_checks_are_on_school_days(
    returned_on: date, done: int, seen_on: date | None, expected: tuple[int, date, date] | None
) -> None:
    found = next_check(returned_on, done, seen_on, RULES.stay, CALENDAR)
    assert (found and (found.days, found.on, found.last)) == expected


def test_no_check_ever_falls_on_a_day_without_school() -> None:
    for offset in range(400):
        returned_on = date(2025, 9, 1) + timedelta(days=offset)
        for done in range(4):
            found = next_check(returned_on, done, None, RULES.stay, CALENDAR)
            assert found is not None
            assert is_school_day(found.on, CALENDAR)
            assert found.on >= returned_on + timedelta(days=found.days)
            assert found.last > found.on


def test_a_county_without_terms_has_working_days() -> None:
    assert is_school_day(date(2026, 8, 3), FeedCalendar())
    assert not is_school_day(date(2026, 8, 3), CALENDAR)
    assert not is_school_day(date(2026, 8, 2), FeedCalendar())


@pytest.mark.parametrize(
    ("present", "days", "refusal"),
    [
        (True, 7, None),
        (True, 6, StayCheckTooEarly),
        (False, 1, None),
        (False, 0, None),
        (False, -1, StayCheckDay),
        (True, 21, StayCheckDay),
    ],
)
def test_when_a_check_may_be_answered(present: bool, days: int, refusal: type[DomainError] | None) -> None:
    returned_on = TODAY - timedelta(days=20)

    def answer() -> None:
        require_seen(
            returned_on + timedelta(days=days),
            present=present,
            planned_on=returned_on + timedelta(days=7),
            returned_on=returned_on,
            today=TODAY,
        )

    if refusal is None:
        answer()
    else:
        with pytest.raises(refusal):
            answer()


@pytest.mark.parametrize(
    ("level", "paper", "refusal"),
    [
        (1, False, None),
        (2, False, None),
        (3, True, None),
        (3, False, HomeTeachingPaperMissing),
        (4, True, HomeTeachingNotDue),
        (None, True, HomeTeachingNotDue),
    ],
)
def test_who_is_taught_at_home(level: int | None, paper: bool, refusal: type[DomainError] | None) -> None:
    if refusal is None:
        require_home_teaching(level, paper=paper, rules=RULES)
    else:
        with pytest.raises(refusal):
            require_home_teaching(level, paper=paper, rules=RULES)


@pytest.mark.parametrize(
    "change",
    [
        {"stay": {**DEFAULTS["schooling"]["stay"], "days": [7, 7]}},
        {"steps": {"publicity": {"by": ["county"]}}},
        {"cut_off": "02-30"},
        {"cut_off": "13-01"},
        {"feeds": []},
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Schooling.model_validate({**DEFAULTS["schooling"], **change})
