"""Amounts and counts as people write them: `1,234.5元`, `￥1,234`, `1.2万`, `（3.5）` for less than nothing, full width."""

import polars as pl

from shared.tables.words import UNITS

EXACT = 2**53
"""From here on not every whole number can be told from the next."""

_UNITS = sorted(UNITS, key=len, reverse=True)
_SPACE = r"[\s\u{200b}\u{feff}]*"
_WRITTEN = (
    rf"^(?P<open>\()?{_SPACE}(?:人民币|rmb|cny)?{_SPACE}[¥￥$]?{_SPACE}(?P<sign>[+\-−–])?{_SPACE}[¥￥]?{_SPACE}"
    r"(?P<whole>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)?(?P<part>\.[0-9]*)?(?P<power>[eE][+-]?[0-9]{1,3})?"
    rf"{_SPACE}(?P<unit>{'|'.join(_UNITS)}){_SPACE}(?:整)?(?P<close>\))?$"
)

_SIMPLE = r"^[￥¥]?[+-]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]*)?元?$"


def numbers(texts: pl.Series, times: int = 1) -> tuple[pl.Series, pl.Series | None]:
    """Each text as a number, `times` as much; and which are none (null texts are no mistake)."""
    values = texts.cast(pl.Float64, strict=False)
    if not values.is_finite().all():  # the parser knows "inf" and "nan"
        values = pl.select(pl.when(values.is_finite()).then(values)).to_series()
    if times != 1:
        values = (values * times).round(6)
    for reading in (_simply, _as_written):
        if values.null_count() == texts.null_count():
            return values.alias(texts.name), None
        at = (values.is_null() & texts.is_not_null()).arg_true()
        values = values.scatter(at, reading(texts.gather(at), times))
    wrong = (values.is_null() & texts.is_not_null()).arg_true()
    return values.alias(texts.name), wrong


def integers(texts: pl.Series, times: int = 1) -> tuple[pl.Series, pl.Series | None]:
    """Each text as a whole number, `times` as much; and which are none."""
    values = texts.cast(pl.Int64, strict=False) * times
    wrong = None
    if values.null_count() > texts.null_count():
        at = (values.is_null() & texts.is_not_null()).arg_true()
        found, _ = numbers(texts.gather(at), times)
        whole = pl.select(pl.when((found == found.round(0)) & (found.abs() < EXACT)).then(found)).to_series()
        values = values.scatter(at, whole.cast(pl.Int64))
        wrong = at.filter(whole.is_null())
    return values.alias(texts.name), wrong


def _simply(texts: pl.Series, times: int) -> pl.Series:
    """The commonest ones, without taking them apart: `￥1,234.50`, `1,234.5元`."""
    t = pl.col("t")
    bare = t.str.strip_chars("￥¥元").str.replace_all(",", "", literal=True).cast(pl.Float64, strict=False)
    much = pl.when(t.str.ends_with("元")).then(1).otherwise(times)
    value = bare if times == 1 else (bare * much).round(6)
    return texts.to_frame("t").select(pl.when(t.str.contains(_SIMPLE)).then(value)).to_series()


def _as_written(texts: pl.Series, times: int) -> pl.Series:
    text = pl.col("text").str.normalize("NFKC").str.replace_all("，", ",", literal=True)
    parts = pl.DataFrame({"text": texts}).select(text.str.extract_groups(_WRITTEN).alias("p")).unnest("p")
    digits = pl.concat_str(
        pl.col("whole").fill_null("").str.replace_all(",", "", literal=True),
        pl.col("part").fill_null(""),
        pl.col("power").fill_null(""),
    )
    value = digits.cast(pl.Float64, strict=False)
    # A unit of its own counts for more than the one in the heading.
    much = [times if unit == "" else number for unit, number in UNITS.items()]
    unit = pl.col("unit").replace_strict(list(UNITS), much, default=None, return_dtype=pl.Float64)
    value = pl.when(unit == 1).then(value).otherwise((value * unit).round(6))
    less = (pl.col("sign").is_in(["-", "−", "–"])) | pl.col("open").is_not_null()
    balanced = pl.col("open").is_null() == pl.col("close").is_null()
    value = pl.when(less.fill_null(pl.col("open").is_not_null())).then(-value).otherwise(value)
    return parts.select(pl.when(balanced & value.is_finite()).then(value)).to_series()
