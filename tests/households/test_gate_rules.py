"""The gates, pure: each condition alone, and that nothing passes while anything is missing."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

import services.households
from services.directory.rules.policies import check_body
from services.households.rules import gates
from services.households.rules.gate_facts import (
    EliminationFacts,
    GateFacts,
    HelpMeasure,
    IncomeFacts,
    Terms,
    Ticket,
    Vote,
)
from services.households.rules.gates import GATES
from services.households.rules.monitoring.states import MOVES
from services.households.rules.months import add_months
from services.households.rules.notices import NoticeRun
from services.households.rules.rounds import Step, brought_visits, vote_of
from shared.clock import utc_now
from shared.contracts.case_policies import CaseClocks
from shared.contracts.gate_policies import AssetComparison, GateTerms, MeasureFit
from shared.errors import InvalidInput
from shared.messages import Catalogue
from tests.shipped import DEFAULTS

ON = date(2026, 11, 2)
TERMS = Terms(
    GateTerms.model_validate(DEFAULTS["gate-terms"]),
    MeasureFit.model_validate(DEFAULTS["measure-fit"]),
    AssetComparison.model_validate(DEFAULTS["asset-comparison"]),
    notice_days=DEFAULTS["case-clocks"]["notice_days"],
    monitored_months=DEFAULTS["case-clocks"]["monitored_months"],
)
AID = HelpMeasure("01", "health", "health.aid", "delivered", date(2026, 5, 1))
WORK = HelpMeasure("07", "employment", "employment.export", "delivered", date(2026, 6, 1))
TICKETS = tuple(Ticket(kind, date(2026, 4, 10), True) for kind in TERMS.comparison.required)
CHECK = EliminationFacts(date(2026, 10, 20), income_stable=True, spending_solved=True, manner="helped", contact=True)
INCOME = IncomeFacts(Decimal(9000), Decimal(8700), Decimal(30000), Decimal(9000), date(2026, 9, 30))
GOOD = GateFacts(
    monitoring_class="unstable",
    main_risk="01",
    risks=("01", "07"),
    identified_on=date(2026, 5, 2),
    visited=True,
    authorised=True,
    vote=Vote(17, 9),
    notice=NoticeRun(date(2026, 10, 20), date(2026, 10, 25)),
    tickets=TICKETS,
    adults=2,
    measures=(AID, WORK),
    able=1,
    weak=1,
    income=INCOME,
    check=CHECK,
    schooling=True,
    medical=True,
    housing=True,
    water=True,
    dwelling_level="B",
)
"""A household that may pass every gate."""


def unmet(to: str, facts: GateFacts, on: date = ON) -> list[str]:
    return [one.code.removeprefix("unmet-") for one in gates.unmet(to, facts, TERMS, on)]


@pytest.mark.parametrize("state", sorted(GATES))
def test_who_has_everything_passes(state: str) -> None:
    assert unmet(state, GOOD) == []


@pytest.mark.parametrize("state", sorted(GATES))
def test_who_has_nothing_is_told_everything_at_once(state: str) -> None:
    assert unmet(state, GateFacts())
    # What a shortfall asks for, and what counts people, is fine while nobody is known; the rest is not.
    fine = {
        *("comparison-asked", "comparison-answered", "objections", "objection-upheld", "developmental"),
        *("allowance-alone", "gap-schooling", "gap-uninsured", "open-checks", "out-of-school", "uninsured", "dwelling"),
        *("quorum", "assured-held", "labour-held", "new-evidence"),
    }
    assert {one.code for one in gates.conditions(state, GateFacts(), TERMS, ON) if one.met} <= fine


IDENTIFICATION: list[tuple[str, dict[str, Any]]] = [
    ("class", {"monitoring_class": None}),
    ("main-risk", {"main_risk": None}),
    ("main-risk", {"main_risk": "03"}),  # not among its risks
    ("visit", {"visited": False}),
    ("authorisation", {"authorised": False}),
    ("comparison-asked", {"tickets": TICKETS[1:]}),
    ("comparison-asked", {"asked_in_part": frozenset({"vehicle"})}),
    ("comparison-answered", {"tickets": (*TICKETS[1:], Ticket("vehicle", ON, False))}),
    ("votes", {"vote": None}),
    ("votes", {"vote": Vote(18, 9)}),  # half is no majority
    ("votes", {"vote": Vote(17, 4)}),
    ("quorum", {"vote": Vote(9, 9)}),
    ("notice", {"notice": None}),
    ("notice", {"notice": NoticeRun(date(2026, 10, 20), None)}),  # nobody proved its end
    ("notice", {"notice": NoticeRun(date(2026, 10, 20), date(2026, 10, 24))}),
    ("notice", {"notice": NoticeRun(date(2026, 10, 29), date(2026, 11, 3))}),  # it has not ended yet
    ("notice", {"notice": NoticeRun(date(2026, 9, 1), date(2026, 10, 2))}),  # taken down too late to be believed
    ("objections", {"notice": NoticeRun(date(2026, 10, 20), date(2026, 10, 25), open_objections=1)}),
    ("objection-upheld", {"notice": NoticeRun(date(2026, 10, 20), date(2026, 10, 25), upheld=1)}),
]
ELIMINATION: list[tuple[str, dict[str, Any]]] = [
    ("visit", {"visited": False}),
    *IDENTIFICATION[8:],
    ("months", {"identified_on": date(2026, 5, 3)}),  # one day short
    ("months", {"identified_on": None}),
    ("labour", {"able": 0, "weak": 0}),
    ("labour", {"no_labour_covered": True}),
    ("labour-held", {"labour_since": ON - timedelta(days=29)}),  # borrowed
    ("open-checks", {"open_checks": 1}),
    ("open-checks", {"waiting": 1}),
    ("measure-delivered", {"measures": (AID,)}),  # nothing against unstable work
    ("measure-delivered", {"measures": (AID, replace(WORK, state="planned", delivered_on=None))}),
    ("measure-delivered", {"measures": (AID, replace(WORK, state="withdrawn"))}),
    ("measure-delivered", {"measures": (AID, replace(WORK, kind="health"))}),  # does not fit
    ("measure-delivered", {"measures": (AID, replace(WORK, delivered_on=ON + timedelta(days=1)))}),
    ("measure-delivered", {"measures": (AID,), "check": replace(CHECK, manner="natural")}),  # no policy allows that
    ("income-known", {"income": replace(INCOME, year_ended_on=date(2026, 8, 1))}),
    ("income-line", {"income": replace(INCOME, reference_per_head=Decimal(8700))}),  # over it, not at it
    ("income-stable", {"check": replace(CHECK, income_stable=False)}),
    ("spending", {"check": replace(CHECK, spending_solved=False)}),
    ("spending", {"income": replace(INCOME, rigid_spending=Decimal(15001))}),  # the books say otherwise
    ("schooling", {"schooling": False}),
    ("schooling", {"schooling": None}),
    ("out-of-school", {"out_of_school": 1}),
    ("out-of-school", {"back_at_school": 1}),  # back counts while the checks hold
    ("medical", {"medical": None}),
    ("uninsured", {"uninsured": 1}),
    ("housing", {"housing": False}),
    ("dwelling", {"dwelling_level": "D"}),
    ("dwelling", {"dwelling_level": "C", "only_home": True}),
    ("water", {"water": False}),
    ("assured-held", {"assured_since": ON - timedelta(days=29)}),  # a month, not a moment
    ("elimination-check", {"check": replace(CHECK, checked_on=ON - timedelta(days=61))}),
    ("elimination-check", {"check": replace(CHECK, checked_on=ON + timedelta(days=1))}),
    ("new-evidence", {"new_evidence": 1}),
    ("contact", {"check": replace(CHECK, contact=False)}),
]


@pytest.mark.parametrize(("code", "missing"), IDENTIFICATION)
def test_to_be_monitored(code: str, missing: dict[str, Any]) -> None:
    assert unmet("monitored", replace(GOOD, **missing)) == [code]


@pytest.mark.parametrize(("code", "missing"), ELIMINATION)
def test_to_be_eliminated(code: str, missing: dict[str, Any]) -> None:
    assert unmet("eliminated", replace(GOOD, **missing)) == [code]


PLANS: list[tuple[list[str], dict[str, Any]]] = [
    ([], {"measures": (replace(AID, state="planned"), replace(WORK, state="planned"))}),
    (["main-risk"], {"risks": ()}),
    (["measure-planned"], {"measures": (WORK,)}),
    (["measure-planned"], {"measures": (WORK, replace(AID, state="failed"))}),
    (["developmental"], {"risks": ("01",), "measures": (AID,)}),
    (
        ["measure-planned", "developmental", "allowance-alone"],
        {"risks": ("01",), "measures": (HelpMeasure("01", "security", None, "planned", None),)},
    ),
    (
        ["developmental", "allowance-alone"],
        {"risks": ("03",), "measures": (HelpMeasure("03", "security", "security.disability", "planned", None),)},
    ),
    ([], {"risks": ("03",), "measures": (HelpMeasure("03", "security", None, "planned", None),), "able": 0, "weak": 0}),
    (["developmental"], {"measures": (AID, replace(WORK, sub_kind="employment.training"))}),  # training alone
    (["gap-schooling"], {"schooling": False}),
    (["gap-schooling"], {"out_of_school": 1}),
    (
        [],
        {"out_of_school": 1, "measures": (AID, WORK, HelpMeasure("09", "compulsory_education", None, "planned", None))},
    ),
    ([], {"uninsured": 1}),  # the aid to health answers it
    (["gap-uninsured"], {"risks": ("07",), "uninsured": 1, "measures": (WORK,)}),
]


@pytest.mark.parametrize(("codes", "given_facts"), PLANS)
def test_to_be_planned(codes: list[str], given_facts: dict[str, Any]) -> None:
    assert unmet("planned", replace(GOOD, **given_facts)) == codes


def test_a_risk_passes_by_itself_only_where_the_policy_names_it() -> None:
    named = replace(TERMS, gate=TERMS.gate.model_copy(update={"natural_risks": ["07"]}))
    by_itself = replace(GOOD, measures=(AID,), check=replace(CHECK, manner="natural"))
    assert gates.unmet("eliminated", by_itself, named, ON) == []
    assert [one.code for one in gates.unmet("eliminated", replace(by_itself, check=CHECK), named, ON)] == [
        "unmet-measure-delivered"
    ]
    assert [one.params for one in gates.unmet("eliminated", replace(by_itself, measures=()), named, ON)] == [
        {"risk": "01"}
    ]


def test_a_bureaus_silence_holds_nobody_up_for_ever() -> None:
    silent = replace(GOOD, tickets=(*TICKETS[1:], Ticket("vehicle", ON - timedelta(days=1), False)))
    assert unmet("monitored", silent) == []


def test_an_asset_is_no_refusal() -> None:
    """What a bureau found does not even come to the gate: people weigh it."""
    assert "answer" not in Ticket.__dataclass_fields__


def test_nobody_old_enough_nobody_to_ask() -> None:
    assert unmet("monitored", replace(GOOD, adults=0, tickets=())) == []


def test_no_county_asks_for_less_than_the_floors() -> None:
    lax = [
        ("case-clocks", CaseClocks, {"notice_days": 4}),
        ("case-clocks", CaseClocks, {"monitored_months": 5}),
        ("gate-terms", GateTerms, {"votes_share": 0.49}),
        ("gate-terms", GateTerms, {"quorum_people": 0}),
    ]
    for kind, body, less in lax:
        body.model_validate(DEFAULTS[kind])
        with pytest.raises(ValidationError):
            body.model_validate(DEFAULTS[kind] | less)


@pytest.mark.parametrize(
    ("kind", "less"),
    [
        ("measure-fit", {"fits": {}}),
        ("measure-fit", {"fits": {**DEFAULTS["measure-fit"]["fits"], "water": []}}),
        ("gate-terms", {"assured_days": 29}),
        ("gate-terms", {"check_fresh_days": 93}),
        ("gate-terms", {"visit_before_days": 93}),
        ("gate-terms", {"income_fresh_days": 185}),
        ("gate-terms", {"natural_risks": ["01", "0301"]}),
        ("gate-terms", {"natural_risks": ["water"]}),
    ],
)
def test_no_new_version_lets_everything_through(kind: str, less: dict[str, Any]) -> None:
    assert check_body(kind, dict(DEFAULTS[kind]))
    with pytest.raises(InvalidInput):
        check_body(kind, DEFAULTS[kind] | less)
    body: dict[str, type[BaseModel]] = {"measure-fit": MeasureFit, "gate-terms": GateTerms}
    assert body[kind].model_validate(DEFAULTS[kind] | less), "what was decided by an older one stays readable"


def test_a_version_from_before_the_quorum_still_counts() -> None:
    older = {
        name: value for name, value in DEFAULTS["gate-terms"].items() if name not in ("quorum_people", "assured_days")
    }
    terms = replace(TERMS, gate=GateTerms.model_validate(older))
    assert gates.unmet("eliminated", replace(GOOD, vote=Vote(3, 2), assured_since=ON), terms, ON) == []


def test_weak_labour_counts_where_the_policy_says_so() -> None:
    weak = replace(GOOD, able=0, weak=1)
    assert unmet("eliminated", weak) == []
    strict = replace(TERMS, gate=TERMS.gate.model_copy(update={"weak_is_labour": False}))
    assert [one.code for one in gates.unmet("eliminated", weak, strict, ON)] == ["unmet-labour"]


def test_all_disasters_are_fitted_alike_and_a_risk_that_is_not_named_by_anything() -> None:
    fit = TERMS.fit
    assert [fit.fitting(risk, "industry", None) for risk in ("0201", "0299", "01")] == [True, True, False]
    assert fit.fitting("05", "infrastructure", None)


def test_after_a_withdrawal_months_and_measures_count_anew() -> None:
    again = replace(GOOD, withdrawn_on=date(2026, 5, 2))
    assert unmet("eliminated", again) == ["measure-delivered"], "what came the day before did not help"
    helped = replace(again, measures=(replace(AID, delivered_on=date(2026, 5, 2)), WORK))
    assert unmet("eliminated", helped) == []
    later = replace(helped, withdrawn_on=date(2026, 5, 3), measures=(replace(AID, delivered_on=ON), WORK))
    assert unmet("eliminated", later) == ["months"]
    assert unmet("observation", replace(GOOD, withdrawn_on=ON)) == ["delivered-any"]


BROKEN = dict(ELIMINATION)


@given(st.sets(st.sampled_from(sorted(BROKEN)), min_size=1))
def test_whatever_is_missing_is_told_and_nothing_else_opens_the_gate(codes: set[str]) -> None:
    """Break any of the conditions together: each one broken is told, as if it were broken alone."""
    facts = GOOD
    for code in sorted(codes):
        for name, value in BROKEN[code].items():
            facts = replace(facts, **{name: _both(getattr(facts, name), value, getattr(GOOD, name))})
    found = set(unmet("eliminated", facts))
    assert found == codes


def _both(present: Any, wanted: Any, good: Any) -> Any:
    """A record that is broken in two fields: what differs from the good one in either."""
    if not hasattr(wanted, "__dataclass_fields__") or present is None:
        return wanted
    changed = {
        name: getattr(wanted, name)
        for name in wanted.__dataclass_fields__
        if getattr(wanted, name) != getattr(good, name)
    }
    return replace(present, **changed)


FACTS = st.builds(
    GateFacts,
    monitoring_class=st.sampled_from([None, "edge"]),
    main_risk=st.sampled_from([None, "01"]),
    risks=st.sampled_from([(), ("01",), ("01", "07")]),
    identified_on=st.one_of(st.none(), st.dates(date(2026, 3, 1), ON)),
    visited=st.booleans(),
    authorised=st.booleans(),
    vote=st.one_of(st.none(), st.builds(Vote, st.integers(0, 12), st.integers(0, 12))),
    notice=st.one_of(
        st.none(),
        st.builds(
            NoticeRun,
            st.one_of(st.none(), st.dates(date(2026, 9, 1), ON)),
            st.one_of(st.none(), st.dates(date(2026, 9, 1), ON)),
            st.integers(0, 1),
            st.integers(0, 1),
        ),
    ),
    tickets=st.sampled_from([(), TICKETS]),
    adults=st.integers(0, 1),
    measures=st.lists(
        st.builds(
            HelpMeasure,
            st.sampled_from(["01", "07"]),
            st.sampled_from(["health", "employment", "security"]),
            st.none(),
            st.sampled_from(["planned", "delivered", "failed", "withdrawn"]),
            st.one_of(st.none(), st.just(date(2026, 6, 1))),
        ),
        max_size=3,
    ).map(tuple),
    able=st.integers(0, 1),
    no_labour_covered=st.sampled_from([None, True, False]),
    income=st.one_of(st.none(), st.just(INCOME), st.just(replace(INCOME, reference_per_head=Decimal(1)))),
    check=st.one_of(
        st.none(),
        st.builds(
            EliminationFacts,
            st.dates(date(2026, 8, 1), ON),
            st.booleans(),
            st.booleans(),
            st.sampled_from(["helped", "natural"]),
            st.booleans(),
        ),
    ),
    schooling=st.sampled_from([None, True, False]),
    medical=st.sampled_from([None, True, False]),
    housing=st.sampled_from([None, True, False]),
    water=st.sampled_from([None, True, False]),
    dwelling_level=st.sampled_from([None, "A", "D"]),
    only_home=st.sampled_from([None, True, False]),
    assured_since=st.one_of(st.none(), st.dates(date(2026, 8, 1), ON)),
    uninsured=st.integers(0, 1),
    out_of_school=st.integers(0, 1),
    open_checks=st.integers(0, 1),
)

MUST: list[Callable[[GateFacts], bool]] = [
    lambda f: f.identified_on is not None and add_months(f.identified_on, 6) <= ON,
    lambda f: f.able + f.weak > 0 and f.no_labour_covered is not True,
    lambda f: (
        bool(f.risks)
        and all(
            any(m.risk == risk and m.state == "delivered" and m.delivered_on for m in f.measures) for risk in f.risks
        )
    ),
    lambda f: f.income is not None and f.income.reference_per_head > f.income.line,
    lambda f: (f.schooling, f.medical, f.housing, f.water) == (True, True, True, True),
    lambda f: f.dwelling_level != "D" or f.only_home is False,
    lambda f: f.check is not None and f.check.income_stable and f.check.spending_solved and f.check.contact,
    lambda f: (
        f.notice is not None
        and f.notice.started_on is not None
        and f.notice.ended_on is not None
        and (f.notice.ended_on - f.notice.started_on).days >= 5
        and f.notice.open_objections == 0
    ),
    lambda f: f.vote is not None and f.vote.in_favour * 2 > f.vote.present >= 10,
    lambda f: f.visited,
    lambda f: f.assured_since is None or f.assured_since <= ON - timedelta(days=30),
]
"""What the law and the issue ask for, said once more in another way."""


@given(FACTS)
def test_no_household_is_out_of_risk_while_one_of_the_conditions_fails(facts: GateFacts) -> None:
    if not all(holds(facts) for holds in MUST):
        assert gates.unmet("eliminated", facts, TERMS, ON)


@given(FACTS)
def test_a_later_gate_asks_for_all_that_an_earlier_one_did(facts: GateFacts) -> None:
    for first, then in [("notice", "township_review"), ("elimination_check", "elimination_deliberation")]:
        assert set(unmet(first, facts)) <= set(unmet(then, facts))
    for state in ("elimination_check", "elimination_deliberation", "elimination_notice", "elimination_township"):
        assert set(unmet(state, facts)) <= set(unmet("eliminated", facts))
    assert unmet("township_review", facts) == unmet("monitored", facts)


def test_gates_stand_before_states_that_the_table_leads_to() -> None:
    ahead = {move.to for move in MOVES if move.road == "ahead"}
    assert set(GATES) <= ahead
    assert {"monitored", "eliminated"} <= set(GATES)


def test_every_condition_has_its_words() -> None:
    catalogue = Catalogue(Path(services.households.__file__).parent)
    source = Path(gates.__file__).read_text(encoding="utf-8")
    codes = set(re.findall(r'(?:Condition\(|_for_each_risk\()\s*"([a-z-]+)"', source)) | {
        "gap-schooling",
        "gap-uninsured",
    }
    assert len(codes) > 30
    assert {
        f"{kind}-{code}" for code in codes for kind in ("gate", "unmet") if f"{kind}-{code}" not in catalogue
    } == set()


VISIT = uuid4()


def step(to: str, **evidence: Any) -> Step:
    return Step(to, utc_now(), evidence)


def test_what_was_seen_before_a_case_was_sent_back_counts_no_more() -> None:
    minutes = {"attendees": 10, "votes_for": 9, "votes_against": 0}
    road = [
        step("visit_check"),
        step("comparison", visit_id=str(VISIT)),
        step("deliberation"),
        step("notice", minutes=minutes),
    ]
    assert (vote_of(road, "identification"), brought_visits(road, "identification")) == (Vote(10, 9), {VISIT})
    back = [*road, step("visit_check")]
    assert (vote_of(back, "identification"), brought_visits(back, "identification")) == (None, set())
    said = [*back, step("comparison", visited_on="2026-03-01")]
    assert not brought_visits(said, "identification"), "a day that is only said is no visit"
    assert vote_of([*road, step("elimination_check")], "elimination") is None
