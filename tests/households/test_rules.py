"""The pure rules, table by table."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from services.households.rules import checks, desks, tasks
from services.households.rules.checks import OpenCase, Residence
from services.households.rules.desks import Desk
from services.households.rules.escalation import Waiting, is_overdue, raise_to
from shared.areas import AreaCode, Scope
from shared.clock import CHINA
from shared.contracts.households import Level
from shared.contracts.policies import Span, TaskDeadline, TaskEscalation
from shared.errors import DomainError
from shared.security.principals import Role

COUNTY, STONE, PINE, BRIDGE = map(AreaCode, ("539921000000", "539921100000", "539921100200", "539921101200"))
NO_COUNTY_TOWN, NO_COUNTY_VILLAGE = AreaCode("539900003000"), AreaCode("539900003001")
ID = UUID(int=1)
DUE = datetime(2026, 3, 6, tzinfo=CHINA)


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


@pytest.mark.parametrize(
    ("household", "alert", "level", "desk"),
    [
        (PINE, BRIDGE, "village", PINE),
        (STONE, BRIDGE, "township", STONE),
        (None, BRIDGE, "township", AreaCode("539921101000")),
        (None, STONE, "township", STONE),
        (None, COUNTY, "county", COUNTY),
        (None, AreaCode("539900000000"), "county", AreaCode("539900000000")),
        (None, NO_COUNTY_VILLAGE, "township", NO_COUNTY_TOWN),  # a prefecture whose townships lie right under it
    ],
)
def test_the_desk(household: AreaCode | None, alert: AreaCode, level: Level, desk: AreaCode) -> None:
    assert desks.desk_for(household, alert) == Desk(level, desk)


@pytest.mark.parametrize(
    ("role", "areas", "case", "known", "expected"),
    [
        (Role.VILLAGE, [PINE], PINE, True, Desk("village", PINE)),
        (Role.TOWNSHIP, [STONE], PINE, True, Desk("township", STONE)),
        (Role.COUNTY, [COUNTY], PINE, True, Desk("county", COUNTY)),
        (Role.COUNTY, ["*"], PINE, True, Desk("county", COUNTY)),
        (Role.VILLAGE, [BRIDGE], PINE, True, "desk-elsewhere"),
        (Role.VILLAGE, [BRIDGE], STONE, False, "desk-elsewhere"),
        (Role.VILLAGE, [PINE], STONE, False, Desk("village", PINE)),
        (Role.VILLAGE, [PINE], STONE, True, "desk-elsewhere"),
        (Role.VILLAGE, [], PINE, True, "desk-elsewhere"),
        (Role.BUREAU, [COUNTY], PINE, True, "account-has-no-desk"),
        (Role.SUPERVISOR, [COUNTY], PINE, True, "account-has-no-desk"),
        (Role.ADMIN, ["*"], PINE, True, "account-has-no-desk"),
    ],
)
def test_the_desk_of_an_account(
    role: Role, areas: list[str], case: AreaCode, known: bool, expected: Desk | str
) -> None:
    found: Desk | str
    try:
        found = desks.desk_of_account(role, Scope.parse(areas), case, known=known)
    except DomainError as error:
        found = error.code
    assert found == expected


def test_a_subject_is_the_household_where_it_is_known() -> None:
    known = checks.subject_of(Residence(ID, PINE), "key", BRIDGE)
    assert (known.key, known.household_id, known.area_code) == (str(ID), ID, PINE)
    unknown = checks.subject_of(None, "key", BRIDGE)
    assert (unknown.key, unknown.household_id, unknown.area_code) == ("key", None, "539921101000")


@pytest.mark.parametrize(
    ("window", "after", "joins"),
    [
        (Span(days=30), timedelta(days=30), True),  # whole days: the thirtieth counts to its end
        (Span(days=30), timedelta(days=31), False),
        (Span(days=0), hours(1), True),
        (Span(days=0), hours(24), False),
        (Span(hours=2), hours(1.99), True),
        (Span(hours=2), hours(2), False),
        (Span(hours=2), -timedelta(days=90), True),  # overtaken on its way
    ],
)
def test_merging(window: Span, after: timedelta, joins: bool) -> None:
    last = datetime(2026, 3, 2, 10, tzinfo=CHINA)
    case = OpenCase(ID, ID, "key", PINE, DUE, last)
    assert checks.joins(case, last + after, window) is joins


@pytest.mark.parametrize(
    ("feed", "severity", "days"),
    [
        ("education.absence", "low", 3),
        ("education.absence", "high", 1),
        ("medical.cost", "high", 1),
        ("medical.cost", "low", 5),
        ("water.supply", "medium", 7),
    ],
)
def test_the_first_rule_that_fits_gives_the_time(feed: str, severity: str, days: int) -> None:
    policy = TaskDeadline.model_validate(
        {
            "default": {"days": 7},
            "rules": [
                {"severity": "high", "due": {"days": 1}},
                {"feed": "education.absence", "due": {"days": 3}},
                {"feed": "medical.cost", "due": {"days": 5}},
            ],
        }
    )
    assert policy.span(feed, severity) == Span(days=days)


def test_the_deadline_itself_is_too_late() -> None:
    assert not is_overdue(DUE, DUE - timedelta(microseconds=1))
    assert is_overdue(DUE, DUE)


ESCALATION = TaskEscalation(to_township=Span(hours=48), to_county=Span(hours=120))


@pytest.mark.parametrize(
    ("level", "raised_to", "after", "expected"),
    [
        ("village", None, 47.9, None),
        ("village", None, 48, "township"),
        ("village", None, 500, "township"),  # one level at a time, however late
        ("village", "township", 119, None),
        ("village", "township", 120, "county"),
        ("village", "county", 500, None),
        ("township", None, 48, None),
        ("township", None, 120, "county"),
        ("county", None, 500, None),
    ],
)
def test_escalation(level: Level, raised_to: Level | None, after: float, expected: Level | None) -> None:
    assert raise_to(Waiting(level, raised_to, DUE), ESCALATION, DUE + hours(after)) == expected


@pytest.mark.parametrize(
    ("state", "allowed"), [("open", True), ("accepted", True), ("done", False), ("cancelled", False)]
)
def test_only_active_tasks_change(state: str, allowed: bool) -> None:
    if allowed:
        tasks.require_active(state)
    else:
        with pytest.raises(tasks.TaskAlreadyClosed):
            tasks.require_active(state)
