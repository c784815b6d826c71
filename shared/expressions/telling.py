"""A comparison as a sentence that a person can check: "self-paid (yuan) is 42300, above 35500 (parameter share)"."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

import polars as pl

from shared.expressions.holding import Comparison, plain
from shared.expressions.lacking import Lack, nearest
from shared.messages import Language, listed

_CODES = {
    **dict(zip(("=", "<>", "<", "<=", ">", ">="), ("eq", "ne", "lt", "le", "gt", "ge"), strict=True)),
    **{words: words.replace(" ", "-") for words in ("in", "not in", "like", "not like")},
    **{f"is {word}": word.replace(" ", "-") for word in ("null", "not null", "true", "false")},
}
CODES: frozenset[str] = frozenset(f"explanation-{code}" for code in _CODES.values())
"""The texts this needs."""


class Texts(Protocol):
    """A message catalogue."""

    def text(self, code: str, language: Language, **params: Any) -> str: ...


Words = Mapping[str, Callable[[str], str]]
"""For fields whose values are codes, by their name: a code in words."""


def sentence(reason: Comparison, texts: Texts, language: Language, words: Words | None = None) -> str:
    """One comparison in words. `words`: what to call the values of fields that hold codes."""
    if reason.operator == "<>" and isinstance(reason.value, bool):  # not yes is no: that is told once as well
        reason = replace(reason, operator="=", threshold=reason.value)
    [word] = {(words or {}).get(name) for name in reason.fields} if len(reason.fields) == 1 else [None]
    threshold = shown(reason.threshold, texts, language, word)
    if reason.formula is not None:
        threshold = texts.text("explanation-formula", language, threshold=threshold, formula=reason.formula)
    elif reason.parameter is not None:
        threshold = texts.text("explanation-parameter", language, threshold=threshold, parameter=reason.parameter)
    code = f"explanation-{_CODES[reason.operator]}"
    value = shown(reason.value, texts, language, word)
    return texts.text(code, language, field=reason.field, value=value, threshold=threshold)


def shown(value: Any, texts: Texts, language: Language, word: Callable[[str], str] | None = None) -> str:
    """A value as people write it."""
    if isinstance(value, bool):
        return texts.text("yes" if value else "no", language)
    if isinstance(value, tuple):
        return listed(shown(one, texts, language, word) for one in value)[language]
    if isinstance(value, str) and word is not None:
        return word(value)
    return plain(value)


def sentences(found: Sequence[Lack], texts: Texts, language: Language) -> pl.Expr:
    """What rows of a frame lack, in words, the nearest of each kind; null where that is nothing."""
    told = [pl.coalesce([_told(lack, texts, language) for lack in group]) for group in nearest(found)]
    if not told:
        return pl.lit(None, pl.String)
    text = pl.concat_str(told, separator=texts.text("explanation-between", language), ignore_nulls=True)
    return pl.when(text != "").then(text)


_HERE = "\0"


def _told(lack: Lack, texts: Texts, language: Language) -> pl.Expr:
    said = replace(lack.said, value=_HERE)
    if said.operator == "<>" and lack.type == "boolean":
        said = replace(said, operator="=", threshold=_HERE)
    first, *rest = sentence(said, texts, language).split(_HERE)
    value, text = _written(lack, texts, language), pl.lit(first)
    for part in rest:
        text = pl.concat_str(text, value, pl.lit(part))
    none = sentence(replace(lack.said, operator="is null", threshold=None, parameter=None), texts, language)
    return pl.when(lack.fails).then(pl.when(lack.value.is_null()).then(pl.lit(none)).otherwise(text))


def _written(lack: Lack, texts: Texts, language: Language) -> pl.Expr:
    """The values as `plain` has them."""
    match lack.type:
        case "number":
            return lack.value.cast(pl.String).str.strip_suffix(".0")
        case "date":
            return lack.value.dt.to_string("iso")
        case "boolean":
            yes, no = (pl.lit(texts.text(code, language)) for code in ("yes", "no"))
            return pl.when(lack.value).then(yes).otherwise(no)
        case _:
            return lack.value
