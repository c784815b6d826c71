"""Placements, calls, subsidies and the move-up queue without a database: every pair of states, every day at a border."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import product
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.jobs.rules import placement_stay as stay
from services.jobs.rules.move_up import AtWork, urgency_of
from services.jobs.rules.placement_refusals import (
    PlacementDayOutOfOrder,
    PlacementMoveIllegal,
    StayCheckDay,
    SubsidyNotDue,
    SubsidyTooHigh,
    WageProofMissing,
)
from services.jobs.rules.placement_states import (
    BEGUN,
    BOUND,
    FINAL,
    MOVES,
    STATES,
    Move,
    due_on,
    moves_from,
    require_brought,
    require_move,
    require_order,
)
from services.jobs.rules.placement_stay import Call, first_call, next_call, share
from services.jobs.rules.subsidies import Worker, distance, due, fits, require_claim, whole_months
from shared.contracts.jobs_placement_policies import LabourSubsidies, MoveUp, PlacementClocks, StayCalls, SubsidyRule
from shared.errors import InvalidInput

TODAY = date(2026, 11, 27)
LEGAL = {
    ("referred", "offered"): {"hand"},
    ("offered", "accepted"): {"hand"},
    ("accepted", "placed"): {"hand", "trip"},
    ("placed", "arrived"): {"hand"},
    ("referred", "refused"): {"hand", "other_post", "underage"},
    ("offered", "refused"): {"hand", "other_post", "underage"},
    ("accepted", "refused"): {"hand", "underage"},
    ("placed", "ended"): {"hand", "underage"},
    ("arrived", "ended"): {"hand", "stay_check", "moved_on", "underage"},
}
CAUSES = ("hand", "trip", "other_post", "stay_check", "moved_on", "underage")


@pytest.mark.parametrize(("source", "to"), list(product(STATES, STATES)))
def test_every_pair_of_states(source: str, to: str) -> None:
    for cause in CAUSES:
        if cause in LEGAL.get((source, to), ()):
            assert require_move(source, to, cause).to == to  # type: ignore[arg-type]
        else:
            with pytest.raises(PlacementMoveIllegal):
                require_move(source, to, cause)  # type: ignore[arg-type]


def test_the_table_holds_each_pair_once_and_final_states_are_final() -> None:
    pairs = [(move.source, move.to) for move in MOVES]
    assert sorted(pairs) == sorted(LEGAL)
    assert [moves_from(state) for state in FINAL] == [[], []]


@given(st.lists(st.integers(0, 9), max_size=12))
def test_every_walk_keeps_the_order_and_ends(choices: list[int]) -> None:
    """Nobody arrives who has not accepted and been placed; every walk is over after at most five moves."""
    state, walked = BEGUN, [BEGUN]
    for choice in choices:
        if not (moves := moves_from(state)):
            break
        state = moves[choice % len(moves)].to
        walked.append(state)
    assert len(walked) <= 6
    assert len(set(walked)) == len(walked)
    if "arrived" in walked:
        assert walked[: walked.index("arrived")] == ["referred", "offered", *BOUND]
    if len(choices) >= 5:
        assert walked[-1] in FINAL


@pytest.mark.parametrize(
    ("move", "reason", "wage", "codes"),
    [
        (("offered", "accepted"), None, None, ["placement-needs-wage"]),
        (("offered", "accepted"), None, 5000, []),
        (("offered", "refused"), None, None, ["placement-needs-reason"]),
        (("offered", "refused"), "too_far", None, []),
        (("referred", "offered"), "too_far", None, ["placement-reason-without-need"]),
        (("placed", "arrived"), "too_far", None, ["placement-needs-wage", "placement-reason-without-need"]),
        (("accepted", "placed"), None, 5000, []),
    ],
)
def test_what_a_move_brings(move: tuple[str, str], reason: str | None, wage: int | None, codes: list[str]) -> None:
    found: Move = require_move(*move, "hand")  # type: ignore[arg-type]
    if not codes:
        require_brought(found, reason=reason, wage=wage)
        return
    with pytest.raises(InvalidInput) as caught:
        require_brought(found, reason=reason, wage=wage)
    assert [fault.code for fault in caught.value.faults] == codes


@pytest.mark.parametrize(("days", "right"), [(-1, False), (0, True), (3, True), (4, False)])
def test_days_of_moves(days: int, right: bool) -> None:
    since = TODAY - timedelta(days=3)
    if right:
        require_order(since + timedelta(days=days), since, TODAY)
    else:
        with pytest.raises(PlacementDayOutOfOrder):
            require_order(since + timedelta(days=days), since, TODAY)


CALLS = StayCalls(answer_days=7, again_days=3, tries=3)
CLOCKS = PlacementClocks(states={"referred": 7, "placed": 10}, stay=CALLS)


def test_clocks_of_states() -> None:
    assert due_on("referred", TODAY, CLOCKS) == date(2026, 12, 4)
    assert due_on("offered", TODAY, CLOCKS) is None
    assert due_on("arrived", TODAY, CLOCKS) is None


@pytest.mark.parametrize(
    ("ago", "mark", "on"),
    [
        (0, 30, 30),
        (30, 30, 30),
        (89, 30, 30),
        (90, 90, 90),
        (179, 90, 90),
        (180, 180, 180),
        (500, 180, 180),
    ],
)
def test_the_first_call(ago: int, mark: int, on: int) -> None:
    arrived = TODAY - timedelta(days=ago)
    assert first_call(arrived, TODAY) == Call(mark, arrived + timedelta(days=on))


ARRIVED = TODAY - timedelta(days=30)


@pytest.mark.parametrize(
    ("call", "outcome", "today", "following"),
    [
        (Call(30, TODAY), "same_post", 30, Call(90, ARRIVED + timedelta(days=90))),
        (Call(30, TODAY), "better_post", 89, Call(90, ARRIVED + timedelta(days=90))),
        (Call(30, TODAY), "same_post", 185, Call(180, ARRIVED + timedelta(days=180))),
        (Call(180, TODAY), "same_post", 185, None),
        (Call(30, TODAY), "other_employer", 30, None),
        (Call(30, TODAY), "home_without_work", 30, None),
        (Call(30, TODAY), "not_reached", 30, Call(30, ARRIVED + timedelta(days=33), 2)),
        (Call(30, TODAY, 3), "not_reached", 36, Call(90, ARRIVED + timedelta(days=90))),
        (Call(30, TODAY), "not_reached", 87, Call(90, ARRIVED + timedelta(days=90))),
        (Call(180, TODAY, 2), "not_reached", 200, Call(180, ARRIVED + timedelta(days=203), 3)),
        (Call(180, TODAY, 3), "not_reached", 203, None),
    ],
)
def test_the_call_that_follows(call: Call, outcome: stay.Outcome, today: int, following: Call | None) -> None:
    assert next_call(call, outcome, ARRIVED, ARRIVED + timedelta(days=today), CALLS) == following


@given(st.integers(0, 400), st.lists(st.sampled_from(get_args(stay.Outcome)), max_size=20), st.integers(0, 40))
def test_calls_come_to_an_end(ago: int, outcomes: list[stay.Outcome], late: int) -> None:
    """Marks never go back, tries never exceed the policy, no call lies before its day, nine calls at most."""
    arrived, today, made = TODAY - timedelta(days=ago), TODAY, 0
    call = first_call(arrived, today)
    for outcome in outcomes:
        if call is None:
            break
        made += 1
        today = max(today, call.on) + timedelta(days=late)
        following = next_call(call, outcome, arrived, today, CALLS)
        if following is not None:
            assert following.mark >= call.mark
            assert following.attempt <= CALLS.tries
            assert following.on >= arrived + timedelta(days=following.mark)
            assert following != call
        call = following
    assert made <= len(stay.MARKS) * CALLS.tries


def test_days_and_meaning_of_answers() -> None:
    assert [stay.ends(outcome) for outcome in get_args(stay.Outcome)] == [
        *(None, None, "other_employer", "home_without_work", None)
    ]
    stay.require_day(TODAY, TODAY, TODAY)
    for day in (TODAY - timedelta(days=1), TODAY + timedelta(days=1)):
        with pytest.raises(StayCheckDay):
            stay.require_day(day, TODAY, TODAY)
    assert (share(3, 4), share(0, 0)) == (0.75, None)


@pytest.mark.parametrize(
    ("work", "far"),
    [
        ("441900", "outside"),
        ("abroad", "outside"),
        ("530100000000", "province"),
        ("539922", "province"),
        ("539921", "county"),
        ("539921101200", "county"),
    ],
)
def test_distance(work: str, far: str) -> None:
    assert distance("539921100200", work) == far


@pytest.mark.parametrize(
    ("start", "today", "months"),
    [
        ("2026-08-27", "2026-11-26", 3),
        ("2026-08-27", "2026-11-25", 2),
        ("2026-08-28", "2026-11-27", 3),
        ("2026-08-29", "2026-11-27", 2),
        ("2026-01-31", "2026-02-27", 1),
        ("2026-01-31", "2026-02-26", 0),
        ("2025-11-30", "2026-02-27", 3),
        ("2026-11-27", "2026-11-27", 0),
        ("2024-02-29", "2025-02-27", 12),
    ],
)
def test_whole_months(start: str, today: str, months: int) -> None:
    assert whole_months(date.fromisoformat(start), date.fromisoformat(today)) == months


RULES = LabourSubsidies.model_validate(
    {
        "rules": [
            {"code": "far", "kind": "transport", "distance": "outside", "months": 3, "most": 1000},
            {"code": "near", "kind": "transport", "distance": "province", "months": 3, "most": 500},
            {
                "code": "steady",
                "kind": "stay",
                "distance": "outside",
                "months": 6,
                "classes": ["monitored"],
                "most": 600,
            },
            {"code": "course", "kind": "training", "most": 300, "wage_proof": False},
        ]
    }
)
HOME = "539921100200"


@pytest.mark.parametrize(
    ("worker", "codes"),
    [
        (Worker(HOME, "ordinary", "441900", date(2026, 8, 1)), ["far"]),
        (Worker(HOME, "monitored", "441900", date(2026, 8, 1)), ["far"]),
        (Worker(HOME, "monitored", "441900", date(2026, 5, 1)), ["far", "steady"]),
        (Worker(HOME, "ordinary", "441900", date(2026, 5, 1)), ["far"]),
        (Worker(HOME, "ordinary", "539922", date(2026, 8, 28)), ["near"]),
        (Worker(HOME, "ordinary", "539922", date(2026, 8, 29)), []),
        (Worker(HOME, "ordinary", "539921", date(2020, 1, 1)), []),
        (Worker(HOME, "ordinary", None, None), []),
        (Worker(HOME, "ordinary", "441900", None), []),
        (Worker(HOME, "ordinary", None, None, Decimal(80)), ["course"]),
        (Worker(HOME, "ordinary", None, None, Decimal(0)), []),
    ],
)
def test_who_qualifies(worker: Worker, codes: list[str]) -> None:
    assert [one.rule.code for one in due(RULES.rules, worker, TODAY)] == codes


def test_a_claim_keeps_to_the_policy() -> None:
    worker = Worker(HOME, "ordinary", "441900", date(2026, 8, 1))
    assert require_claim(RULES, "far", worker, Decimal(1000), TODAY, proven=True).code == "far"
    for code, amount, proven, error in (
        ("near", 500, True, SubsidyNotDue),
        ("nothing", 500, True, SubsidyNotDue),
        ("far", 1001, True, SubsidyTooHigh),
        ("far", 1000, False, WageProofMissing),
    ):
        with pytest.raises(error):
            require_claim(RULES, code, worker, Decimal(amount), TODAY, proven=proven)
    trained = Worker(HOME, "ordinary", None, None, Decimal(240))
    assert [one.most for one in due(RULES.rules, trained, TODAY)] == [240]  # less than the 300 there are at most
    with pytest.raises(SubsidyTooHigh):
        require_claim(RULES, "course", trained, Decimal(241), TODAY, proven=False)


def test_rules_that_make_no_sense_are_refused() -> None:
    far = {"code": "far", "kind": "transport", "distance": "outside", "most": 1000}
    for wrong in (
        [far, far],
        [{**far, "distance": None}],
        [{**far, "kind": "training"}],
        [{**far, "most": 0}],
        [{"code": "c", "kind": "training", "most": 1, "months": 3}],
    ):
        with pytest.raises(ValidationError):
            LabourSubsidies.model_validate({"rules": wrong})
    assert fits(SubsidyRule.model_validate(far), Worker(HOME, "ordinary", "44", TODAY), TODAY)


MOVE_UP = MoveUp.model_validate(
    {
        "kinds": ["odd", "strength"],
        "wage_line": 3000,
        "median_percent": 80,
        "median_people": 5,
        "weights": {"odd": 30, "strength": 15, "below_line": 40, "below_median": 20, "wants_change": 25},
    }
)


@pytest.mark.parametrize(
    ("work", "urgency", "reasons"),
    [
        (AtWork("skilled", Decimal(6000), False), 0, ()),
        (AtWork(None, None, False), 0, ()),
        (AtWork("odd", None, False), 30, ("odd",)),
        (AtWork("strength", Decimal(3000), False), 15, ("strength",)),
        (AtWork("skilled", Decimal("2999.99"), False), 1, ("below_line",)),
        (AtWork("skilled", Decimal(1500), False), 20, ("below_line",)),
        (AtWork("skilled", Decimal(0), True), 65, ("below_line", "wants_change")),
        (AtWork("skilled", Decimal(4000), False, Decimal(6000), 5), 4, ("below_median",)),
        (AtWork("skilled", Decimal(4800), False, Decimal(6000), 5), 0, ()),
        (AtWork("skilled", Decimal(4000), False, Decimal(6000), 4), 0, ()),
        (AtWork("odd", Decimal(1500), True), 75, ("odd", "below_line", "wants_change")),
    ],
)
def test_who_should_move_up(work: AtWork, urgency: int, reasons: tuple[str, ...]) -> None:
    found = urgency_of(work, MOVE_UP)
    assert (found.points, found.reasons) == (urgency, reasons)


@given(st.decimals(0, 9000, places=2), st.decimals(0, 9000, places=2))
def test_who_earns_less_is_never_less_urgent(one: Decimal, other: Decimal) -> None:
    low, high = sorted([one, other])
    urgency = [urgency_of(AtWork("odd", wage, False, Decimal(6000), 9), MOVE_UP).points for wage in (low, high)]
    assert urgency[0] >= urgency[1]
