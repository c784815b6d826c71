"""Resident identity numbers (公民身份号码), GB 11643: 6 area + 8 birth + 3 sequence + 1 check character.

`normalise` takes what people and bureaus really send: full-width digits, a lower-case x, blanks around it,
the 15-digit form of before 1999, or a disability card number (残疾人证, 20 or 22 digits), which begins with
the ID number. The area code is that of the office which issued the number: areas die and are renamed, the
number stays, so an unknown area is never a fault. No error and no repr here ever holds the number itself.
"""

import re
from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from typing import Literal

from stdnum.cn import ric

OLDEST_YEARS = 150
"""A birth further back is a typing error, whatever the check character says."""

_FULL_WIDTH = {ord("０") + digit: str(digit) for digit in range(10)}
_ROMAN_TEN = dict.fromkeys(map(ord, "xＸｘⅩⅹ"), "X")  # the standard itself calls the character a Roman ten
_INVISIBLE = dict.fromkeys((0x200B, 0x200E, 0x200F, 0x202A, 0x202C, 0x202D, 0xFEFF))  # come along when copied
_TYPED = str.maketrans({**_FULL_WIDTH, **_ROMAN_TEN, ord("Ｂ"): "B", ord("b"): "B", **_INVISIBLE})
_REISSUE = re.compile(r"(?:B[0-9]|[0-9]{2})\Z")  # a card issued again: "B1", "B2", ...

Sex = Literal["1", "2"]
"""GB/T 2261.1: 1 male, 2 female."""


class Fault(StrEnum):
    """What can be wrong with an ID number; the values are stable codes."""

    LENGTH = "id-number-length"
    CHARACTERS = "id-number-characters"
    CHECKSUM = "id-number-checksum"
    DATE = "id-number-date"
    FUTURE = "id-number-future"
    CARD_CLASS = "disability-card-class"
    CARD_LEVEL = "disability-card-level"
    CARD_REISSUE = "disability-card-reissue"


class InvalidIdNumber(ValueError):
    """The text is no ID number. Carries the code of the fault and nothing of the text."""

    def __init__(self, code: Fault) -> None:
        super().__init__(code.value)
        self.code = code


class IdNumber(str):
    """18 characters, normalised and checked: made by this module, or read back from the vault.

    A `str` for storing and hashing, but its repr is blind, so that dataclasses, validation errors and failed
    assertions that show it do not leak it.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return "IdNumber(***)"


def normalise(text: str, today: date) -> IdNumber:
    """The 18-character ID number in `text`. Raises `InvalidIdNumber`, also for a birth after `today`."""
    number = _as_typed(text)
    match len(number):
        case 18:
            return _checked(number, today)
        case 15:
            return _checked(_from_old_form(number), today)
        case 20 | 22:
            return _of_disability_card(number, today)
    raise InvalidIdNumber(Fault.LENGTH)


def check_many(texts: Iterable[str], today: date) -> list[IdNumber | Fault]:
    """`normalise` for a batch: in the order given, the number or its fault (`isinstance(found, Fault)`)."""
    return [_number_or_fault(text, today) for text in texts]


def complete(body: str) -> IdNumber:
    """The ID number whose first 17 digits are `body`: appends the check character."""
    return IdNumber(body + ric.calc_check_digit(body + "0"))


def birth_on(id_number: IdNumber) -> date:
    """The day of birth."""
    return date.fromisoformat(id_number[6:14])


def sex(id_number: IdNumber) -> Sex:
    """The sex in the sequence number: odd is male."""
    return "1" if id_number[16] in "13579" else "2"


def _as_typed(text: str) -> str:
    if text.isascii():  # what `_TYPED` would do, at a quarter of the price: letters other than B and X stay wrong
        return "".join(text.split()).upper()
    return "".join(text.translate(_TYPED).split())


def _number_or_fault(text: str, today: date) -> IdNumber | Fault:
    try:
        return normalise(text, today)
    except InvalidIdNumber as invalid:
        return invalid.code


def _checked(number: str, today: date) -> IdNumber:
    # stdnum is asked for the check character only: its full check refuses unknown areas, and is slow for it.
    digits, check = number[:17], number[17]
    if not _all_digits(digits) or check not in "0123456789X":
        raise InvalidIdNumber(Fault.CHARACTERS)
    if ric.calc_check_digit(number) != check:
        raise InvalidIdNumber(Fault.CHECKSUM)
    try:
        born_on = date.fromisoformat(digits[6:14])
    except ValueError:
        born_on = date.min
    if born_on.year < today.year - OLDEST_YEARS:
        raise InvalidIdNumber(Fault.DATE)
    if born_on > today:
        raise InvalidIdNumber(Fault.FUTURE)
    return IdNumber(number)


def _from_old_form(number: str) -> str:
    """15 digits have a two-digit year, always of the 1900s, and no check character."""
    if not _all_digits(number):
        raise InvalidIdNumber(Fault.CHARACTERS)
    return str(complete(f"{number[:6]}19{number[6:]}"))


def _of_disability_card(number: str, today: date) -> IdNumber:
    """The number is followed by the class of disability (GB/T 26341), its level, and "B1" on a card issued again."""
    id_number = _checked(number[:18], today)
    if number[18] not in "1234567":
        raise InvalidIdNumber(Fault.CARD_CLASS)
    if number[19] not in "1234":
        raise InvalidIdNumber(Fault.CARD_LEVEL)
    if number[20:] and not _REISSUE.match(number[20:]):
        raise InvalidIdNumber(Fault.CARD_REISSUE)
    return id_number


def _all_digits(text: str) -> bool:
    # isdigit alone would let digits of other scripts through
    return text.isascii() and text.isdigit()
