"""The words of spreadsheets (`words.toml`), and the form in which they are compared."""

import re
import tomllib
import unicodedata
from pathlib import Path
from typing import Any

_WORDS: dict[str, Any] = tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))
_NOTHING_TO_SEE = re.compile(r"[\s\u200b-\u200f\u202a-\u202e\u2060\ufeff\x00-\x1f]+")

BLANK = frozenset(_WORDS["blank"])
BLANK_UNLESS_TEXT = BLANK | frozenset(_WORDS["blank_unless_text"])
BLANK_UNLESS_YES_OR_NO = BLANK | frozenset(_WORDS["blank_unless_yes_or_no"])
YES_OR_NO: dict[str, bool] = {**dict.fromkeys(_WORDS["yes"], True), **dict.fromkeys(_WORDS["no"], False)}
YES, NO = _WORDS["yes"][0], _WORDS["no"][0]
"""The plainest of them, by which other words may be explained."""
ERRORS = frozenset(_WORDS["errors"])
ASIDES = frozenset(_WORDS["asides"])
UNITS: dict[str, int] = _WORDS["units"]
_TOTAL = re.compile(rf"\W*(?:{'|'.join(_WORDS['totals'])})(?:人?数|户数|金额)?[\W\d_]*[人户元次笔条]*\W*")
_NOTE = re.compile(rf"\W*(?:{'|'.join(_WORDS['notes'])}|第.{{1,5}}页|共.{{1,7}}[页条人户笔])")


def plain(text: str) -> str:
    """`text` as it is compared: full-width forms made narrow, no blanks or line breaks, lower case."""
    return _NOTHING_TO_SEE.sub("", unicodedata.normalize("NFKC", text)).casefold()


def is_total(text: str) -> bool:
    """Whether the cell says that its row is a sum: 合 计：, 总计, 小计（元）, 本页合计 12 人."""
    return _TOTAL.fullmatch(plain(text)) is not None


def names_sums(text: str) -> bool:
    """Whether a sheet of that name only adds up what stands in others: 汇总表, 分村统计, Summary."""
    name = plain(text)
    return any(word in name for word in _WORDS["sums"])


def begins_note(text: str) -> bool:
    """Whether the cell reads like a line below a table: who made it, when, what it means."""
    return _NOTE.match(plain(text)) is not None


def variants(words: frozenset[str]) -> list[str]:
    """`words` as they are found in cells: also in capitals and full width."""
    wide = {word.translate(_WIDE) for word in words}
    return sorted({form for word in words | wide for form in (word, word.upper(), word.capitalize())} | {""})


_WIDE = {ord(c): ord(c) + 0xFEE0 for c in "-/\\?*()"}
