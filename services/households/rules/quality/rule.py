"""What an audit rule is, and what it finds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from hashlib import blake2b
from operator import attrgetter
from typing import Any, Literal
from uuid import UUID

from services.households.rules.case_snapshot import Snapshot
from services.households.rules.income_year import Income
from services.households.rules.quality.record import AfterValues, Case, HouseholdRecord, Person
from shared.contracts.quality_policies import QualityRules

Severity = Literal["fatal", "logic", "plausible"]
SEVERITIES: tuple[Severity, ...] = ("fatal", "logic", "plausible")
"""Cannot stand; contradicts itself; can hardly be so. The three groups of docs/field.md, Audit rules."""

Params = Mapping[str, Any]
"""What the rule's text is filled with: codes and numbers, never of whom."""
HouseholdCheck = Callable[[HouseholdRecord, QualityRules], Params | None]
PersonCheck = Callable[[Person, HouseholdRecord, QualityRules], Params | None]
IncomeCheck = Callable[[Income, HouseholdRecord, QualityRules], Params | None]
CaseCheck = Callable[[Case, HouseholdRecord, QualityRules], Params | None]
DecisionCheck = Callable[[Snapshot, Case, QualityRules], Params | None]
AfterCheck = Callable[[AfterValues, Case, QualityRules], Params | None]
Subject = Literal["household", "person", "income", "case", "monitored", "identification", "elimination", "after"]

FOUND: Params = {}
"""Found, and the text needs nothing."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `fields`: where to mend it, the likeliest first; `source`: the wording it was derived from."""

    code: str
    severity: Severity
    subject: Subject
    fields: tuple[str, ...]
    source: str
    check: Callable[..., Params | None]


@dataclass(frozen=True, slots=True)
class Finding:
    """One mistake in one household. `fingerprint` stays the same while the fields it rests on do."""

    rule: str
    severity: Severity
    field: str
    member_id: UUID | None
    params: Params
    fingerprint: bytes


def of_household(code: str, severity: Severity, *fields: str) -> Callable[[HouseholdCheck], Rule]:
    """Make a rule of a function of the whole household; its docstring is the source."""
    return _maker(code, severity, "household", fields)


def of_person(code: str, severity: Severity, *fields: str) -> Callable[[PersonCheck], Rule]:
    """Make a rule of a function of one person in their household."""
    return _maker(code, severity, "person", fields)


def of_income(code: str, severity: Severity, *fields: str) -> Callable[[IncomeCheck], Rule]:
    """Make a rule of a function of the income; it is not asked where none is known."""
    return _maker(code, severity, "income", fields)


def of_case(code: str, severity: Severity, *fields: str) -> Callable[[CaseCheck], Rule]:
    """Make a rule of a function of the case once it is monitored; before that it is not asked."""
    return _maker(code, severity, "case", fields)


def of_monitored(code: str, severity: Severity, *fields: str) -> Callable[[CaseCheck], Rule]:
    """Make a rule that holds the case against its household of today: while it is monitored, and no longer. Of whose
    risk is gone somebody may fall ill, or find work, without a word of the case being wrong."""
    return _maker(code, severity, "monitored", fields)


def of_identification(code: str, severity: Severity, *fields: str) -> Callable[[DecisionCheck], Rule]:
    """Make a rule of what a household was identified on; where that was not kept nobody is judged."""
    return _maker(code, severity, "identification", fields)


def of_elimination(code: str, severity: Severity, *fields: str) -> Callable[[DecisionCheck], Rule]:
    """Make a rule of what its risk was called gone on; where that was not kept nobody is judged."""
    return _maker(code, severity, "elimination", fields)


def of_after_values(code: str, severity: Severity, *fields: str) -> Callable[[AfterCheck], Rule]:
    """Make a rule of what has to stand in a case whose risk is gone; it is asked also where that day was not kept."""
    return _maker(code, severity, "after", fields)


def _maker(
    code: str, severity: Severity, subject: Subject, fields: tuple[str, ...]
) -> Callable[[Callable[..., Params | None]], Rule]:
    def make(check: Callable[..., Params | None]) -> Rule:
        source = " ".join((check.__doc__ or "").split())
        return Rule(code, severity, subject, fields, source, check)

    return make


_ATTRIBUTES = {"class": "household_class", "phone": "phone_key", "id_number": "person_key", "left_on": "id"}
"""Fields whose value the record holds under another name. It has only people who have not left: they are the value."""


def found(rule: Rule, home: HouseholdRecord, one: Person | None, params: Params) -> Finding:
    """The finding of a rule in a household, on one person if it is of one."""
    values = [_value(field, home, one) for field in rule.fields]
    digest = blake2b(repr(values).encode(), digest_size=16).digest()
    plain = {name: _plain(value) for name, value in params.items()}
    return Finding(rule.code, rule.severity, rule.fields[0], one.id if one else None, plain, digest)


def _plain(value: Any) -> Any:
    """A number as JSON has it: amounts are shown, nobody counts with them any more."""
    return (int(value) if value == int(value) else float(value)) if isinstance(value, Decimal) else value


def _value(field: str, home: HouseholdRecord, one: Person | None) -> Any:
    """What the record holds of `field`; of a member's field without a member, what it holds of all of them."""
    thing, _, name = field.partition(".")
    attribute = attrgetter(_ATTRIBUTES.get(name, name))
    match thing:
        case "household":
            return attribute(home)
        case "member" if one is not None:
            return attribute(one)
        case "member":
            return sorted((str(member.id), attribute(member)) for member in home.members)
        case "income":
            return attribute(home.income) if home.income else None
        case "case":
            return attribute(home.case) if home.case else None
    raise ValueError(field)
