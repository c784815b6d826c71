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
_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2], np.float32)
_CHECKS = "10X98765432"
_CHECK = np.frombuffer(_CHECKS.encode(), np.uint8)
_DAYS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] + [0] * 87, np.int32)
_ZERO, _X, _SMALL_X, _B = (np.uint8(ord(c)) for c in "0Xxb")


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
    typed = texts.cast(pl.Binary).bin.reinterpret(dtype=pl.Array(pl.UInt8, length)).to_numpy()
    if typed.min() <= 0x20 or typed.max() > 0x7E:  # blanks, full width, or letters: some may still be numbers
        plain = pl.Series(((typed > 0x20) & (typed <= 0x7E)).all(axis=1))
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


def _one_by_one(texts: pl.Series, today: date) -> tuple[pl.Series, pl.Series]:
    different = texts.unique()
    found = idnumber.check_many(different.to_list(), today)
    numbers = pl.Series([None if isinstance(f, Fault) else str(f) for f in found], dtype=pl.String)
    codes = pl.Series([f.value if isinstance(f, Fault) else None for f in found], dtype=pl.String)
    answers = pl.DataFrame({"text": different, "number": numbers, "code": codes})
    joined = pl.DataFrame({"text": texts}).join(answers, on="text", how="left", maintain_order="left")
    return joined["number"], joined["code"]


def _full(texts: pl.Series, typed: Bytes, today: date) -> tuple[pl.Series, Bytes]:
    small = (typed[:, 17] == _SMALL_X).any()
    return texts.str.to_uppercase() if small else texts, _faults(typed, today)


def _old(texts: pl.Series, typed: Bytes, today: date) -> tuple[pl.Series, Bytes]:
    """15 digits: a year of two digits in the 1900s, no check character."""
    century = np.broadcast_to(np.frombuffer(b"19", np.uint8), (len(typed), 2))
    body = np.concatenate([typed[:, :6], century, typed[:, 6:]], axis=1)
    checks = _remainders(body - _ZERO)
    faults = _faults(np.concatenate([body, _CHECK[checks][:, None]], axis=1), today)
    check = pl.Series(list(_CHECKS)).gather(pl.Series(checks))
    parts = pl.DataFrame({"text": texts, "check": check})
    text = pl.col("text")
    whole = pl.concat_str(text.str.slice(0, 6), pl.lit("19"), text.str.slice(6), pl.col("check"))
    return parts.select(whole).to_series(), faults


def _card(texts: pl.Series, typed: Bytes, today: date) -> tuple[pl.Series, Bytes]:
    """A disability card: the ID number, class, level, and a suffix when it was issued again."""
    faults = _faults(typed[:, :18], today)
    digits = typed - _ZERO  # wraps below "0", so one comparison tells a digit
    wrong_class = (digits[:, 18] < 1) | (digits[:, 18] > 7)
    wrong_level = (digits[:, 19] < 1) | (digits[:, 19] > 4)
    reissue = np.zeros(len(typed), bool)
    if typed.shape[1] == 22:
        first = (typed[:, 20] == _B) | (typed[:, 20] == ord("B")) | (digits[:, 20] <= 9)
        reissue = ~first | (digits[:, 21] > 9)
    for wrong, fault in (
        (wrong_class, Fault.CARD_CLASS),
        (wrong_level, Fault.CARD_LEVEL),
        (reissue, Fault.CARD_REISSUE),
    ):
        faults = np.where((faults == _GOOD) & wrong, _CODE[fault], faults)
    return texts.str.slice(0, 18).str.to_uppercase(), faults


_PLAIN = {18: _full, 15: _old, 20: _card, 22: _card}


def _faults(typed: Bytes, today: date) -> Bytes:
    """Of each 18 characters the number of its fault, in the order in which `shared.idnumber` looks for them."""
    digits = typed[:, :17] - _ZERO
    check = np.where(typed[:, 17] == _SMALL_X, _X, typed[:, 17])
    characters = (digits > 9).any(axis=1) | ((check - _ZERO > 9) & (check != _X))
    expected = _CHECK[_remainders(digits)]
    years, months, days = (_number(digits, *span) for span in ((6, 10), (10, 12), (12, 14)))
    leap = (months == 2) & (years % 4 == 0) & ((years % 100 != 0) | (years % 400 == 0))
    no_day = (days < 1) | (days > _DAYS[np.clip(months, 0, 99)] + leap) | (years < today.year - idnumber.OLDEST_YEARS)
    future = (years * 100 + months) * 100 + days > (today.year * 100 + today.month) * 100 + today.day
    faults = np.where(future, _CODE[Fault.FUTURE], _GOOD)
    faults = np.where(no_day, _CODE[Fault.DATE], faults)
    faults = np.where(expected != check, _CODE[Fault.CHECKSUM], faults)
    return np.where(characters, _CODE[Fault.CHARACTERS], faults)


def _remainders(digits: Bytes) -> npt.NDArray[np.intp]:
    return (digits.astype(np.float32) @ _WEIGHTS).astype(np.intp) % 11


def _number(digits: Bytes, start: int, stop: int) -> npt.NDArray[np.int32]:
    total = np.zeros(len(digits), np.int32)
    for at in range(start, stop):
        total = total * 10 + digits[:, at]
    return total
