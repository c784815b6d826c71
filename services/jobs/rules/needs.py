"""Needs for work as they are entered."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Wishes:
    """What somebody wants of work; what nobody said keeps its default. `wage_floor` in yuan a month."""

    wants_change: bool = False
    wanted_trades: tuple[str, ...] = ()
    wage_floor: Decimal | None = None
    refused_areas: tuple[str, ...] = ()
    care_within_km: int | None = None
    lodging_needed: bool = False
    night_ok: bool = True
    services: tuple[str, ...] = ()
    until_on: date | None = None
