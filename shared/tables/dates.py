"""Dates as people and spreadsheets write them: `2026-03-02 2026/3/2 2026.3.2 20260302 2026年3月2日`, or a day's number."""

from datetime import date

import polars as pl

from shared.clock import FIRST_YEAR, LAST_YEAR

EPOCH_1900 = date(1899, 12, 30)
"""Day 0 of a spreadsheet, for the days after February 1900."""
EPOCH_1904 = date(1904, 1, 1)

_TIME = (
    r"(?:(?:T\s*|\s*)[0-9]{1,2}[:时][0-9]{1,2}(?:[:分][0-9]{0,2}(?:\.[0-9]+)?秒?)?"
    r"\s*(?:Z|[+-][0-9]{2}:?[0-9]{2}|AM|PM)?)?"
)
_WRITTEN = (
    r"^(?:(?P<y>[0-9]{4})\s*[-/.\\年]\s*(?P<m>[0-9]{1,2})\s*[-/.\\月]\s*(?P<d>[0-9]{1,2})"
    rf"(?:\s*[日号T]\s*{_TIME}|\s+{_TIME})?"
    r"|(?P<ymd>[0-9]{8})(?:[0-9]{6}|[0-9]{4})?"
    r"|(?P<serial>[0-9]{5})(?:\.[0-9]+)?)$"
)

_SIMPLE = (
    ("^[0-9]{4}/[0-9]{1,2}/[0-9]{1,2}$", "%Y/%m/%d"),
    ("^[0-9]{8}$", "%Y%m%d"),
    ("^[0-9]{4}年[0-9]{1,2}月[0-9]{1,2}日$", "%Y年%m月%d日"),
    ("^[0-9]{4}[.][0-9]{1,2}[.][0-9]{1,2}$", "%Y.%m.%d"),
)


def dates(texts: pl.Series, epoch: date = EPOCH_1900) -> tuple[pl.Series, pl.Series | None]:
    """Each text as a day; and which are none (null texts are no mistake). `epoch` is day 0 of bare day numbers."""
    lengths = texts.str.len_bytes()
    ten = texts if (lengths == 10).all() else pl.select(pl.when(lengths == 10).then(texts)).to_series()
    values = _within_years(ten.str.to_date("%Y-%m-%d", strict=False))
    for reading in (_simply, lambda odd: _as_written(odd, epoch)):
        if values.null_count() == texts.null_count():
            return values.alias(texts.name), None
        at = (values.is_null() & texts.is_not_null()).arg_true()
        values = values.scatter(at, _within_years(reading(texts.gather(at))))
    return values.alias(texts.name), (values.is_null() & texts.is_not_null()).arg_true()


_MONTH = r"^(?P<y>[0-9]{4})\s*(?:[-/.\\年]\s*)?(?P<m>0[1-9]|1[0-2])\s*(?:月份?)?$"
_SHORT = r"^(?P<y>[0-9]{4})\s*[-/\\年]\s*(?P<m>[1-9])\s*(?:月份?)?$"
"""Not behind a point: as a number 2026.10 and 2026.1 are the same."""
_YEAR = r"^([0-9]{4})\s*(?:年度?)?$"


def months(texts: pl.Series, epoch: date = EPOCH_1900) -> tuple[pl.Series, pl.Series | None]:
    """Each text as a month, `2026-10`: so written, as `2026年10月 202610 2026.10`, or by a day in it. A year stays one."""
    text = pl.col("text").str.normalize("NFKC").str.strip_chars()
    forms = [text.str.extract_groups(form).alias(str(n)) for n, form in enumerate((_MONTH, _SHORT))]
    parts = pl.DataFrame({"text": texts}).select(*forms, year=text.str.extract(_YEAR))
    written = [
        pl.concat_str(
            pl.col(n).struct.field("y"), pl.col(n).struct.field("m").str.zfill(2), separator="-", ignore_nulls=False
        )
        for n in ("0", "1")
    ]
    values = parts.select(pl.coalesce(*written, "year")).to_series().alias(texts.name)
    odd = (values.is_null() & texts.is_not_null()).arg_true()
    if odd.is_empty():
        return values, None
    days, _ = dates(texts.gather(odd), epoch)
    values = values.scatter(odd, days.dt.strftime("%Y-%m"))
    wrong = odd.filter(days.is_null())
    return values, wrong if len(wrong) else None


def _within_years(days: pl.Series) -> pl.Series:
    inside = days.is_between(date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 31))
    return days if inside.all() else pl.select(pl.when(inside).then(days)).to_series()


def _simply(texts: pl.Series) -> pl.Series:
    """The commonest forms, without taking them apart."""
    t = pl.col("t")
    forms = [pl.when(t.str.contains(form)).then(t).str.to_date(f, strict=False) for form, f in _SIMPLE]
    return texts.to_frame("t").select(pl.coalesce(forms)).to_series()


def _as_written(texts: pl.Series, epoch: date) -> pl.Series:
    text = pl.col("text").str.normalize("NFKC")
    parts = pl.DataFrame({"text": texts}).select(text.str.extract_groups(_WRITTEN).alias("p")).unnest("p")
    written = pl.concat_str(
        pl.col("y"), pl.col("m").str.zfill(2), pl.col("d").str.zfill(2), ignore_nulls=False
    ).str.to_date("%Y%m%d", strict=False)
    run_together = pl.col("ymd").str.to_date("%Y%m%d", strict=False)
    days = pl.col("serial").cast(pl.Int64, strict=False)
    counted = pl.lit(epoch) + pl.duration(days=days)
    return parts.select(pl.coalesce(written, run_together, counted)).to_series()
