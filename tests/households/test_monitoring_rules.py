"""The national case, pure: the table of states, evidence, clocks, risks and classes."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import product
from typing import Any, get_args

import pytest

from services.households.rules.monitoring import clocks, moving, risks
from services.households.rules.monitoring.clocks import Pause, Standing, deadlines, last_day
from services.households.rules.monitoring.moving import Brought, Minutes
from services.households.rules.monitoring.refusals import DayOutOfOrder, MoveIllegal, MoveNotYours
from services.households.rules.monitoring.risks import Means, check_class
from services.households.rules.monitoring.states import (
    BY_FACT,
    ENDS,
    FINAL,
    HOLDERS,
    MOVES,
    STATES,
    Fact,
    find_move,
    moves_from,
)
from shared.clock import CHINA
from shared.contracts.case_policies import CaseClocks, Term
from shared.contracts.households import Level
from shared.contracts.monitoring import State
from shared.contracts.policies import FeedCalendar
from shared.errors import DomainError, InvalidInput
from tests.households.conftest import POLICIES

CLOCKS = CaseClocks.model_validate(POLICIES["case-clocks"])
LEVELS: tuple[Level, ...] = get_args(Level)

# Written out once more, by hand: source → where to and by whom (v village, t township, c county).
LEGAL = {
    "clue": "visit_check:vt dismissed:tc",
    "visit_check": "comparison:vt deliberation:tc dismissed:tc",
    "comparison": "deliberation:tc visit_check:tc dismissed:tc",
    "deliberation": "notice:vt dismissed:vt",
    "notice": "township_review:vt visit_check:vt",
    "township_review": "county_decision:t visit_check:t",
    "county_decision": "monitored:c visit_check:c dismissed:c",
    "monitored": "planned:vt",
    "planned": "observation:vt",
    "observation": "planned:vt elimination_check:vt",
    "elimination_check": "elimination_deliberation:vt observation:vt",
    "elimination_deliberation": "elimination_notice:vt observation:vt",
    "elimination_notice": "elimination_township:vt elimination_check:vt",
    "elimination_township": "elimination_county:t elimination_check:t",
    "elimination_county": "eliminated:c elimination_check:c",
    "eliminated": "tracking:vt monitored:c clue:vtc",
    "tracking": "monitored:c clue:vtc",
    "dismissed": "",
    "moved_away": "",
    "deceased": "",
}


def legal() -> dict[tuple[str, str], set[str]]:
    """Pair of states → who makes that move."""
    names = {"v": "village", "t": "township", "c": "county"}
    found = {}
    for source, line in LEGAL.items():
        gone = "" if source in FINAL else " moved_away:tc deceased:tc"
        for one in (line + gone).split():
            to, by = one.split(":")
            found[source, to] = {names[letter] for letter in by}
    return found


EXPECTED = legal()


@pytest.mark.parametrize(("source", "to"), list(product(STATES, STATES)))
def test_each_legal_and_each_illegal_move(source: State, to: State) -> None:
    for level in LEVELS:
        if (source, to) not in EXPECTED:
            with pytest.raises(MoveIllegal):
                moving.require_move(source, to, level)
        elif level not in EXPECTED[source, to]:
            with pytest.raises(MoveNotYours):
                moving.require_move(source, to, level)
        else:
            assert moving.require_move(source, to, level).to == to
    if (source, to) in EXPECTED:
        with pytest.raises(MoveNotYours):
            moving.require_move(source, to, None)


def test_the_table_has_each_pair_once_and_a_holder_for_each_state_that_is_not_final() -> None:
    pairs = [(move.source, move.to) for move in MOVES]
    assert len(pairs) == len(set(pairs)) == len(EXPECTED)
    assert set(HOLDERS) == set(STATES) - set(FINAL)


def reachable(without: str) -> set[str]:
    """States to which moves lead from a clue while none leads through one of them."""
    found, todo = {"clue"}, ["clue"]
    while todo:
        for move in moves_from(todo.pop()):  # type: ignore[arg-type]
            if move.to not in found and move.to != without:
                found.add(move.to)
                todo.append(move.to)
    return found


@pytest.mark.parametrize(
    "step",
    [
        *("visit_check", "deliberation", "notice", "township_review", "county_decision", "monitored", "planned"),
        *("observation", "elimination_check", "elimination_deliberation", "elimination_notice"),
        *("elimination_township", "elimination_county"),
    ],
)
def test_no_way_leads_round_a_step(step: str) -> None:
    assert "eliminated" in reachable("nothing")
    assert "eliminated" not in reachable(step)


# Likewise: the fact, and from where to where; what is not named stays where it is.
BY_ITSELF = {
    "carried": {"visit_check": "comparison deliberation notice township_review county_decision"},
    "joined": {"visit_check": "comparison deliberation notice township_review county_decision"},
    "renumbered": {"visit_check": "comparison deliberation notice township_review county_decision"},
    "divided": {"visit_check": "comparison deliberation notice township_review county_decision"},
    "moved": {
        "visit_check": "township_review county_decision",
        "elimination_check": "elimination_township elimination_county",
    },
}
LOOKED_AT = ("carried", "joined", "renumbered", "divided")
CHECKED = "elimination_check elimination_deliberation elimination_notice elimination_township elimination_county"


@pytest.mark.parametrize("fact", BY_ITSELF)
def test_what_a_fact_makes_of_a_case(fact: Fact) -> None:
    wanted = {source: to for to, sources in BY_ITSELF[fact].items() for source in sources.split()}
    wanted |= dict.fromkeys(CHECKED.split(), "observation") if fact in LOOKED_AT else {}
    assert {move.source: move.to for move in BY_FACT[fact] if move.source != move.to} == wanted
    assert len({move.source for move in BY_FACT[fact]}) == len(BY_FACT[fact]), "one way each"
    stays = {move.source for move in BY_FACT[fact] if move.source == move.to}
    open_ = {state for state in STATES if state not in FINAL}
    at_home = open_ - wanted.keys() - ({"eliminated", "tracking"} if fact == "divided" else set())
    assert stays == (at_home if fact in ("carried", "divided") else set())


def test_no_fact_but_a_mistake_leads_nearer_to_a_decision() -> None:
    """Who was said to be gone, and was not, stands where they stood: nowhere else."""
    ends = {(move.source, move.to) for move in BY_FACT["emptied"]}
    assert ends == {(move.source, move.to) for move in MOVES if move.to in ENDS.values()}
    assert {(move.to, move.source) for move in BY_FACT["restored"]} == ends
    for fact in BY_FACT.keys() - {"emptied", "restored"}:
        assert all(STATES.index(move.to) <= STATES.index(move.source) for move in BY_FACT[fact]), fact


def test_the_bureaus_are_asked_before_the_village_decides_either_way() -> None:
    """Comparison is a state of its own, or goes on beside the visit: then the one move needs both."""
    for move in MOVES:
        if move.to == "deliberation":
            assert "comparison" in move.needs
    both = find_move("visit_check", "deliberation")
    assert both is not None
    assert set(both.needs) == {"visit", "signature", "comparison"}


DAY = date(2026, 3, 10)


def minutes(votes_for: int, against: int) -> Minutes:
    return Minutes(DAY, 40, votes_for, against, 0, "评议")


@pytest.mark.parametrize(
    ("source", "to", "brought", "missing"),
    [
        ("visit_check", "comparison", Brought(), ["case-needs-visit", "case-needs-signature"]),
        ("visit_check", "comparison", Brought(visited_on=DAY, signed_on=DAY), []),
        ("visit_check", "deliberation", Brought(visited_on=DAY, signed_on=DAY), ["case-needs-comparison"]),
        ("comparison", "deliberation", Brought(compared_on=DAY), []),
        ("comparison", "deliberation", Brought(compared_on=DAY + timedelta(days=1)), ["case-evidence-later"]),
        ("deliberation", "notice", Brought(), ["case-needs-vote-for"]),
        ("deliberation", "notice", Brought(minutes=minutes(20, 20)), ["case-needs-vote-for"]),
        ("deliberation", "notice", Brought(minutes=minutes(21, 19)), []),
        ("deliberation", "dismissed", Brought(minutes=minutes(21, 19)), ["case-needs-vote-against"]),
        ("deliberation", "dismissed", Brought(minutes=minutes(19, 21)), []),
        ("elimination_deliberation", "elimination_notice", Brought(minutes=minutes(0, 1)), ["case-needs-vote-for"]),
        ("township_review", "visit_check", Brought(), ["case-needs-note"]),
        ("township_review", "visit_check", Brought(note="材料不全"), []),
        ("elimination_check", "elimination_deliberation", Brought(visited_on=DAY), ["case-needs-way"]),
        ("eliminated", "tracking", Brought(note="?"), ["case-needs-contact"]),
        ("eliminated", "clue", Brought(), ["case-needs-note"]),
        ("tracking", "moved_away", Brought(), ["case-needs-note"]),
    ],
)
def test_evidence(source: State, to: State, brought: Brought, missing: list[str]) -> None:
    move = find_move(source, to)
    assert move is not None
    try:
        moving.require_evidence(move, brought, DAY, DAY - timedelta(days=30))
        found = []
    except InvalidInput as error:
        found = [fault.code for fault in error.faults]
    assert found == missing


@pytest.mark.parametrize(("days", "allowed"), [(-1, False), (0, True), (9, True), (10, False)])
def test_no_history_is_written_backwards_or_ahead(days: int, allowed: bool) -> None:
    since, today = DAY, DAY + timedelta(days=9)
    if allowed:
        moving.require_order(since + timedelta(days=days), since, today)
    else:
        with pytest.raises(DayOutOfOrder):
            moving.require_order(since + timedelta(days=days), since, today)


# 2026: New Year's days off are 1 to 3 January, the 4th (a Sunday) is worked; National Day is 1 to 7 October.
PLAIN = FeedCalendar()
NOTICE_2027 = FeedCalendar.model_validate(
    {"holidays": [{"first": "2027-02-05", "last": "2027-02-11"}], "working_days": ["2027-02-14"]}
)


@pytest.mark.parametrize(
    ("day", "calendar", "works"),
    [
        ("2026-03-09", PLAIN, True),
        ("2026-03-07", PLAIN, False),  # a Saturday
        ("2026-01-02", PLAIN, False),  # a Friday off, as the State Council said
        ("2026-01-04", PLAIN, True),  # a Sunday worked for it
        ("2026-10-05", PLAIN, False),
        ("2027-02-08", PLAIN, True),  # a Monday of a year that the library does not know yet
        ("2027-02-08", NOTICE_2027, False),
        ("2027-02-14", NOTICE_2027, True),
        ("2027-02-13", NOTICE_2027, False),
        ("2026-10-05", FeedCalendar(working_days=[date(2026, 10, 5)]), True),  # the county's own word counts first
        ("2026-03-08", FeedCalendar(weekend=[5, 6]), True),
    ],
)
def test_working_days(day: str, calendar: FeedCalendar, works: bool) -> None:
    assert clocks.is_working_day(date.fromisoformat(day), calendar) is works


@pytest.mark.parametrize(
    ("start", "term", "pauses", "last"),
    [
        ("2026-03-10", {"days": 3}, [], "2026-03-13"),
        ("2026-03-10", {"days": 0}, [], "2026-03-10"),
        ("2026-03-05", {"working_days": 3}, [], "2026-03-10"),  # Thursday: Friday, Monday, Tuesday
        ("2026-09-29", {"working_days": 3}, [], "2026-10-09"),  # over National Day
        ("2026-03-10", {"days": 3}, [("2026-03-11", "2026-03-15")], "2026-03-18"),
        ("2026-03-10", {"days": 3}, [("2026-03-14", "2026-03-15")], "2026-03-13"),  # too late to matter
        ("2026-03-10", {"days": 3}, [("2026-03-11", "2026-03-10")], "2026-03-13"),  # taken back on its first day
        ("2026-03-05", {"working_days": 2}, [("2026-03-06", "2026-03-07")], "2026-03-10"),
        ("2026-01-31", {"months": 1}, [], "2026-02-28"),
        ("2026-03-10", {"months": 1}, [("2026-03-20", "2026-03-24")], "2026-04-15"),
    ],
)
def test_the_last_day_of_a_term(start: str, term: dict[str, int], pauses: list[tuple[str, str]], last: str) -> None:
    spans = [Pause(date.fromisoformat(first), date.fromisoformat(end)) for first, end in pauses]
    found = last_day(date.fromisoformat(start), Term.model_validate(term), PLAIN, spans)
    assert found == date.fromisoformat(last)


def test_a_calendar_without_working_days_ends() -> None:
    endless = FeedCalendar.model_validate({"holidays": [{"first": "2000-01-01", "last": "2100-01-01"}]})
    assert last_day(DAY, Term(working_days=3), endless) == DAY + clocks.LONGEST


@pytest.mark.parametrize("term", [{}, {"days": 1, "months": 1}, {"working_days": 0}])
def test_a_term_is_one_thing(term: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="days"):
        Term.model_validate(term)


def standing(state: State, **more: Any) -> Standing:
    return Standing(state, DAY, more.pop("since", DAY), **more)


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (standing("clue"), [("state", 2), ("decision", 15)]),
        (standing("county_decision", since=DAY + timedelta(days=14)), [("decision", 15), ("state", 17)]),
        (standing("monitored", measure_from=DAY), [("state", 10), ("measure", 31)]),
        (standing("planned", since=DAY + timedelta(days=9), measure_from=DAY), [("measure", 31)]),
        (standing("observation", identified_on=DAY), []),
        (standing("visit_check", fast_lane_on=DAY), [("papers", 30)]),  # nothing else nags
        (standing("monitored", measure_from=DAY, fast_lane_on=DAY), [("state", 10), ("measure", 31)]),
        (standing("dismissed"), []),
        (standing("clue", pauses=[Pause(DAY, DAY + timedelta(days=4))]), [("state", 6), ("decision", 19)]),
    ],
)
def test_which_clocks_run(case: Standing, expected: list[tuple[str, int]]) -> None:
    found = [(one.clock, (one.last - DAY).days) for one in deadlines(case, CLOCKS, PLAIN)]
    assert found == expected


def test_a_warning_comes_a_day_before_and_the_deadline_is_the_first_moment_too_late() -> None:
    nearest = deadlines(standing("visit_check"), CLOCKS, PLAIN)[0]
    assert nearest.due_at == datetime(2026, 3, 14, tzinfo=CHINA)
    assert nearest.warn_at(1) == datetime(2026, 3, 12, tzinfo=CHINA)


@pytest.mark.parametrize(
    ("main", "chosen", "remark", "code"),
    [
        ("01", ["01"], None, None),
        ("01", ["09", "01"], None, None),
        ("01", ["09"], None, "case-risks-invalid"),
        ("01", ["01", "01"], None, "case-risks-invalid"),
        ("01", ["01", "03", "04", "05", "06", "07"], None, "case-risks-invalid"),
        ("99", ["99"], None, "case-remark-required"),
        ("01", ["01", "99"], "  ", "case-remark-required"),
        ("99", ["99"], "债务纠纷", None),
    ],
)
def test_risks(main: str, chosen: list[str], remark: str | None, code: str | None) -> None:
    try:
        risks.require_risks(main, chosen, remark)
        found = None
    except DomainError as error:
        found = error.code
    assert found == code


@pytest.mark.parametrize(
    ("main", "there", "added", "expected"),
    [
        (None, [], "01", ("01", ["01"])),
        ("01", ["01"], "09", ("01", ["01", "09"])),
        ("01", ["01"], "01", ("01", ["01"])),
        ("01", ["01"], None, ("01", ["01"])),
        ("0201", ["0201"], "0299", ("0201", ["0201"])),
        ("01", ["01", "03", "04", "05", "06"], "09", ("01", ["01", "03", "04", "05", "06"])),
    ],
)
def test_one_more_risk(main: str | None, there: list[str], added: str | None, expected: object) -> None:
    assert risks.with_risk(main, there, added) == expected


@pytest.mark.parametrize(
    ("wanted", "household_class", "income", "against", "unknown"),
    [
        ("unstable", "lifted_out", 7000, [], []),
        ("unstable", "ordinary", 7000, ["case-class-not-unstable"], []),
        ("edge", "ordinary", 7000, [], []),
        ("edge", "lifted_out", 9000, ["case-class-not-edge", "case-class-above-line"], []),
        ("edge", "ordinary", 8700, ["case-class-above-line"], []),  # below the line means below
        ("sudden", "lifted_out", 8700, [], []),
        ("sudden", "ordinary", 7000, ["case-class-below-line"], []),
        ("edge", "ordinary", None, [], ["case-class-income-unknown"]),
        ("edge", "monitored", None, [], ["case-class-origin-unknown", "case-class-income-unknown"]),
        ("sudden", "monitored", 9000, [], []),
    ],
)
def test_classes(wanted: Any, household_class: str, income: int | None, against: object, unknown: object) -> None:
    means = Means(household_class, None if income is None else Decimal(income), Decimal(8700))
    assert check_class(wanted, means) == (against, unknown)
