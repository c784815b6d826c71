"""Imports of list workbooks (名单导入): their states, and what a list may not say. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, Literal, get_args
from uuid import UUID

from services.households.rules.monitoring.states import FINAL
from services.households.rules.register import HEADS
from shared.errors import Conflict, Gone, Invalid, NotFound

ListKind = Literal["person-list", "household-list"]
Outcome = Literal["added", "changed", "conflicting", "warned", "vanished"]

LIST_KINDS: tuple[ListKind, ...] = get_args(ListKind)


class ImportNotFound(NotFound):
    """No such import among those the asker may see."""

    code: ClassVar[str] = "import-not-found"


class ImportNotChecked(Conflict):
    """It is being compared still, was applied already, or came to nothing."""

    code: ClassVar[str] = "import-not-checked"


class ImportDigestDiffers(Conflict):
    """The check that the asker means is not the last one."""

    code: ClassVar[str] = "import-digest-differs"


class RegisterMovedOn(Conflict):
    """What the check decided on is not what it was: the list has to be compared anew."""

    code: ClassVar[str] = "register-changed"


class ImportGone(Gone):
    """It was kept long enough, and deleted."""

    code: ClassVar[str] = "import-gone"


class ListKindInvalid(Invalid):
    """Neither a person list nor a household list."""

    code: ClassVar[str] = "list-kind-invalid"


@dataclass(frozen=True, slots=True)
class NationalRecord:
    """What the national list says of one household's monitoring (监测对象)."""

    household_id: UUID
    area_code: str
    monitoring_class: str  # unstable | edge | sudden
    risks: tuple[str, ...]  # the first is the main one
    identified_on: date | None
    eliminated: bool
    eliminated_on: date | None


IN_FORCE = frozenset({"monitored", "planned", "observation"})
OVER = frozenset({"eliminated", "tracking"})


def case_conflict(record: NationalRecord, state: str | None) -> str | None:
    """Why a record cannot be adopted, as a code; None when it can, or says what stands here already.

    A case that is in a procedure here is moved by its procedure alone, and one that stands otherwise than the list
    says is for people to look at: the gates cannot be passed by a list, and no more by one after the case was ended
    here. `state` is that of the household's case, of the last one where all are over.
    """
    if state is None or state in (OVER if record.eliminated else IN_FORCE):
        return None
    if state in FINAL:
        return "case-ended"
    return "case-differs" if state in IN_FORCE | OVER else "case-in-procedure"


def days_conflict(record: NationalRecord, today: date) -> str | None:
    """Why a record's days cannot be: identified or eliminated on a day to come, or eliminated before identified."""
    days = [day for day in (record.identified_on, record.eliminated_on) if day is not None]
    if any(day > today for day in days):
        return "case-day-to-come"
    return "case-days-reversed" if days != sorted(days) else None


def differing(before: Mapping[str, Any], given: Mapping[str, Any]) -> list[str]:
    """Fields in which what the list says is not what is registered, in the list's order."""
    return [name for name, value in given.items() if before[name] != value]


def household_cells_differ(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Fields of the household on which its rows contradict each other; what a row leaves blank contradicts nothing."""
    said: dict[str, Any] = {}
    wrong: dict[str, None] = {}
    for row in rows:
        for name, value in row.items():
            if said.setdefault(name, value) != value:
                wrong[name] = None
    return list(wrong)


def heads(relations: Iterable[str]) -> int:
    """How many of a household's people are its head."""
    return sum(relation in HEADS for relation in relations)
