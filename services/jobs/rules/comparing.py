"""Whether two statements of one person's work agree: the ledger's, and an export's or one made by telephone. Pure.

What one side leaves out says nothing. When one says that somebody works and the other that they do not, that is the
difference, and nothing else is looked at: where somebody works who does not is no question.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from difflib import SequenceMatcher
from typing import Any

from services.jobs.rules.places import ABROAD
from shared.contracts.jobs_reconcile_policies import Tolerances

_NO_LETTER = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Statement:
    """What one source says of a person in a month; None where it says nothing.

    `works`: out (已务工) or not. `work_area`: a code of 2 to 12 digits, as wide as the source is, or "abroad".
    """

    works: bool | None = None
    work_area: str | None = None
    employer: str | None = None
    industry: str | None = None
    trade: str | None = None
    wage: Decimal | None = None
    channel: str | None = None
    point_to_point: bool | None = None
    started_on: date | None = None
    ended_on: date | None = None

    def said(self) -> dict[str, Any]:
        """What it says, by field as a policy names it, in plain values."""
        values = {"status": self.works, **{name: getattr(self, name) for name in _PLAIN_FIELDS}}
        return {name: _written(value) for name, value in values.items() if value is not None}


_PLAIN_FIELDS = tuple(name for name in Statement.__dataclass_fields__ if name != "works")


def statement_of(said: Mapping[str, Any]) -> Statement:
    """The statement that `said` was made of."""
    return Statement(
        works=said.get("status"),
        wage=Decimal(said["wage"]) if "wage" in said else None,
        started_on=date.fromisoformat(said["started_on"]) if "started_on" in said else None,
        ended_on=date.fromisoformat(said["ended_on"]) if "ended_on" in said else None,
        **{name: said.get(name) for name in _PLAIN_FIELDS if name not in ("wage", "started_on", "ended_on")},
    )


def differences(ours: Statement, theirs: Statement, fields: Iterable[str], tolerances: Tolerances) -> tuple[str, ...]:
    """Of `fields`, those in which the statements differ by more than is tolerated, in their order."""
    asked = tuple(fields)
    if ours.works is not None and theirs.works is not None and ours.works is not theirs.works:
        return ("status",) if "status" in asked else ()
    if ours.works is False and theirs.works is False:
        return ()
    return tuple(name for name in asked if name != "status" and _differs(name, ours, theirs, tolerances))


def least_different(
    ours: Statement, theirs: Collection[Statement], fields: Iterable[str], tolerances: Tolerances
) -> tuple[Statement, tuple[str, ...]]:
    """Of several rows on one person the one that agrees best: a second contract is no mistake of the ledger."""
    asked = tuple(fields)
    judged = [(one, differences(ours, one, asked, tolerances)) for one in theirs]
    return min(judged, key=lambda pair: (pair[1] == ("status",), len(pair[1])))


def _differs(name: str, ours: Statement, theirs: Statement, tolerances: Tolerances) -> bool:
    here: Any = getattr(ours, name)
    there: Any = getattr(theirs, name)
    if here is None or there is None:
        return False
    match name:
        case "wage":
            most = max(here * Decimal(str(tolerances.wage_share)), Decimal(str(tolerances.wage_yuan)))
            return bool(abs(there - here) > most)
        case "started_on" | "ended_on":
            return bool(abs((there - here).days) > tolerances.days)
        case "work_area":
            return not same_place(here, there, tolerances.place_digits)
        case "employer":
            return similarity(here, there, tolerances.employer_endings) < tolerances.employer_similarity
    return bool(here != there)


def same_place(here: str, there: str, digits: int) -> bool:
    """Whether two places are one, as far as the wider of them tells."""
    if ABROAD in (here, there):
        return here == there
    length = min(digits, len(_narrow(here)), len(_narrow(there)))
    return here[:length] == there[:length]


def _narrow(code: str) -> str:
    """A code without its pairs of zeros at the end: 440000 says 44, and no more."""
    code = code[:6]
    while len(code) > 2 and code.endswith("00"):
        code = code[:-2]
    return code


def similarity(here: str, there: str, endings: Iterable[str]) -> float:
    """How alike two names of firms are, 0 to 1 (Ratcliff and Obershelp); 1 where one of them is part of the other."""
    one, other = bare_name(here, endings), bare_name(there, endings)
    if one == other or (min(len(one), len(other)) >= 2 and (one in other or other in one)):
        return 1.0
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


def bare_name(name: str, endings: Iterable[str]) -> str:
    """A firm's name in narrow letters without blanks and marks, and without the words that all firms bear."""
    bare = _NO_LETTER.sub("", unicodedata.normalize("NFKC", name)).casefold()
    for ending in endings:
        if len(bare) > len(ending):
            bare = bare.removesuffix(ending)
    return bare


def _written(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal | date) else value
