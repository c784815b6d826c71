"""What looks like pretence (形式主义线索): each rule gives what it saw and the limits it passed, or None.

The system looks for pretence, not for effort (docs/field.md, Burden): nothing here counts log-ins or photos, and a finding
is a question about a visit or a list, which a village can answer. It never blocks anybody.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from services.households.rules.positions import Position, middle, surely_apart_km
from shared.contracts.pretence import PretenceKind
from shared.contracts.visit_policies import (
    CopiedTextLimits,
    EchoLimits,
    PaceLimits,
    PhotoOriginLimits,
    PlaceLimits,
    ReopenedLimits,
    SamePhotoLimits,
)

RUN = 3
"""Characters of a shingle: Chinese has no spaces, and two characters are often one word."""
MOST_CHARACTERS = 1000
"""Of a text that are compared, so that two hundred long visits at once hold nobody up."""
MOST_NAMED = 10
"""Other visits or photos named in a finding."""
_PLAIN = range(6, 59)  # bits set in the hash of a picture with something on it; a dark lens or a wall has fewer or more
_MASK = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class Suspicion:
    """What a rule saw. `key` is the same when it sees the same again; values and limits are numbers, codes and ids."""

    kind: PretenceKind
    key: str
    values: Mapping[str, Any]
    limits: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Stop:
    """One visit with its position."""

    visit_id: UUID
    at: datetime
    position: Position


@dataclass(frozen=True, slots=True)
class Told:
    """What was told of another household."""

    visit_id: UUID
    text: str


@dataclass(frozen=True, slots=True)
class Seen:
    """One photo. `likeness` is the difference hash."""

    photo_id: UUID
    digest: bytes
    likeness: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one task of a list; without a verdict it is still open. Evidence: a visit, or whom one called."""

    verdict: str | None
    after: timedelta | None
    evidence: bool


@dataclass(frozen=True, slots=True)
class Closed:
    """A check that is over for one household and one kind of risk: its own, or its line on an area's list."""

    case_id: UUID
    verdict: str
    opened_at: datetime
    closed_at: datetime
    listed: UUID | None = None  # the household, where the case is of an area and others stand on its list

    @property
    def key(self) -> str:
        """Names it among all."""
        return f"{self.case_id}/{self.listed}" if self.listed else str(self.case_id)


@dataclass(frozen=True, slots=True)
class BackAgain:
    """A national case that is monitored again, by that move, after it was eliminated."""

    case_id: UUID
    move_id: UUID
    eliminated_on: date
    monitored_on: date


def normal_text(text: str) -> str:
    """Letters and digits alone, in one width and case: what was only spaced or punctuated otherwise is the same."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(filter(str.isalnum, folded))


def similarity(one: str, other: str) -> float:
    """Jaccard similarity of the runs of `RUN` characters of two normal texts, 0 to 1."""
    return _jaccard(_runs(one), _runs(other))


def copied_text(visit_id: UUID, text: str, others: Iterable[Told], limits: CopiedTextLimits) -> Suspicion | None:
    """The words of a visit stand in visits to others: nearly, of the same person; word for word, of the village."""
    own = normal_text(text)
    if len(own) < limits.least_characters:
        return None
    runs = _runs(own)
    likes = [(_jaccard(runs, _runs(normal_text(one.text[: 2 * MOST_CHARACTERS]))), one.visit_id) for one in others]
    copied = sorted(((like, visit) for like, visit in likes if like >= limits.similarity), reverse=True)
    if not copied:
        return None
    values = {
        "similarity": round(copied[0][0], 3),
        "count": len(copied),
        "visits": [str(visit) for _, visit in copied[:MOST_NAMED]],
    }
    return Suspicion("copied-text", f"copied-text:{visit_id}", values, limits.model_dump())


def same_photo(photo: Seen, others: Iterable[Seen], limits: SamePhotoLimits) -> Suspicion | None:
    """The photo, or one that differs in few bits of its hash, was sent for another household."""
    found = [(0 if one.digest == photo.digest else _apart(photo, one), one) for one in others]
    near = sorted(((bits, one.photo_id) for bits, one in found if bits is not None and bits <= limits.distance))
    if not near:
        return None
    exact = any(one.digest == photo.digest for _, one in found)
    values = {"bits": near[0][0], "exact": exact, "photos": [str(other) for _, other in near[:MOST_NAMED]]}
    return Suspicion("same-photo", f"same-photo:{photo.photo_id}", values, limits.model_dump())


def photo_origin(
    photo_id: UUID,
    taken: tuple[datetime | None, Position | None],
    visit: tuple[datetime, Position | None],
    limits: PhotoOriginLimits,
    default_accuracy_m: float,
) -> Suspicion | None:
    """The camera says that the photo was taken at another time or place than its visit."""
    values: dict[str, Any] = {"photo_id": str(photo_id)}
    if taken[0] is not None:
        hours = abs(taken[0] - visit[0]).total_seconds() / 3600
        if hours > limits.hours:
            values["hours"] = round(hours, 1)
    if taken[1] is not None and visit[1] is not None:
        apart = surely_apart_km(taken[1], visit[1], default_accuracy_m)
        if apart > limits.kilometres:
            values["kilometres"] = round(apart, 1)
    if len(values) == 1:
        return None
    return Suspicion("photo-origin", f"photo-origin:{photo_id}", values, limits.model_dump())


def pace(here: Stop, other: Stop, limits: PaceLimits, default_accuracy_m: float) -> Suspicion | None:
    """One person's two visits lie farther apart than anybody drives in the time between them."""
    apart = surely_apart_km(here.position, other.position, default_accuracy_m)
    hours = abs(here.at - other.at).total_seconds() / 3600
    if apart < limits.least_kilometres or apart <= limits.kilometres_an_hour * hours:
        return None
    first, second = sorted((str(here.visit_id), str(other.visit_id)))
    values = {"kilometres": round(apart, 1), "minutes": round(hours * 60, 1), "visits": [str(other.visit_id)]}
    return Suspicion("pace", f"pace:{first}:{second}", values, limits.model_dump())


def out_of_place(
    here: Stop,
    of_household: Sequence[Position],
    of_village: Sequence[Position],
    limits: PlaceLimits,
    default_accuracy_m: float,
) -> Suspicion | None:
    """The visit was made far from where the household, or while that is not known its village, was visited before."""
    if len(of_household) >= limits.least_of_household:
        known, basis, most = of_household, "household", limits.household_kilometres
    elif len(of_village) >= limits.least_of_village:
        known, basis, most = of_village, "village", limits.village_kilometres
    else:
        return None
    apart = surely_apart_km(here.position, middle(known), default_accuracy_m)
    if apart <= most:
        return None
    values = {"kilometres": round(apart, 1), "basis": basis, "known": len(known)}
    return Suspicion("place", f"place:{here.visit_id}", values, {**limits.model_dump(), "kilometres": most})


def echo(list_key: str, answers: Sequence[Answer], limits: EchoLimits) -> Suspicion | None:
    """A village gave a whole list back: the same verdict on nearly all of it, at once, without evidence.

    Counted against all tasks of the list, also those not answered: who answered one of twenty echoes nothing.
    """
    at_once = timedelta(hours=limits.hours)
    bare = Counter(
        one.verdict
        for one in answers
        if one.verdict is not None and one.after is not None and one.after <= at_once and not one.evidence
    )
    if len(answers) < limits.least_answers or not bare:
        return None
    verdict, count = bare.most_common(1)[0]
    share = count / len(answers)
    if share < limits.share:
        return None
    values = {"verdict": verdict, "count": count, "of": len(answers), "share": round(share, 3)}
    return Suspicion("echo", f"echo:{list_key}", values, limits.model_dump())


def reopened(earlier: Closed, later: Closed, limits: ReopenedLimits) -> Suspicion | None:
    """A case was closed as harmless, and within months the same risk of the same household was confirmed.

    A later alert alone is no sign: nine of ten alerts are none (docs/field.md, Load).
    """
    after = later.opened_at - earlier.closed_at
    if earlier.verdict not in limits.verdicts or later.verdict != "risk_confirmed":
        return None
    if not timedelta(0) <= after <= timedelta(days=limits.days):
        return None
    values = {"verdict": earlier.verdict, "after_days": after.days, "cases": [str(earlier.case_id), str(later.case_id)]}
    return Suspicion("reopened", f"reopened:{earlier.key}:{later.key}", values, limits.model_dump())


def back_again(case: BackAgain, limits: ReopenedLimits) -> Suspicion | None:
    """A national case was eliminated (风险消除), and within months its household is monitored again."""
    after = (case.monitored_on - case.eliminated_on).days
    if not 0 <= after <= limits.days:
        return None
    values = {"after_days": after, "cases": [str(case.case_id)]}
    return Suspicion("reopened", f"reopened:{case.case_id}:{case.move_id}", values, limits.model_dump())


def _jaccard(a: set[str], b: set[str]) -> float:
    common = len(a & b)
    return common / (len(a) + len(b) - common) if a or b else 1.0


def _runs(text: str) -> set[str]:
    begin = text[:MOST_CHARACTERS]
    return {begin[i : i + RUN] for i in range(max(1, len(begin) - RUN + 1))} if begin else set()


def _apart(one: Seen, other: Seen) -> int | None:
    """Bits in which two hashes differ; None where either picture is too plain to be told from any other plain one."""
    if any((seen.likeness & _MASK).bit_count() not in _PLAIN for seen in (one, other)):
        return None
    return ((one.likeness ^ other.likeness) & _MASK).bit_count()
