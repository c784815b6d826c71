"""What the gates (关口) look at: one household and its case as of one day, and the policies it is held against."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from services.households.rules.income_year import Income
from services.households.rules.notices import NoticeRun
from shared.contracts.gate_policies import AssetComparison, GateTerms, MeasureFit


@dataclass(frozen=True, slots=True)
class Terms:
    """The versions of the policies that are in force."""

    gate: GateTerms
    fit: MeasureFit
    comparison: AssetComparison
    notice_days: int  # of `case-clocks`, as the next
    monitored_months: int

    @property
    def lapse_days(self) -> int:
        """From its beginning, after how many days a notice that was not taken down is void."""
        return self.notice_days + self.gate.notice_prove_days


@dataclass(frozen=True, slots=True)
class Vote:
    """A village deliberation (民主评议)."""

    present: int
    in_favour: int


@dataclass(frozen=True, slots=True)
class Ticket:
    """A question to a bureau (信息比对), by the kind of asset."""

    kind: str
    due_on: date
    answered: bool


@dataclass(frozen=True, slots=True)
class HelpMeasure:
    """A measure (帮扶措施) as the gates see it."""

    risk: str
    kind: str
    sub_kind: str | None
    state: str  # planned | delivered | failed | withdrawn
    delivered_on: date | None


@dataclass(frozen=True, slots=True)
class IncomeFacts:
    """The rolling year against the line in force on the day of the gate; yuan, per head where it says so."""

    reference_per_head: Decimal
    line: Decimal
    net_income: Decimal
    rigid_spending: Decimal
    year_ended_on: date


@dataclass(frozen=True, slots=True)
class EliminationFacts:
    """What the check before elimination (消除核查) found."""

    checked_on: date
    income_stable: bool
    spending_solved: bool
    manner: str  # helped | natural
    contact: bool  # who keeps in touch afterwards (监测联系人), with a phone


@dataclass(frozen=True, slots=True)
class GateFacts:
    """All that the gates ask of one household and its case, as of one day. None: nobody knows."""

    household_class: str | None = None
    monitoring_class: str | None = None
    main_risk: str | None = None
    risks: tuple[str, ...] = ()
    identified_on: date | None = None
    withdrawn_on: date | None = None  # when it was called gone, and was not; what helped before then did not help
    visited: bool = False  # in this round: since the case came to its visit check or elimination check, or was opened
    authorised: bool = False
    vote: Vote | None = None  # of this round
    notice: NoticeRun | None = None  # of this round
    tickets: tuple[Ticket, ...] = ()
    adults: int = 0  # people old enough to be asked after
    asked_in_part: frozenset[str] = frozenset()  # kinds of which some of them were not
    measures: tuple[HelpMeasure, ...] = ()
    people: int = 0  # who live there
    able: int = 0  # of them who can work
    weak: int = 0  # people who can work a little (弱劳动力或半劳动力)
    no_labour_covered: bool | None = None
    income: IncomeFacts | None = None
    year: Income | None = None  # the sums behind it, with the line in force on the day of the gate
    check: EliminationFacts | None = None
    schooling: bool | None = None
    medical: bool | None = None
    housing: bool | None = None
    water: bool | None = None
    dwelling_level: str | None = None
    only_home: bool | None = None
    assured_since: date | None = None  # the last day on which one of these was said anew; None: nothing on record
    uninsured: int = 0  # people known to have no medical insurance
    out_of_school: int = 0  # of school age, in no school
    back_at_school: int = 0  # of those who dropped out; whether they stay is still being checked
    open_checks: int = 0  # alerts nobody has answered yet
    waiting: int = 0  # alerts of whole areas that ask after this household, likewise
    labour_since: date | None = None  # when those who can work came or were said to; None: nothing on record
    new_evidence: int = 0  # confirmed risks that the last elimination check could not know of

    def workers(self, terms: GateTerms) -> int:
        """How many can work."""
        return self.able + (self.weak if terms.weak_is_labour else 0)
