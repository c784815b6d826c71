"""When a risk may be called gone, worked out once more: from what a test did, and from the words of the field alone.

Nothing here asks the database or the code of the gates. `World` (`world.py`) writes down whatever the service took of
what it did; `unmet` then says what still stands against the elimination of a case (风险消除), by the codes of
`docs/gates-and-notices.md`.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

from shared.clock import local_date

ASSURED = ("safe_housing", "safe_water", "schooling_met", "medical_met")
UNSAFE = ("C", "D")
NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(eq=False)
class Person:
    """Somebody in one household; who is struck off and entered again is another `Person`."""

    id: str
    number: int
    name: str
    born: date
    home: str
    relation: str
    skill: str | None = None
    insurance: str | None = None
    stage: str | None = None
    came_on: date | None = None  # None: as long as the household is known
    left_on: date | None = None
    left_at: datetime | None = None
    skills: list[tuple[date, str | None]] = field(default_factory=list)  # since when no more, and what it was


@dataclass
class Home:
    """A household."""

    id: str
    area: str
    code: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)  # ASSURED, dwelling_level, only_home, no_labour_covered
    told_on: date | None = None  # the last day on which what it is assured of was said anew
    goers: list[tuple[date, Person]] = field(default_factory=list)
    joined: datetime | None = None  # when somebody last came to live there
    gone: bool = False


@dataclass
class Line:
    """Money of a household as a whole, or of one of its people; months as numbers, both within."""

    id: str
    home: str
    of: Person | None
    amount: int
    first: int
    last: int
    rigid: bool
    counts: bool = True


@dataclass
class Visit:
    """Somebody was there; `whole` once everybody has said so who must."""

    home: str
    at: datetime
    whole: bool


@dataclass
class Alert:
    """What a bureau told, and nobody has answered."""

    task: str
    home: str
    persons: set[int]


@dataclass
class Pupil:
    """A child who dropped out: it is back for good once it was seen there four times, the last after ninety days."""

    case: str
    state: str = "out"  # out | back | stable
    back_on: date = date.max
    seen: list[date] = field(default_factory=list)


@dataclass
class AreaList:
    """What the village is asked about each household after a warning about all of it: True, at risk; None, not said."""

    task: str
    area: str
    said: dict[str, bool | None]


@dataclass
class Help:
    """A measure."""

    risk: str
    kind: str
    sub_kind: str | None
    state: str = "planned"
    on: date = date.max


@dataclass
class Check:
    """An elimination check."""

    at: datetime
    on: date
    stable: bool
    solved: bool
    contact: bool


@dataclass
class Sheet:
    """A notice with this case on it."""

    id: str
    area: str
    drafted: datetime
    started: date | None = None
    ended: date | None = None
    withdrawn: bool = False


@dataclass
class Case:
    """A national case, since its round began."""

    id: str
    home: str
    state: str = "clue"
    round: int = 1
    opened: datetime = NEVER
    kind: str | None = None  # 监测对象类型
    signed: list[date] = field(default_factory=list)
    tickets: dict[tuple[str, str], date | None] = field(default_factory=dict)  # who and what: till when; None: answered
    risks: list[str] = field(default_factory=list)
    identified_on: date | None = None
    withdrawn_on: date | None = None
    carried_on: date | None = None
    came: dict[str, list[datetime]] = field(default_factory=lambda: defaultdict(list))
    helps: dict[str, Help] = field(default_factory=dict)
    check: Check | None = None
    confirmed: list[datetime] = field(default_factory=list)
    vote: tuple[datetime, int, int] | None = None  # present, for
    sheets: list[Sheet] = field(default_factory=list)
    objections: dict[str, tuple[str, str]] = field(default_factory=dict)  # the sheet, open | upheld | rejected

    def last(self, state: str) -> datetime:
        """When it last came there; never: after everything."""
        return self.came[state][-1] if self.came[state] else NEVER


def months_after(day: date, months: int) -> date:
    """The same day of a later month, or its last."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    first_of_next = date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    return min(first_of_next - timedelta(days=1), date(year, month + 1, 1) + timedelta(days=day.day - 1))


@dataclass
class Model:
    """All that was done, as far as a gate may care."""

    policies: dict[str, dict[str, Any]]
    homes: dict[str, Home] = field(default_factory=dict)
    people: list[Person] = field(default_factory=list)
    cases: dict[str, Case] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    pupils: dict[int, Pupil] = field(default_factory=dict)
    lists: list[AreaList] = field(default_factory=list)

    def living(self, home: str) -> list[Person]:
        """Who lives there."""
        return [one for one in self.people if one.home == home and one.left_on is None]

    def unmet(self, case: Case, now: datetime) -> set[str]:
        """What stands against calling the risk gone now."""
        return {code for code, met in self.conditions(case, now) if not met}

    def conditions(self, case: Case, now: datetime) -> Iterator[tuple[str, bool]]:
        """Each condition; `measure-delivered` once for each risk."""
        on = local_date(now)
        yield from self._long_enough(case, on)
        yield "visit", self._visited(case)
        yield from self._helped(case, on)
        yield from self._earns(case, on)
        yield from self._assured(case, on)
        yield from self._checked(case, on)
        yield from self._published(case, on)

    @property
    def _terms(self) -> dict[str, Any]:
        return self.policies["gate-terms"]

    def _long_enough(self, case: Case, on: date) -> Iterator[tuple[str, bool]]:
        since = case.withdrawn_on or case.identified_on
        months = self.policies["case-clocks"]["monitored_months"]
        yield "months", since is not None and on >= months_after(since, months)
        able = {"ordinary", "skilled"} | ({"weak"} if self._terms["weak_is_labour"] else set())
        hands = [one for one in self.living(case.home) if one.skill in able]
        yield "labour", bool(hands) and self.homes[case.home].facts.get("no_labour_covered") is not True
        since_when = [[one.came_on, *(day for day, was in one.skills if was not in able)] for one in hands]
        yield "labour-held", any(self._held([*days, case.carried_on], on) for days in since_when) or not hands
        asked = any(one.said.get(case.home, True) is None for one in self.lists)
        yield "open-checks", not asked and not any(one.home == case.home for one in self.alerts)

    def _held(self, days: list[date | None], on: date) -> bool:
        return all(day is None or (on - day).days >= self._terms["assured_days"] for day in days)

    def _visited(self, case: Case) -> bool:
        came = case.came["elimination_check"]
        before = self._terms["visit_before_days"] if len(came) == 1 else 0
        since = case.last("elimination_check") - timedelta(days=before)
        return any(one.home == case.home and one.whole and one.at >= since for one in self.visits)

    def _helped(self, case: Case, on: date) -> Iterator[tuple[str, bool]]:
        if not case.risks:
            yield "main-risk", False
        for risk in case.risks:
            done = [one for one in case.helps.values() if one.risk == risk and one.state == "delivered"]
            late = case.withdrawn_on or date.min
            yield "measure-delivered", any(self._fits(one) and late <= one.on <= on for one in done)

    def _fits(self, one: Help) -> bool:
        fits = self.policies["measure-fit"]["fits"]
        wanted = fits.get(one.risk) or fits.get(one.risk[:2])
        return wanted is None or one.kind in wanted or one.sub_kind in wanted

    def _earns(self, case: Case, on: date) -> Iterator[tuple[str, bool]]:
        last = on.year * 12 + on.month - 2  # of the year that ended with the month before
        wages = rigid = Fraction(0)
        told = False
        for one in self.lines:
            months = min(one.last, last) - max(one.first, last - 11) + 1
            if one.home != case.home or not one.counts or months <= 0:
                continue
            if not one.rigid and one.of is not None and one.of.left_on is not None:
                continue  # whose income it was is gone
            amount = Fraction(one.amount * months, one.last - one.first + 1)
            wages, rigid = (wages, rigid + amount) if one.rigid else (wages + amount, rigid)
            told = told or not one.rigid
        heads = len(self.living(case.home))
        known = told and heads > 0
        yield "income-known", known
        yield "income-line", known and (wages - rigid) / heads > self.policies["income-line"]["per_head"]
        yield "income-stable", case.check is not None and self._of_now(case) and case.check.stable
        share = Fraction(str(self._terms["rigid_share_max"]))
        borne = not known or rigid <= wages * share
        yield "spending", case.check is not None and self._of_now(case) and case.check.solved and borne

    def _assured(self, case: Case, on: date) -> Iterator[tuple[str, bool]]:
        home = self.homes[case.home]
        living = self.living(case.home)
        facts = home.facts
        due = [one for one in living if months_after(one.born, 7 * 12) <= on < months_after(one.born, 16 * 12)]
        known = {one.number: self.pupils[one.number] for one in living if one.number in self.pupils}
        out = [one for one in due if one.stage is None and one.number not in known]
        out += [one for one in living if one.number in known and known[one.number].state != "stable"]
        yield "schooling", facts.get("schooling_met") is True
        yield "out-of-school", not out
        yield "medical", facts.get("medical_met") is True
        yield "uninsured", all(one.insurance != "none" for one in living)
        yield "housing", facts.get("safe_housing") is True
        yield "dwelling", facts.get("dwelling_level") not in UNSAFE or facts.get("only_home") is False
        yield "water", facts.get("safe_water") is True
        sent_away = [day for day, one in home.goers if one.insurance == "none"]
        yield "assured-held", self._held([home.told_on, case.carried_on, *sent_away], on)

    def _of_now(self, case: Case) -> bool:
        """Whether the check belongs to this time that it is asked for."""
        return case.check is not None and case.check.at >= case.last("elimination_check")

    def _checked(self, case: Case, on: date) -> Iterator[tuple[str, bool]]:
        check = case.check if self._of_now(case) and case.check and self._of_all(case, case.check.at) else None
        fresh = check is not None and 0 <= (on - check.on).days <= self._terms["check_fresh_days"]
        yield "elimination-check", fresh
        yield "new-evidence", check is None or not any(at > check.at for at in case.confirmed)
        yield "contact", check is not None and check.contact

    def _of_all(self, case: Case, at: datetime) -> bool:
        """Whether nobody has come to live there since."""
        return at >= (self.homes[case.home].joined or at)

    def _published(self, case: Case, on: date, half: str = "elimination_") -> Iterator[tuple[str, bool]]:
        began = case.last("elimination_check" if half else "visit_check")
        at, present, in_favour = case.vote or (None, 0, 0)
        voted = at is not None and at >= began and self._of_all(case, at)
        yield "votes", voted and in_favour > present * self._terms["votes_share"]
        yield "quorum", not voted or present >= self._terms["quorum_people"]
        area, states = self.homes[case.home].area, list(case.objections.values())
        upheld = {sheet for sheet, state in states if state == "upheld"}  # such a sheet counts no more
        hung = [
            one
            for one in case.sheets
            if not one.withdrawn
            and one.id not in upheld
            and one.area == area
            and began <= case.last(f"{half}notice") <= one.drafted
            and self._of_all(case, one.drafted)
        ]
        least = self.policies["case-clocks"]["notice_days"]
        most = least + self._terms["notice_prove_days"]
        ran = [(one.ended - one.started).days for one in hung if one.started and one.ended]
        yield "notice", any(least <= days <= most for days in ran)
        yield "objections", all(state != "open" for _, state in states)
        yield "objection-upheld", True
