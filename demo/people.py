"""Makes members of households: a name, an ID number nobody else has, and a plausible state of life."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from random import Random

from demo import names
from demo.county import Health, LabourSkill, Member, SchoolStage
from demo.places import COUNTY, NEIGHBOURS
from shared.idnumber import IdNumber, Sex, complete

HEAD, HUSBAND, WIFE, SON, DAUGHTER = "02", "11", "12", "20", "30"
DAUGHTER_IN_LAW, GRANDCHILD, FATHER, MOTHER = "38", "40", "51", "52"

_PREFIXES = (COUNTY[:6], *NEIGHBOURS)
_OLDEST_DAYS = 40_000  # about 109 years
_SEQUENCES = 499  # odd numbers for men, even ones for women; prime, so that steps reach them all
_PHONES = 10**8
_CHRONIC = ((40, 0.02), (60, 0.10), (75, 0.30), (200, 0.45))  # share with a chronic illness, up to an age


@dataclass(frozen=True, slots=True)
class Role:
    """What a household's plan says of a person."""

    sex: Sex
    age: int
    relation: str
    surname: str
    generation: str = ""
    married_in: bool = False


class Register:
    """Gives out ID numbers and phones, each once.

    It holds a counter for each issuing area, birthday and sex, 1.4 MB in all, however many people it counts.
    """

    def __init__(self, today: date) -> None:
        self._today = today.toordinal()
        self._issued = array("H", bytes(2 * 2 * _OLDEST_DAYS * len(_PREFIXES)))
        self._phones = 0

    def id_number(self, prefix: int, born_on: date, sex: Sex) -> IdNumber:
        """The next number of the `prefix`-th area for that birthday and sex."""
        days = self._today - born_on.toordinal()
        slot = (prefix * _OLDEST_DAYS + days) * 2 + (sex == "1")
        count = self._issued[slot]
        if count == _SEQUENCES:
            raise OverflowError("more births of one sex, day and area than sequence numbers")
        self._issued[slot] = count + 1
        sequence = 2 * ((count * 211 + days * 137) % _SEQUENCES) + (1 if sex == "1" else 2)
        birthday = f"{born_on.year}{born_on.month:02}{born_on.day:02}"
        return complete(f"{_PREFIXES[prefix]}{birthday}{sequence:03}")

    def phone(self) -> str:
        """A mobile number that looks right and rings nowhere.

        154 was never assigned to an operator. 10 to 12 would be no good: there the network answers after a few
        digits already (110 the police, 10000 an operator's desk), and common checks want 13 to 19.
        """
        self._phones += 1
        return f"154{self._phones * 61_803_399 % _PHONES:08}"


def make_member(rng: Random, register: Register, today: date, role: Role, ethnic_group: str) -> Member:
    """The person of a role."""
    # a little off the birthday on both sides, so that leap years do not change the age
    born_on = date.fromordinal(today.toordinal() - int((role.age + 0.01 + 0.98 * rng.random()) * 365.2425))
    prefix = rng.randrange(1, len(_PREFIXES)) if role.married_in and rng.random() < 0.4 else 0
    stage = school_stage(rng, role.age)
    health = _health(rng, role.age)
    return Member(
        name=role.surname + names.given_name(rng, role.sex, born_on.year, role.generation),
        id_number=register.id_number(prefix, born_on, role.sex),
        sex=role.sex,
        born_on=born_on,
        relation=role.relation,
        ethnic_group=ethnic_group,
        phone=register.phone() if role.relation == HEAD or _has_phone(rng, role.age) else None,
        school_stage=stage,
        labour_skill=_labour_skill(rng, role.age, stage, health),
        health=health,
    )


def school_stage(rng: Random, age: int) -> SchoolStage | None:
    """All of 6 to 15 are in compulsory education; afterwards fewer and fewer are at school."""
    if not 6 <= age <= 21:
        return None
    if age <= 15:
        return "primary" if age <= 11 else "junior"
    drawn = rng.random()
    if age <= 17:
        return "senior" if drawn < 0.5 else "vocational" if drawn < 0.8 else None
    return "college" if drawn < 0.3 else None


def _health(rng: Random, age: int) -> tuple[Health, ...]:
    chronic = next(share for up_to, share in _CHRONIC if age < up_to)
    found: list[Health] = []
    if rng.random() < chronic:
        found.append("chronic")
    if rng.random() < 0.015:
        found.append("serious")
    if rng.random() < 0.03:
        found.append("disabled")
    return tuple(found) or ("healthy",)


def _labour_skill(rng: Random, age: int, stage: SchoolStage | None, health: Sequence[Health]) -> LabourSkill:
    if age < 16 or age >= 70 or stage:
        return "none"
    if "disabled" in health:
        return "lost" if rng.random() < 0.5 else "weak"
    if age >= 60 or "serious" in health:
        return "weak"
    return "skilled" if rng.random() < 0.12 else "ordinary"


def _has_phone(rng: Random, age: int) -> bool:
    return age >= 16 and rng.random() < (0.85 if age < 70 else 0.35)
