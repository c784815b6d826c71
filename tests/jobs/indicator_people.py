"""People built up for indicators: a frame of raw fields, and the rules that are shipped."""

from typing import Any

import polars as pl

from services.jobs.rules.indicators import IndicatorRules, prepared
from shared.contracts.jobs_indicator_policies import LabourIndicators, LabourTargets
from shared.contracts.labour_facts import RAW_TYPES
from shared.ids import new_id
from tests.shipped import DEFAULTS

BODIES: dict[str, Any] = {kind: body for kind, body in DEFAULTS.items() if kind.startswith("labour-")}
RULES = IndicatorRules.of(new_id(), LabourIndicators.model_validate(BODIES["labour-indicators"]))
TARGETS = LabourTargets.model_validate(BODIES["labour-targets"])
VILLAGE = "539921100200"
DTYPES = {"number": pl.Float64, "text": pl.String, "date": pl.Date, "boolean": pl.Boolean}
SCHEMA = {"person_id": pl.String, "household_id": pl.String, **{n: DTYPES[t] for n, t in RAW_TYPES.items()}}
USUAL: dict[str, Any] = {
    "area_code": VILLAGE,
    "household_class": "ordinary",
    "relocated": False,
    "age": 35.0,
    "pupil": False,
    "labour_skill": "ordinary",
    "in_ledger": True,
}


def frame(*groups: tuple[int, dict[str, Any]], size: int = 1) -> pl.DataFrame:
    """So many people of each kind, prepared by the shipped rules; a household has `size` of them in their order."""
    frames, start = [], 0
    for number, kind in groups:
        row = {**dict.fromkeys(SCHEMA), **USUAL, **kind}
        made = pl.DataFrame([row], schema=SCHEMA).drop("person_id", "household_id")
        repeated = pl.concat([made] * number) if number < 10 else made.select(pl.all().repeat_by(number).explode())
        ids = pl.int_range(start, start + number, eager=True)
        frames.append(
            repeated.select(
                ids.cast(pl.String).str.zfill(8).alias("person_id"),
                (ids // size).cast(pl.String).alias("household_id"),
                pl.all(),
            )
        )
        start += number
    return prepared(RULES, pl.concat(frames))
