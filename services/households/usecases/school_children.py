"""The three ledgers read: a page of children, and how many by school, township and term.

A school's name is told by alerts, which are sealed, and by cases. So those of whom anything was told are looked
through one by one; they are few beside the children of whom nobody has said anything.
"""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from services.households.queries import school_children as find
from services.households.queries.school_children import Asked, Child, Ledger
from services.households.rules.schooling.ages import births, find_term, term_of
from services.households.rules.schooling.refusals import TermUnknown
from services.households.usecases.dropouts import school_of
from services.households.usecases.schooling_rules import SchoolingRules, get_rules
from shared.areas import Scope
from shared.clock import local_date
from shared.db.engine import ReadSession
from shared.security.vault import Vault

CHUNK = 500


@dataclass(frozen=True, slots=True)
class Question:
    """Which children: of a ledger, within a scope, of a term by its name, if any."""

    ledger: Ledger
    scope: Scope
    term: str | None


@dataclass(frozen=True, slots=True)
class Pupil:
    """A child with the school and grade that were told last."""

    child: Child
    school: str | None
    grade: str | None


@dataclass(frozen=True, slots=True)
class LedgerCounts:
    """How many in all, and by township, school and term; a key None: nobody told."""

    total: int
    townships: dict[str, int]
    schools: dict[str | None, int]
    terms: dict[str | None, int]


async def list_pupils(
    session: ReadSession,
    vault: Vault,
    question: Question,
    school: str | None,
    after: UUID | None,
    limit: int,
    now: datetime,
) -> list[Pupil]:
    """A page of a ledger, of one school if asked; raises `TermUnknown`, `PolicyMissing`."""
    asked, _ = await _ask(session, question, now)
    if school is None:
        return [_pupil(vault, one) for one in await find.list_children(session, question.scope, asked, after, limit)]
    found: list[Pupil] = []
    async for one in _each(session, vault, question, asked, after):
        if one.school == school:
            found.append(one)
        if len(found) == limit:
            break
    return found


async def count_pupils(session: ReadSession, vault: Vault, question: Question, now: datetime) -> LedgerCounts:
    """The sums of a ledger; each child is in one township, one school and one term."""
    asked, rules = await _ask(session, question, now)
    townships = await find.count_by_township(session, question.scope, asked)
    total = sum(townships.values())
    schools: Counter[str | None] = Counter()
    terms: Counter[str | None] = Counter()
    async for one in _each(session, vault, question, asked, None):
        schools[one.school] += 1
        terms[_term(one.child, question.ledger, rules)] += 1
    if question.ledger == "school_age":
        schools[None] += total - schools.total()
        terms = Counter({question.term or term_of(local_date(now), rules.calendar): total})
    return LedgerCounts(total, townships, dict(+schools), dict(+terms))


async def _ask(session: ReadSession, question: Question, now: datetime) -> tuple[Asked, SchoolingRules]:
    today = local_date(now)
    area = question.scope.first_area()
    rules = await get_rules(session, area, today)
    asked = Asked(question.ledger, births(today, rules.body), rules.body.done_stages, rules.body.feeds)
    if question.term is None:
        return asked, rules
    term = find_term(question.term, rules.calendar)
    if term is None:
        raise TermUnknown(field="term")
    first, last = term[0].first, term[1]
    on = first if question.ledger == "school_age" else today
    return replace(asked, births=births(on, rules.body), term=question.term, first=first, last=last), rules


async def _each(
    session: ReadSession, vault: Vault, question: Question, asked: Asked, after: UUID | None
) -> AsyncIterator[Pupil]:
    while True:
        chunk = await find.list_children(session, question.scope, asked, after, CHUNK, known=True)
        for one in chunk:
            yield _pupil(vault, one)
        if len(chunk) < CHUNK:
            return
        after = chunk[-1].member.id


def _pupil(vault: Vault, child: Child) -> Pupil:
    if child.case is not None and (child.evidence is None or child.case.found_on >= child.evidence.occurred_on):
        return Pupil(child, child.case.school, child.case.school_grade)
    told = school_of(vault, child.evidence) if child.evidence is not None else {}
    return Pupil(child, told.get("school"), told.get("grade"))


def _term(child: Child, ledger: Ledger, rules: SchoolingRules) -> str | None:
    if ledger == "dropped_out":
        return child.case.term if child.case is not None else None
    on: date | None = child.evidence.occurred_on if child.evidence is not None else None
    return term_of(on, rules.calendar) if on is not None else None
