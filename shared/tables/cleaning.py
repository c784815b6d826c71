"""What is done to every cell before its kind is asked: marks of spreadsheets taken off, cells that hold no text found.

Most files have none of these, and a look at the bytes tells: `signs_in` says which of the signs that matter are
there, and only these are looked for cell by cell.
"""

from collections.abc import Set
from typing import TypeAlias

import numpy as np
import polars as pl

from shared.tables.words import BLANK, ERRORS, variants

Wrong: TypeAlias = tuple[pl.Series, str | pl.Series]
"""Where in a column (places in the run of rows), and the code for all of them or for each."""

SPACE = " "
MARKS = frozenset("'‘’`=")
SIGNS = MARKS | frozenset((SPACE, "#", "\0", "\ufffd", "+"))
"""What may have to be looked at. A plain blank stands for all of them."""

_BLANKS = (b" ", b"\t", b"\v", b"\f", b"\xc2", b"\xe1", b"\xe2", b"\xe3")  # or what one may begin with
_RETURN, _LINE = (ord(c) for c in "\r\n")
_CACHED = 1 << 18  # bytes that are looked at twice while the processor still has them at hand
_ERRORS = variants(ERRORS)
_NOTHING = variants(BLANK)
_QUOTED_FORMULA = r'^="([^"]*)"$'
_TEXT_MARK = r"^['‘’`]([0-9Xx=+\-@].*)$"
_LONG_NUMBER = r"^[0-9](?:\.[0-9]+)?[eE]\+(?:1[5-9]|[2-9][0-9])$"


def signs_in(text: bytes, separator: str) -> Set[str]:
    """Which of `SIGNS` are in UTF-8 `text`; a return before a line feed is part of the line's end."""
    found = {sign for sign in SIGNS - {SPACE, "‘", "’", "\ufffd"} if sign.encode() in text}
    if b"\xe2" in text:  # one byte is found twenty times as fast as three
        found |= {sign for sign in "‘’" if sign.encode() in text}
    if b"\xef" in text and b"\xef\xbf\xbd" in text:
        found.add("\ufffd")
    if any(blank in text for blank in _BLANKS if blank != separator.encode()) or _returns_within_lines(text):
        found.add(SPACE)
    return found


def _returns_within_lines(text: bytes) -> bool:
    if b"\r" not in text:
        return False
    if text.endswith(b"\r"):
        return True
    signs = np.frombuffer(text, np.uint8)
    parts = (signs[start : start + _CACHED + 1] for start in range(0, len(signs), _CACHED))
    return any(((part[:-1] == _RETURN) & (part[1:] != _LINE)).any() for part in parts)


def cleaned(texts: pl.Series, signs: Set[str], *, as_text: bool) -> tuple[pl.Series, list[Wrong]]:
    """The texts without `'` and `="..."`, which keep digits text in a spreadsheet; and the cells that hold no text.

    `as_text` says that a long number is no longer one a spreadsheet would have kept whole.
    """
    t = pl.col("t")
    marks = [t.str.starts_with(mark) for mark in MARKS & signs]
    if marks and texts.to_frame("t").select(pl.any_horizontal(marks).any()).item():
        texts = _without_marks(texts)
    wrong: list[Wrong] = []
    for sign, code, mask in (
        ("#", "cell-error", t.str.starts_with("#") & t.is_in(_ERRORS)),
        ("\0", "text-unstorable", t.str.contains("\0", literal=True)),
        ("\ufffd", "text-undecodable", t.str.contains("\ufffd", literal=True)),
        ("+", "digits-lost", t.str.contains("+", literal=True) & t.str.contains(_LONG_NUMBER) & as_text),
    ):
        if sign in signs:
            at = texts.to_frame("t").select(mask.fill_null(False)).to_series()
            if at.any():
                wrong.append((at.arg_true(), code))
                texts = without(texts, at)
    return texts, wrong


def mask_of(wrong: list[Wrong], length: int) -> pl.Series:
    """The places of `wrong` as a mask."""
    mask = pl.repeat(False, length, eager=True, dtype=pl.Boolean)
    for at, _ in wrong:
        mask = mask.scatter(at, True)
    return mask


def without(values: pl.Series, mask: pl.Series) -> pl.Series:
    """`values`, with nothing where `mask` is true."""
    return pl.select(pl.when(~mask).then(values).alias(values.name)).to_series()


def _without_marks(texts: pl.Series) -> pl.Series:
    t = pl.col("t")
    bare = pl.coalesce(t.str.extract(_QUOTED_FORMULA), t.str.extract(_TEXT_MARK), t).str.strip_chars()
    nothing = (bare != t) & bare.is_in(_NOTHING)
    return texts.to_frame("t").select(pl.when(~nothing).then(bare).alias(texts.name)).to_series()
