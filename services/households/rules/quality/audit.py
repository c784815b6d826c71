"""All rules, and what they find in one household."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Self, get_args

from services.households.rules.quality import (
    case,
    elimination,
    home_and_contact,
    identity,
    income,
    insurance_and_aid,
    labour,
    measures,
    members,
    relations,
    unwatched,
)
from services.households.rules.quality.record import AfterValues, Case, HouseholdRecord, Person
from services.households.rules.quality.rule import Finding, Params, Rule, Subject, found
from shared.contracts.quality_policies import QualityRules

SUBJECTS = {
    "identity": identity.RULES,
    "relations": relations.RULES,
    "members": members.RULES,
    "labour": labour.RULES,
    "insurance_and_aid": insurance_and_aid.RULES,
    "home_and_contact": home_and_contact.RULES,
    "income": income.RULES,
    "unwatched": unwatched.RULES,
    "case": case.RULES,
    "elimination": elimination.RULES,
    "measures": measures.RULES,
}
RULES: dict[str, Rule] = {rule.code: rule for rules in SUBJECTS.values() for rule in rules}

_Called = tuple[tuple[Rule, Callable[..., Params | None]], ...]


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The rules that a version of the policy `quality-rules` has on, by what they look at, with its numbers."""

    numbers: QualityRules
    household: _Called
    person: _Called
    income: _Called
    case: _Called
    monitored: _Called
    identification: _Called
    elimination: _Called
    after: _Called

    @classmethod
    def of(cls, numbers: QualityRules) -> Self:
        """Those of a version."""

        def called(subject: Subject) -> _Called:
            on = (rule for rule in RULES.values() if rule.subject == subject and rule.code not in numbers.off)
            return tuple((rule, rule.check) for rule in on)

        return cls(numbers, *map(called, get_args(Subject)))

    def audit(self, home: HouseholdRecord) -> list[Finding]:
        """What is wrong with a household; of each rule one finding, or one for each person."""
        return [found(rule, home, one, params) for rule, one, params in self._hits(home)]

    def _hits(self, home: HouseholdRecord) -> Iterator[tuple[Rule, Person | None, Params]]:
        numbers = self.numbers
        yield from _asked(self.household, None, home, numbers)
        for one in home.members:
            yield from _asked(self.person, one, one, home, numbers)
        if home.income is not None:
            yield from _asked(self.income, None, home.income, home, numbers)
        if home.case is not None and home.case.stage != "opening":
            yield from self._hits_of_case(home.case, home)

    def _hits_of_case(self, case: Case, home: HouseholdRecord) -> Iterator[tuple[Rule, Person | None, Params]]:
        numbers = self.numbers
        yield from _asked(self.case, None, case, home, numbers)
        if case.stage == "monitored":
            yield from _asked(self.monitored, None, case, home, numbers)
        if case.at_identification is not None:
            yield from _asked(self.identification, None, case.at_identification, case, numbers)
        if case.stage == "eliminated":
            yield from _asked(self.after, None, AfterValues.of(home, case), case, numbers)
            if case.at_elimination is not None:
                yield from _asked(self.elimination, None, case.at_elimination, case, numbers)


def _asked(rules: _Called, one: Person | None, *of: Any) -> Iterator[tuple[Rule, Person | None, Params]]:
    for rule, check in rules:
        if (params := check(*of)) is not None:
            yield rule, one, params
