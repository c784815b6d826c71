"""The feeds that are shipped, as their files have them."""

import json
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parents[1] / "services" / "alerts" / "feeds"

Feed = dict[str, Any]
"""A file of `services/alerts/feeds/`: what the API takes, and the feed's first rule."""


@cache
def shipped_feeds() -> dict[str, Feed]:
    """Every feed by its code, in the order of the codes."""
    files = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(_FOLDER.glob("*.json"))]
    return {feed["code"]: feed for feed in files}


COMPARISONS = {
    "public-security": ("comparison.vehicle",),
    "natural-resources": ("comparison.property",),
    "market-regulation": ("comparison.company",),
    "treasury": ("comparison.public-payroll",),
    "finance": ("comparison.deposit",),
    "agriculture": ("comparison.machinery",),
}
"""Who answers which question of a comparison (信息比对): people of these bureaus, never their API keys."""


def feeds_of(bureau: str) -> tuple[str, ...]:
    """Codes of the feeds that a bureau owes."""
    return tuple(code for code, feed in shipped_feeds().items() if feed["bureau"]["code"] == bureau)
