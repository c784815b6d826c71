"""Drawing people for telephone checks (电话抽查): how many of each township, and whom, by a seed. Pure.

Whoever is drawn follows from the seed and the ids alone, not from the order in which a database gives them: people are
ordered by a keyed hash of their id, and the first ones are taken. So a draw can be made again and be the same, and
nobody can add or spare a person without changing the seed.
"""

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal
from uuid import UUID

from shared.errors import Conflict, Invalid, NotFound

SEED_BYTES = 16
Verdict = Literal["right", "wrong", "not_reached"]
_SLACK = 1000


class SampleNotFound(NotFound):
    """No such sample among those the asker may see."""

    code: ClassVar[str] = "sample-not-found"


class NobodyToDraw(Invalid):
    """Nobody stands in the ledger of that month and area."""

    code: ClassVar[str] = "sample-nobody"


class SampleTooLarge(Invalid):
    """More than the policy lets be called."""

    code: ClassVar[str] = "sample-too-large"


class DrawnAlready(Conflict):
    """The month and area have all draws that the policy allows."""

    code: ClassVar[str] = "sample-drawn-already"


class SampledRowNotFound(NotFound):
    """No such person in the sample."""

    code: ClassVar[str] = "sampled-row-not-found"


class AnswerFinal(Conflict):
    """The check has its answer, or its calls are used up."""

    code: ClassVar[str] = "sample-answer-final"


class NotForYou(Conflict):
    """The policy has others answer this sample."""

    code: ClassVar[str] = "sample-answered-by-others"


class FieldNotAsked(Invalid):
    """A field that this sample does not ask for."""

    code: ClassVar[str] = "sample-field-not-asked"


class NothingWrong(Invalid):
    """Wrong, but in no field; or right, with a field that is wrong."""

    code: ClassVar[str] = "sample-wrong-field-missing"


@dataclass(frozen=True, slots=True)
class Wanted:
    """How many: so many people, or so many that the error rate is known to ± `half_width`."""

    size: int | None = None
    half_width: float | None = None

    def told(self) -> dict[str, Any]:
        """As it is kept."""
        return {"size": self.size} if self.size is not None else {"half_width": self.half_width}


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of a call. `said`: what the person says of the fields that are wrong, as far as they do."""

    verdict: Verdict
    wrong_fields: Sequence[str] = ()
    said: Mapping[str, Any] | None = None
    note: str | None = None


def allocate(populations: Mapping[str, int], size: int, least: int) -> dict[str, int]:
    """How many of each stratum: in proportion to its people, at least `least`, never more than it has.

    The largest remainders get what rounding leaves; of equal ones the lower code. The sum is `size`, as far as there
    are people, or more where `least` asks for more.
    """
    total = sum(populations.values())
    size = min(size, total)
    taken = {code: min(least, people) for code, people in populations.items()}
    shares = {code: size * people / total if total else 0.0 for code, people in populations.items()}
    for code, people in populations.items():
        taken[code] = max(taken[code], min(people, int(shares[code])))
    by_remainder = sorted(populations, key=lambda code: (int(shares[code]) - shares[code], code))
    while sum(taken.values()) < size:
        for code in by_remainder:
            if sum(taken.values()) >= size:
                break
            if taken[code] < populations[code]:
                taken[code] += 1
    return taken


@dataclass(slots=True)
class Draw:
    """Draws `numbers` of each stratum while people pass by; memory holds no more than a few times what is drawn."""

    seed: bytes
    numbers: Mapping[str, int]
    _kept: dict[str, list[tuple[bytes, UUID]]] = field(default_factory=dict)

    def take(self, people: Iterable[tuple[UUID, str]]) -> None:
        """Let some pass: ids and strata, in any order."""
        for person_id, stratum in people:
            kept = self._kept.setdefault(stratum, [])
            kept.append((rank(self.seed, person_id), person_id))
            number = self.numbers.get(stratum, 0)
            if len(kept) > 2 * number + _SLACK:
                kept.sort()
                del kept[number:]

    def drawn(self) -> list[UUID]:
        """Who was drawn, by stratum, in the order of drawing."""
        return [
            person_id
            for stratum, kept in sorted(self._kept.items())
            for _, person_id in sorted(kept)[: self.numbers.get(stratum, 0)]
        ]


def rank(seed: bytes, person_id: UUID) -> bytes:
    """A person's place in the draw."""
    return hmac.digest(seed, person_id.bytes, hashlib.sha256)


def population_name(people: Iterable[UUID]) -> str:
    """Names the people among whom was drawn, whatever their order, and tells nothing of them."""
    return hashlib.sha256(b"".join(person_id.bytes for person_id in sorted(people))).hexdigest()
