"""Which reports are taken, and with what weight. Pure: the day, the feed and the areas come in as arguments."""

import math
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple, Protocol, TypeAlias

import orjson
from jsonschema_rs import Draft202012Validator, ValidationError

from services.alerts.rules.alerts import Severity
from services.alerts.rules.screening_rules import Rule
from shared.errors import Fault
from shared.idnumber import IdNumber, InvalidIdNumber
from shared.idnumber import normalise as normalise_id_number
from shared.messages import Language, listed

_LOOKS_LIKE_ID_NUMBER = re.compile(r"(?<![0-9])[0-9]{17}[0-9Xx](?![0-9])")
_ID_NUMBER_LENGTH = 18
_EXACT = 1 << 53  # up to here whole numbers are the same as both
NumberType: TypeAlias = type[int] | type[float]
UNSENDABLE = Fault("evidence", "evidence-invalid")
SCHEMA_FAULTS = {
    "required": "field-missing",
    "additionalProperties": "field-unknown",
    "minimum": "number-out-of-range",
    "maximum": "number-out-of-range",
    "enum": "choice-invalid",
    "minLength": "text-too-short",
    "maxLength": "text-too-long",
}
SCHEMA_PARAMS: Mapping[str, Callable[[Any], Mapping[str, Any]]] = {
    "enum": lambda choices: {"expected": listed(choices)},
    "minLength": lambda least: {"min_length": least},
    "maxLength": lambda most: {"max_length": most},
}
"""What is told of a keyword that a value breaks, made of what it asks."""
"""By keyword of a schema: the code of what breaks it; `evidence-invalid` for any other."""


class Draft(Protocol):
    """What a bureau reports, as far as these rules look at it."""

    @property
    def source_ref(self) -> str | None: ...
    @property
    def occurred_on(self) -> date: ...
    @property
    def area_code(self) -> str: ...
    @property
    def severity(self) -> Severity | None: ...
    @property
    def evidence(self) -> Mapping[str, Any]: ...
    @property
    def id_number(self) -> str | None: ...
    @property
    def subjects(self) -> int: ...
    @property
    def about_areas(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed with its evidence schema compiled."""

    code: str
    risk_family: str
    default_severity: Severity
    evidence: Draft202012Validator
    reporters: frozenset[str] = frozenset({"bureau"})  # the roles that may report under it
    about_areas: bool = False
    titles: Mapping[Language, Mapping[str, str]] = field(default_factory=dict)  # of the fields of evidence
    numbers: Mapping[str, NumberType] = field(default_factory=dict)  # what each of them that holds a number is


@dataclass(frozen=True, slots=True)
class Reference:
    """What a report is screened against: the active feeds, the codes of today's areas, and each feed's rules."""

    feeds: Mapping[str, Feed]
    areas: frozenset[str]
    rules: Mapping[str, tuple[Rule, ...]] = field(default_factory=dict)


class Screened(NamedTuple):
    """A draft that may become an alert."""

    id_number: IdNumber | None
    evidence: bytes  # as JSON, keys sorted: the same evidence is the same bytes, however its sender wrote it


def screen(draft: Draft, feed: Feed | None, *, area_known: bool, today: date) -> Screened | list[Fault]:
    """Whether a report is sound; else all its faults. `today` is the day in China."""
    faults = [*_subject_faults(draft, feed)]
    id_number = evidence = None
    if feed is None:
        faults.append(Fault("feed", "feed-unknown"))
    if not area_known:
        faults.append(Fault("area_code", "area-unknown" if draft.area_code else "field-missing"))
    if draft.occurred_on > today:
        faults.append(Fault("occurred_on", "date-in-future"))
    if draft.source_ref is not None and holds_id_number(draft.source_ref, today):
        faults.append(Fault("source_ref", "source-ref-personal"))
    if draft.id_number is not None:
        try:
            id_number = normalise_id_number(draft.id_number, today)
        except InvalidIdNumber as invalid:
            faults.append(Fault("person.id_number", invalid.code.value))
    if feed is not None:
        evidence = canonical(by_value(draft.evidence, feed.numbers))
        faults.extend(evidence_faults(feed.evidence, draft.evidence) if evidence else [UNSENDABLE])
    if faults or feed is None or evidence is None:
        return faults
    return Screened(id_number, evidence)


def _subject_faults(draft: Draft, feed: Feed | None) -> Sequence[Fault]:
    """A report is about one person, one household or some areas, as its feed is."""
    if draft.subjects != 1:
        return [Fault("", "person-or-household")]
    if feed is not None and feed.about_areas != draft.about_areas:
        return [Fault("area", "feed-about-areas" if feed.about_areas else "feed-not-about-areas")]
    return ()


def holds_id_number(text: str, today: date) -> bool:
    """Whether an ID number stands in a text that is kept in clear. A random 18-digit number passes 10 times of 11.

    Full-width digits count. Digits in groups do not: county, day and a sequence number are a usual reference.
    """
    if len(text) < _ID_NUMBER_LENGTH:
        return False
    for found in _LOOKS_LIKE_ID_NUMBER.findall(unicodedata.normalize("NFKC", text)):
        try:
            normalise_id_number(found, today)
        except InvalidIdNumber:
            continue
        return True
    return False


def by_value(evidence: Mapping[str, Any], numbers: Mapping[str, NumberType]) -> Mapping[str, Any]:
    """Evidence with numbers as tables have them: 6000 and 6000.0 are one, and so must be what is made of their text."""
    changed = {
        name: kind(value)
        for name, kind in numbers.items()
        if (value := evidence.get(name)) is not None
        and type(value) is not kind
        and type(value) in (int, float)
        and abs(value) <= _EXACT
        and kind(value) == value
    }
    return {**evidence, **changed} if changed else evidence


def canonical(evidence: Mapping[str, Any]) -> bytes | None:
    """As JSON with sorted keys. None for what satisfies many a schema but cannot be sent on.

    Those are numbers beyond 64 bits or beyond a double, and broken characters.
    """
    try:
        text = orjson.dumps(evidence, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        return None
    # orjson writes null for infinity
    return None if b"null" in text and not _all_finite(evidence) else text


def _all_finite(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(map(_all_finite, value.values()))
    if isinstance(value, list):
        return all(map(_all_finite, value))
    return not isinstance(value, float) or math.isfinite(value)


def evidence_faults(validator: Draft202012Validator, evidence: Mapping[str, Any]) -> Sequence[Fault]:
    """What the feed's JSON Schema finds wrong, without the values; nothing when all is well."""
    if validator.is_valid(evidence):
        return ()
    return [fault for error in validator.iter_errors(evidence) for fault in _faults_of(error)]


def _faults_of(error: ValidationError) -> Iterator[Fault]:
    kind: Any = error.kind
    place = ".".join(["evidence", *map(str, error.instance_path)])
    code = SCHEMA_FAULTS.get(kind.name, "evidence-invalid")
    if kind.name == "required":
        yield Fault(f"{place}.{kind.property}", code)
    elif kind.name in SCHEMA_PARAMS:
        yield Fault(place, code, SCHEMA_PARAMS[kind.name](kind.options if kind.name == "enum" else kind.limit))
    else:  # of an unknown field not even the name is told: it is input as well
        yield Fault(place, code)
