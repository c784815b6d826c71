"""Labour brands (劳务品牌): trades in which people are concentrated, by the location quotient (区位商).

LQ = (people of the area in the trade / people of the area who work out) / (share of the trade in the reference).
Above 1 the trade is found here more often than there. P. Haggett, Locational Analysis in Human Geography (1965); the
measure itself goes back to P. S. Florence (1939). Which figures are the reference is the caller's to say.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TradeShare:
    """A trade in an area: how many of those who work out are in it, and how that compares with the reference.

    `quotient` None: the reference has nobody in it, so that nothing can be compared.
    """

    trade: str
    people: int
    share: float
    reference_share: float | None
    quotient: float | None
    brand: bool


def location_quotient(part: int, whole: int, reference_share: float | None) -> float | None:
    """The quotient of `part` of `whole`, against a share; None where one of the two has no people at all."""
    if whole <= 0 or not reference_share:
        return None
    return (part / whole) / reference_share


def shares(people: Mapping[str, int]) -> dict[str, float]:
    """Each trade's share of all."""
    whole = sum(people.values())
    return {trade: number / whole for trade, number in people.items()} if whole else {}


def rank_trades(
    people: Mapping[str, int], reference: Mapping[str, float], *, least_people: int, brand_from: float
) -> Sequence[TradeShare]:
    """Every trade of the area, the most concentrated first. A brand has `least_people` and reaches `brand_from`."""
    whole = sum(people.values())
    found = [
        _trade(trade, number, whole, reference.get(trade), least_people, brand_from)
        for trade, number in people.items()
        if number
    ]
    return sorted(found, key=lambda one: (one.quotient is None, -(one.quotient or 0), -one.people, one.trade))


def _trade(
    trade: str, number: int, whole: int, reference_share: float | None, least_people: int, brand_from: float
) -> TradeShare:
    quotient = location_quotient(number, whole, reference_share)
    brand = quotient is not None and quotient >= brand_from and number >= least_people
    return TradeShare(trade, number, number / whole, reference_share, quotient, brand)
