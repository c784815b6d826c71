"""The input of a run as one text: whoever reads it back gets the same input, and from that the same proposal.

JSON with sorted keys, people by id, posts by id: its SHA-256 names the input. It says of nobody who they are by name,
but health, wage and village do: whoever stores it seals it.
"""

import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

import orjson

from services.jobs.rules.distances import Distances
from services.jobs.rules.matching_terms import Opening, Seeker, Stayed, Terms
from shared.contracts.jobs_match_policies import LabourDistances, MatchingWeights
from shared.contracts.jobs_posts_policies import PostRules

FORM = 1
"""Of the text; a later one must still read this."""
_SETS = frozenset({"health", "trades", "groups", "certificates", "health_limits"})
_TUPLES = frozenset({"wanted_trades", "refused_areas"})


@dataclass(frozen=True, slots=True)
class Input:
    """All that a run depends on, as of a day."""

    day: date
    seekers: Sequence[Seeker]
    openings: Sequence[Opening]
    terms: Terms


def written(given: Input) -> bytes:
    """The text of an input."""
    terms = given.terms
    body = {
        "form": FORM,
        "day": given.day.isoformat(),
        "weights": terms.weights.model_dump(mode="json"),
        "distances": terms.distances.body.model_dump(mode="json"),
        "post_rules": terms.post_rules.model_dump(mode="json"),
        "villagers": [[village, place, count] for (village, place), count in sorted(terms.villagers.items())],
        "stays": [[employer, seen.placed, seen.stayed] for employer, seen in sorted(terms.stays.items())],
        "seekers": [_plain(one) for one in sorted(given.seekers, key=lambda one: one.person_id)],
        "openings": [_plain(one) for one in sorted(given.openings, key=lambda one: one.post_id)],
    }
    return orjson.dumps(body, option=orjson.OPT_SORT_KEYS)


def read(text: bytes) -> Input:
    """The input of a text."""
    body = orjson.loads(text)
    terms = Terms(
        MatchingWeights.model_validate(body["weights"]),
        Distances(LabourDistances.model_validate(body["distances"])),
        {(village, place): count for village, place, count in body["villagers"]},
        {employer: Stayed(placed, stayed) for employer, placed, stayed in body["stays"]},
        PostRules.model_validate(body["post_rules"]),
    )
    seekers = [Seeker(**_typed(one)) for one in body["seekers"]]
    openings = [Opening(**_typed(one)) for one in body["openings"]]
    return Input(date.fromisoformat(body["day"]), seekers, openings, terms)


def packed(text: bytes) -> bytes:
    """Smaller by far: people and posts are much alike."""
    return zlib.compress(text, level=6)


def unpacked(small: bytes) -> bytes:
    """As it was."""
    return zlib.decompress(small)


def digest(text: bytes) -> str:
    """What names an input or a result: SHA-256, in hex."""
    return hashlib.sha256(text).hexdigest()


def _plain(one: Seeker | Opening) -> dict[str, Any]:
    values = {field.name: getattr(one, field.name) for field in fields(one)}
    return {name: sorted(value) if name in _SETS else value for name, value in values.items()}


def _typed(values: dict[str, Any]) -> dict[str, Any]:
    for name in _SETS & values.keys():
        values[name] = frozenset(values[name])
    for name in _TUPLES & values.keys():
        values[name] = tuple(values[name])
    return values
