"""Area codes (区划代码) and scopes.

A code is 12 digits in groups of 2+2+2+3+3: province, prefecture, county (GB/T 2260), township (GB/T 10114)
and village. A group of zeros at the end means "the whole of the area above": 539921000000 is a county,
539921100000 its township 100. A zero group in the middle is real: a prefecture without counties has townships
directly (441900003000). A scope is a set of such prefixes: where an account or a key may look.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NewType, Self

AreaCode = NewType("AreaCode", str)
"""12 digits, checked by `normalise`."""

CODE_LENGTH = 12
_EVERYWHERE = "*"
_TYPED = {ord("０") + digit: str(digit) for digit in range(10)}


class Level(StrEnum):
    """Levels of areas, highest first."""

    PROVINCE = "province"
    PREFECTURE = "prefecture"
    COUNTY = "county"
    TOWNSHIP = "township"
    VILLAGE = "village"


_ENDS = {2: Level.PROVINCE, 4: Level.PREFECTURE, 6: Level.COUNTY, 9: Level.TOWNSHIP, 12: Level.VILLAGE}
"""Where each level's group of digits ends."""


class InvalidAreaCode(ValueError):
    """The text is no area code; `code` says why: `area-code-length`, `-characters` or `-province`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def normalise(text: str) -> AreaCode:
    """A code of whole groups (2, 4, 6, 9 or 12 digits), filled up with zeros. Raises `InvalidAreaCode`."""
    digits = text.strip().translate(_TYPED)
    if not (digits.isascii() and digits.isdigit()):
        raise InvalidAreaCode("area-code-characters" if digits else "area-code-length")
    if len(digits) not in _ENDS:
        raise InvalidAreaCode("area-code-length")
    if digits[0] == "0":  # GB/T 2260 begins at 11
        raise InvalidAreaCode("area-code-province")
    return code_of(digits)


def prefix(code: AreaCode) -> str:
    """The significant digits: the code without the zero groups at its end. All codes below start with it."""
    end = 2
    for start, stop in ((2, 4), (4, 6), (6, 9), (9, 12)):
        if code[start:stop].strip("0"):
            end = stop
    return code[:end]


def code_of(digits: str) -> AreaCode:
    """The area of a prefix, or of the first digits of a code as far as a group ends: filled up with zeros."""
    return AreaCode(digits.ljust(CODE_LENGTH, "0"))


def bounds(digits: str) -> tuple[AreaCode, AreaCode]:
    """The lowest and the highest code there can be below a prefix."""
    return code_of(digits), AreaCode(digits.ljust(CODE_LENGTH, "9"))


def span(code: str) -> tuple[AreaCode, AreaCode]:
    """The lowest and the highest code that can lie in an area."""
    return bounds(prefix(AreaCode(code)))


def level(code: AreaCode) -> Level:
    """The level at which the code ends."""
    return _ENDS[len(prefix(code))]


def parent(code: AreaCode) -> AreaCode | None:
    """The area above, over groups that are absent; None above a province."""
    last = len(prefix(code))
    above = [end for end in _ENDS if end < last]
    return normalise(code[: above[-1]]) if above else None


def lineage(code: str) -> list[AreaCode]:
    """The area and those it lies in, up to the county, highest first."""
    found = [AreaCode(code)]
    while len(prefix(found[0])) > 6 and (above := parent(found[0])) is not None:
        found.insert(0, above)
    return found


@dataclass(frozen=True, slots=True)
class Scope:
    """A set of area prefixes, no one within another. Empty means nowhere; "" among them means everywhere.

    Make it with `of`, `parse`, `everywhere` or `nowhere`.
    """

    prefixes: frozenset[str]

    @classmethod
    def everywhere(cls) -> Self:
        """All areas: for accounts of the whole system."""
        return cls(frozenset({""}))

    @classmethod
    def nowhere(cls) -> Self:
        """No area at all."""
        return cls(frozenset())

    @classmethod
    def of(cls, *codes: AreaCode) -> Self:
        """The areas of `codes` with all that lies below them."""
        wanted = {prefix(code) for code in codes}
        return cls(frozenset(p for p in wanted if not any(p != q and p.startswith(q) for q in wanted)))

    @classmethod
    def parse(cls, texts: Iterable[str]) -> Self:
        """From stored codes or prefixes; `*` alone is everywhere.

        An empty list is nowhere, and an empty text is refused (`InvalidAreaCode`): what somebody forgot to
        fill in opens no door.
        """
        listed = list(texts)
        return cls.everywhere() if listed == [_EVERYWHERE] else cls.of(*map(normalise, listed))

    def serialise(self) -> list[str]:
        """What `parse` reads back, sorted."""
        return [_EVERYWHERE] if "" in self.prefixes else sorted(self.prefixes)

    def covers(self, code: str) -> bool:
        """Whether the area lies within the scope. What is not a full code lies nowhere."""
        return len(code) == CODE_LENGTH and code.startswith(tuple(self.prefixes))

    def above(self) -> frozenset[str]:
        """Prefixes of the areas around it: those that parts of it lie in."""
        return frozenset(p[:end] for p in self.prefixes for end in _ENDS if end < len(p))

    def first_area(self) -> AreaCode:
        """Where the scope begins: its lowest area, whose policies count for the whole of it; zeros for everywhere."""
        return code_of(min(self.prefixes, default=""))

    def around(self) -> AreaCode | None:
        """The lowest area that all of it lies in; None when there is none, as for everywhere."""
        one = min(self.prefixes, default="")
        ends = [end for end in _ENDS if end <= len(one) and all(p.startswith(one[:end]) for p in self.prefixes)]
        return code_of(one[: ends[-1]]) if ends else None

    def within(self, area: AreaCode | None) -> "Scope":
        """The part that lies in an area; all of it when no area is given."""
        if area is None:
            return self
        if self.covers(area):
            return Scope.of(area)
        return Scope(frozenset(p for p in self.prefixes if p.startswith(prefix(area))))

    def like_patterns(self) -> list[str]:
        """For SQL `area_code LIKE ANY (:patterns)`; the empty array matches no row."""
        return [f"{p}%" for p in sorted(self.prefixes)]
