"""The four legal steps (四步法): publicity → order → penalty → court, each after the former one was served."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import get_args

from services.households.rules.schooling.refusals import (
    ChildIsBack,
    StepDays,
    StepNotYours,
    StepOutOfOrder,
    StepTaken,
    StepTooEarly,
)
from services.households.rules.schooling.states import OUT, State
from shared.contracts.households import Level
from shared.contracts.schooling_policies import LegalKind, LegalTerm

KINDS: tuple[LegalKind, ...] = get_args(LegalKind)


@dataclass(frozen=True, slots=True)
class Document:
    """A step as somebody wants to take it."""

    kind: LegalKind
    level: Level | None
    issued_on: date
    served_on: date


@dataclass(frozen=True, slots=True)
class Standing:
    """The case as the steps are judged by; `served`: steps that stand, with the day each was served."""

    state: State
    found_on: date
    served: Mapping[LegalKind, date]


def number(kind: LegalKind) -> int:
    """1 to 4."""
    return KINDS.index(kind) + 1


def require_step(case: Standing, wanted: Document, terms: Mapping[LegalKind, LegalTerm], today: date) -> None:
    """Raise what speaks against taking the step; each needs the former one, and its days."""
    if case.state not in OUT:
        raise ChildIsBack
    term = terms[wanted.kind]
    if wanted.level not in term.by:
        raise StepNotYours(field="kind")
    if wanted.kind in case.served:
        raise StepTaken(field="kind")
    former = KINDS[number(wanted.kind) - 2] if wanted.kind != KINDS[0] else None
    if former is not None and former not in case.served:
        raise StepOutOfOrder(field="kind", former=former)
    if not case.found_on <= wanted.issued_on <= wanted.served_on <= today:
        raise StepDays(field="served_on")
    since = case.served[former] if former is not None else case.found_on
    first = since + timedelta(days=term.after_days)
    if wanted.issued_on < first:
        raise StepTooEarly(field="issued_on", first=first.isoformat(), days=term.after_days)
