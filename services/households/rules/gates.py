"""The gates (关口) of the national case: what must be so before it may go on, all of it told at once.

Nothing here asks who wants it, or how urgently. A fact that is not known counts as not so: what nobody has looked at
cannot be said to be in order. Sources: docs/field.md, Steps (识别、风险消除) and Risks; their numbers
are the policies `gate-terms`, `measure-fit` and `asset-comparison`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, ClassVar

from services.households.rules.gate_facts import GateFacts, HelpMeasure, IncomeFacts, Terms, Vote
from services.households.rules.monitoring.refusals import Unmet
from services.households.rules.months import add_months
from services.households.rules.notices import NoticeRun
from shared.errors import Invalid


class NoGate(Invalid):
    """Nothing but the table of moves stands before that state."""

    code: ClassVar[str] = "no-gate"


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a gate, and whether it holds: `gate-<code>` in the catalogue says what is asked, `unmet-<code>`
    what is missing, unless `lacks` names a text that says it better."""

    code: str
    met: bool
    params: Mapping[str, Any] = field(default_factory=dict)
    lacks: str | None = None

    @property
    def unmet(self) -> Unmet:
        """As a refusal tells it."""
        return Unmet(self.lacks or f"unmet-{self.code}", self.params)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a gate is asked about: by which terms, and on which day (in China)."""

    facts: GateFacts
    terms: Terms
    on: date


Check = Callable[[Asked], list[Condition]]


def conditions(to_state: str, facts: GateFacts, terms: Terms, on: date) -> list[Condition]:
    """Every condition of the gate before `to_state`, met or not; none where there is no gate."""
    return [one for check in GATES.get(to_state, ()) for one in check(Asked(facts, terms, on))]


def unmet(to_state: str, facts: GateFacts, terms: Terms, on: date) -> list[Unmet]:
    """Every condition that does not hold."""
    return [one.unmet for one in conditions(to_state, facts, terms, on) if not one.met]


# Identification (识别)


def _named(asked: Asked) -> list[Condition]:
    facts = asked.facts
    known = facts.main_risk is not None and facts.main_risk in facts.risks
    return [Condition("class", facts.monitoring_class is not None), Condition("main-risk", known)]


def _visited(asked: Asked) -> list[Condition]:
    facts = asked.facts
    return [Condition("visit", facts.visited)]


def _compared(asked: Asked) -> list[Condition]:
    """Every kind was asked of everybody old enough; each bureau has answered, or had its time."""
    facts, terms, on = asked.facts, asked.terms, asked.on
    kinds = {ticket.kind for ticket in facts.tickets} - facts.asked_in_part
    missing = set(terms.comparison.required) - kinds if facts.adults else set()
    waiting = sum(1 for ticket in facts.tickets if not ticket.answered and on <= ticket.due_on)
    return [
        Condition("authorisation", facts.authorised),
        Condition("comparison-asked", not missing, {"missing": len(missing)}),
        Condition("comparison-answered", not waiting, {"waiting": waiting}),
    ]


def _voted(asked: Asked) -> list[Condition]:
    facts, terms = asked.facts, asked.terms
    vote, least = facts.vote or Vote(0, 0), terms.gate.quorum_people
    positive = vote.present > 0 and vote.in_favour > vote.present * terms.gate.votes_share
    share = f"{terms.gate.votes_share * 100:g}"
    return [
        Condition("votes", positive, {"present": vote.present, "in_favour": vote.in_favour, "share": share}),
        Condition("quorum", facts.vote is None or vote.present >= least, {"present": vote.present, "least": least}),
    ]


def _voted_now(asked: Asked) -> list[Condition]:
    """The votes that come along with the move to the notice: the village shall not publish for days what will not do."""
    return _voted(asked) if asked.facts.vote else []


def _published(asked: Asked) -> list[Condition]:
    """The notice (公示) ran long enough, which two dated proofs show; what was objected is answered, and nothing upheld."""
    facts, terms, on = asked.facts, asked.terms, asked.on
    notice, days = facts.notice or NoticeRun(), terms.notice_days
    ran = notice.ran_days(on)
    lapsed = notice.lapsed(terms.lapse_days)
    return [
        Condition("notice", ran is not None and ran >= days and not lapsed, {"days": days, "ran": ran or 0}),
        Condition("objections", notice.open_objections == 0, {"open": notice.open_objections}),
        Condition("objection-upheld", notice.upheld == 0),
    ]


# Plan (帮扶计划)


def _planned(asked: Asked) -> list[Condition]:
    facts, terms = asked.facts, asked.terms
    standing = [one for one in _counting(facts) if one.state in ("planned", "delivered")]
    able = facts.workers(terms.gate) > 0
    earning = any(terms.fit.is_developmental(one.kind, one.sub_kind) for one in standing)
    alone = bool(standing) and all(terms.fit.is_allowance(one.kind, one.sub_kind) for one in standing)
    found = [
        *_for_each_risk("measure-planned", asked, standing, ()),
        Condition("developmental", earning or not able),
        Condition("allowance-alone", not (able and alone)),
    ]
    for gap, there in _gaps(facts):
        filled = any(terms.fit.fills(gap, one.kind, one.sub_kind) for one in standing)
        found.append(Condition(f"gap-{gap}", filled or not there or gap not in terms.fit.gaps))
    return found


def _counting(facts: GateFacts) -> list[HelpMeasure]:
    """The measures of this round, but not those that were delivered before an elimination that had to be withdrawn."""
    since = facts.withdrawn_on or date.min
    return [one for one in facts.measures if one.delivered_on is None or one.delivered_on >= since]


def _gaps(facts: GateFacts) -> tuple[tuple[str, bool], ...]:
    """Shortfalls that a plan must answer whatever the risk, and whether they are there."""
    return (
        ("schooling", facts.schooling is False or facts.out_of_school > 0),
        ("uninsured", facts.uninsured > 0),
    )


def _for_each_risk(code: str, asked: Asked, measures: Sequence[HelpMeasure], spared: Sequence[str]) -> list[Condition]:
    """A measure against each risk that fits it. No risk, no measure: then the first condition fails."""
    facts, terms = asked.facts, asked.terms
    if not facts.risks:
        return [Condition("main-risk", met=False)]
    found = []
    for risk in facts.risks:
        helped = any(one.risk == risk and terms.fit.fitting(risk, one.kind, one.sub_kind) for one in measures)
        found.append(Condition(code, helped or risk in spared, {"risk": risk}))
    return found


def _given(asked: Asked) -> list[Condition]:
    """Watching begins when help has come: something was delivered."""
    facts, on = asked.facts, asked.on
    return [Condition("delivered-any", any(_is_delivered(one, on) for one in _counting(facts)))]


# Elimination (风险消除)


def _may_be_checked(asked: Asked) -> list[Condition]:
    """Long enough in the register, somebody who can work, and no news that nobody has looked at."""
    facts, terms, on = asked.facts, asked.terms, asked.on
    months = terms.monitored_months
    since = facts.withdrawn_on or facts.identified_on
    ripe = since is not None and on >= add_months(since, months)
    able = facts.workers(terms.gate) > 0 and facts.no_labour_covered is not True
    waiting = facts.open_checks + facts.waiting
    return [
        Condition("months", ripe, {"months": months}),
        Condition("labour", able),
        Condition("labour-held", _held(asked, facts.labour_since), {"days": terms.gate.assured_days}),
        Condition("open-checks", waiting == 0, {"open": waiting}),
    ]


def _helped(asked: Asked) -> list[Condition]:
    """A fitting measure was delivered against each risk; a risk that passed by itself only where the policy says so."""
    facts, terms, on = asked.facts, asked.terms, asked.on
    natural = facts.check is not None and facts.check.manner == "natural"
    done = [one for one in _counting(facts) if _is_delivered(one, on)]
    return _for_each_risk("measure-delivered", asked, done, terms.gate.natural_risks if natural else ())


def _is_delivered(measure: HelpMeasure, on: date) -> bool:
    return measure.state == "delivered" and measure.delivered_on is not None and measure.delivered_on <= on


def _earns_enough(asked: Asked) -> list[Condition]:
    facts, terms, on = asked.facts, asked.terms, asked.on
    gate, income = terms.gate, facts.income
    fresh = income is not None and income.year_ended_on >= on - timedelta(days=gate.income_fresh_days)
    over = income is not None and income.reference_per_head > income.line
    yuan = {"reference": f"{income.reference_per_head:.2f}", "line": f"{income.line:.0f}"} if income else {}
    solved = facts.check is not None and facts.check.spending_solved
    return [
        Condition("income-known", fresh),
        Condition("income-line", over, yuan, None if income else "unmet-income-line-unknown"),
        Condition("income-stable", facts.check is not None and facts.check.income_stable),
        Condition("spending", solved and _bearable(income, gate.rigid_share_max)),
    ]


def _bearable(income: IncomeFacts | None, most: float | None) -> bool:
    """Whether the rigid spending (刚性支出) that is booked does not speak against what the check says."""
    if income is None or most is None:
        return True  # that income is not known is a condition of its own
    return income.rigid_spending <= max(income.net_income, Decimal(0)) * Decimal(str(most))


def _assured(asked: Asked) -> list[Condition]:
    """Three assurances and drinking water (三保障和饮水): so, not contradicted, and for long enough to be believed."""
    facts, terms = asked.facts, asked.terms
    absent = facts.out_of_school + facts.back_at_school
    unsafe = facts.dwelling_level in terms.gate.housing_unsafe_levels and facts.only_home is not False
    return [
        Condition("schooling", facts.schooling is True),
        Condition("out-of-school", absent == 0, {"people": absent}),
        Condition("medical", facts.medical is True),
        Condition("uninsured", facts.uninsured == 0, {"people": facts.uninsured}),
        Condition("housing", facts.housing is True),
        Condition("dwelling", not unsafe, {"level": facts.dwelling_level or "-"}),
        Condition("water", facts.water is True),
        Condition("assured-held", _held(asked, facts.assured_since), {"days": terms.gate.assured_days}),
    ]


def _held(asked: Asked, since: date | None) -> bool:
    """Whether it has been so for long enough to be believed."""
    return since is None or since <= asked.on - timedelta(days=asked.terms.gate.assured_days)


def _checked(asked: Asked) -> list[Condition]:
    facts, terms, on = asked.facts, asked.terms, asked.on
    days = terms.gate.check_fresh_days
    fresh = facts.check is not None and timedelta(0) <= on - facts.check.checked_on <= timedelta(days=days)
    contact = facts.check is not None and facts.check.contact
    return [
        Condition("elimination-check", fresh, {"days": days}),
        Condition("new-evidence", facts.new_evidence == 0, {"confirmed": facts.new_evidence}),
        Condition("contact", contact),
    ]


_PUBLISHABLE: tuple[Check, ...] = (_named, _visited, _compared)
_IDENTIFIABLE: tuple[Check, ...] = (*_PUBLISHABLE, _voted, _published)
_SOLVED: tuple[Check, ...] = (_may_be_checked, _visited, _helped, _earns_enough, _assured, _checked)
_ELIMINABLE: tuple[Check, ...] = (*_SOLVED, _voted, _published)

GATES: Mapping[str, tuple[Check, ...]] = {
    "notice": (*_PUBLISHABLE, _voted_now),
    "township_review": _IDENTIFIABLE,
    "county_decision": _IDENTIFIABLE,
    "monitored": _IDENTIFIABLE,
    "planned": (_planned,),
    "observation": (_given,),
    "elimination_check": (_may_be_checked,),
    "elimination_deliberation": _SOLVED,
    "elimination_notice": (*_SOLVED, _voted_now),
    "elimination_township": _ELIMINABLE,
    "elimination_county": _ELIMINABLE,
    "eliminated": _ELIMINABLE,
}
"""By the state that the case is to reach. What held at an earlier gate must still hold at the later one. The votes come
along with the move to the notice: the table of moves asks for them there, the gate whether those it brings are enough."""
