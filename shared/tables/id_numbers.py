"""`shared.idnumber.normalise` for a whole column at once. Equal to it in every number and every fault."""

from datetime import date
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from shared import idnumber
from shared.idnumber import Fault

Bytes: TypeAlias = npt.NDArray[np.uint8]

_FAULTS = [None, *(fault.value for fault in Fault)]
_CODE = {fault: np.uint8(number) for number, fault in enumerate(Fault, 1)}
_GOOD = np.uint8(0)
_CHECKS = "10X98765432"
_ZERO, _X, _SMALL_X, _B, _SMALL_B = (np.uint8(ord(c)) for c in "0XxBb")

_WEIGHTS = np.array((7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2), np.uint16)
_TENS = np.array((1000, 100, 10, 1), np.uint16)
_SUMS = 9 * int(_WEIGHTS.sum()) + 1
_CHECK_OF_SUM = np.frombuffer((_CHECKS * (_SUMS // 11 + 1)).encode(), np.uint8)[:_SUMS]
_PLACE_OF_CHECK = np.zeros(128, np.uint8)
_PLACE_OF_CHECK[np.frombuffer(_CHECKS.encode(), np.uint8)] = np.arange(11)
_NO_DAY, _DAY, _LEAP_DAY = 0, 1, 2
_DAYS = np.zeros(10_000, np.uint8)  # by month and day
for _month, _days in enumerate((31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31), 1):
    _DAYS[_month * 100 + 1 : _month * 100 + _days + 1] = _DAY
_DAYS[229] = _LEAP_DAY


def normalise_column(texts: pl.Series, today: date) -> tuple[pl.Series, pl.Series]:
    """For each text the number of 18 characters or null, and the code of its fault or null. Both null for null."""
    lengths = texts.str.len_bytes()
    if texts.null_count() == 0 and len(texts) and (lengths == 18).all():
        numbers, codes = _of_length(texts, 18, today)
        return numbers, codes
    numbers, codes = _nothing(len(texts)), _nothing(len(texts))
    for length in lengths.drop_nulls().unique().to_list():
        at = (lengths == length).arg_true()
        found = _of_length(texts.gather(at), length, today)
        numbers, codes = numbers.scatter(at, found[0]), codes.scatter(at, found[1])
    return numbers.alias(texts.name), codes


def _nothing(length: int) -> pl.Series:
    return pl.repeat(None, length, dtype=pl.String, eager=True)


def _of_length(texts: pl.Series, length: int, today: date) -> tuple[pl.Series, pl.Series]:
    if length not in (15, 18, 20, 22):
        return _one_by_one(texts, today)
    typed = _by_place(texts, length)
    if typed.min() <= 0x20 or typed.max() > 0x7E:  # blanks, full width, or letters: some may still be numbers
        plain = pl.Series(((typed > 0x20) & (typed <= 0x7E)).all(axis=0))
        if not plain.any():
            return _one_by_one(texts, today)
        good, odd = _of_length(texts.filter(plain), length, today), _one_by_one(texts.filter(~plain), today)
        at, rest = plain.arg_true(), (~plain).arg_true()
        return tuple(  # type: ignore[return-value]
            _nothing(len(texts)).scatter(at, g).scatter(rest, o) for g, o in zip(good, odd, strict=True)
        )
    numbers, faults = _PLAIN[length](texts, typed, today)
    if not faults.any():
        return numbers, _nothing(len(texts))
    codes = pl.Series(_FAULTS, dtype=pl.String).gather(pl.Series(faults))
    return pl.select(pl.when(codes.is_null()).then(numbers)).to_series(), codes


def _by_place(texts: pl.Series, length: int) -> Bytes:
    """Texts of `length` bytes as one row for each place: what is done to a place is then done to memory in order."""
    typed = texts.cast(pl.Binary).bin.reinterpret(dtype=pl.Array(pl.UInt8, length)).to_numpy()
    return np.ascontiguousarray(typed.T)


def _one_by_one(texts: pl.Series, today: date) -> tuple[pl.Series, pl.Series]:
    different = texts.unique()
    found = idnumber.check_many(different.to_list(), today)
    numbers = pl.Series([None if isinstance(f, Fault) else str(f) for f in found], dtype=pl.String)
    codes = pl.Series([f.value if isinstance(f, Fault) else None for f in found], dtype=pl.String)
    answers = pl.DataFrame({"text": different, "number": numbers, "code": codes})
    joined = pl.DataFrame({"text": texts}).join(answers, on="text", how="left", maintain_order="left")
    return joined["number"], joined["code"]


def _full(texts: pl.Series, typed: Bytes, today: date) -> tuple[pl.Series, Bytes]:
    small = (typed[17] == _SMALL_X).any()
    return texts.str.to_uppercase() if small else texts, _faults(typed, today)


def _old(texts: pl.Series, typed: Bytes, today: date) -> tuple[pl.Series, Bytes]:
    """15 digits: a year of two digits in the 1900s, no check character."""
    whole = np.empty((18, typed.shape[1]), np.uint8)
    whole[:6], whole[6], whole[7], whole[8:17] = typed[:6], ord("1"), ord("9"), typed[6:]
    no_digit = (typed - _ZERO > 9).any(axis=0)
    whole[:, no_digit] = _ZERO
    whole[17] = _CHECK_OF_SUM[_weighed(whole[:17] - _ZERO, _WEIGHTS)]
    faults = np.where(no_digit, _CODE[Fault.CHARACTERS], _faults(whole, today))
    check = pl.Series(list(_CHECKS)).gather(pl.Series(_PLACE_OF_CHECK[whole[17]]))
    text = pl.col("text")
    number = pl.concat_str(text.str.slice(0, 6), pl.lit("19"), text.str.slice(6), pl.col("check"))
    return pl.DataFrame({"text": texts, "check": check}).select(number).to_series(), faults


def _card(texts: pl.Series, typed: Bytes, today: date) -> tuple[pl.Series, Bytes]:
    """A disability card: the ID number, class, level, and a suffix when it was issued again."""
    faults = _faults(typed[:18], today)
    digits = typed[18:] - _ZERO  # wraps below "0", so one comparison tells a digit
    reissue = np.zeros(len(faults), bool)
    if len(typed) == 22:
        reissue = ((typed[20] | 0x20) != _SMALL_B) & (digits[2] > 9) | (digits[3] > 9)
    for wrong, fault in (
        ((digits[0] < 1) | (digits[0] > 7), Fault.CARD_CLASS),
        ((digits[1] < 1) | (digits[1] > 4), Fault.CARD_LEVEL),
        (reissue, Fault.CARD_REISSUE),
    ):
        faults[(faults == _GOOD) & wrong] = _CODE[fault]
    return texts.str.slice(0, 18).str.to_uppercase(), faults


_PLAIN = {18: _full, 15: _old, 20: _card, 22: _card}


def _faults(typed: Bytes, today: date) -> Bytes:
    """Of each 18 characters the number of its fault, in the order in which `shared.idnumber` looks for them."""
    digits, check = typed[:17] - _ZERO, typed[17]  # wraps below "0"
    faults = np.zeros(len(check), np.uint8)
    if digits.max(initial=0) > 9:
        no_digit = (digits > 9).any(axis=0)
        faults[no_digit] = _CODE[Fault.CHARACTERS]
        digits[:, no_digit] = 0
    expected = _CHECK_OF_SUM[_weighed(digits, _WEIGHTS)]
    years, days = _weighed(digits[6:10], _TENS), _weighed(digits[10:14], _TENS)
    right = (check == expected) | ((check == _SMALL_X) & (expected == _X))
    kind = _DAYS[days]
    leap = (years % 4 == 0) & ((years % 100 != 0) | (years % 400 == 0))
    no_day = (kind == _NO_DAY) | ((kind == _LEAP_DAY) & ~leap) | (years < max(today.year - idnumber.OLDEST_YEARS, 1))
    future = (years > today.year) | ((years == today.year) & (days > today.month * 100 + today.day))
    if right.all() and not no_day.any() and not future.any():
        return faults
    no_check = (check - _ZERO > 9) & (check != _X) & (check != _SMALL_X)
    for wrong, fault in (
        (no_check, Fault.CHARACTERS),
        (~right, Fault.CHECKSUM),
        (no_day, Fault.DATE),
        (future, Fault.FUTURE),
    ):
        faults[(faults == _GOOD) & wrong] = _CODE[fault]
    return faults


def _weighed(digits: Bytes, weights: npt.NDArray[np.uint16]) -> npt.NDArray[np.uint16]:
    """The sum of the digits times their weights, number by number; no sum is near 65,536."""
    total = np.zeros(digits.shape[1], np.uint16)
    for digit, weight in zip(digits, weights, strict=True):
        total += digit * weight
    return total
