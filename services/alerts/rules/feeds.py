"""What a feed (预警类别) may be: its calendar, its reporters, and the columns of a bureau's export that it reads."""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, Protocol

from services.alerts.rules.evidence import Kind, evidence_kinds
from shared.errors import Conflict, Fault
from shared.messages import listed
from shared.security.principals import FeedNotPermitted, Principal, Role
from shared.tables.words import NO, YES

Subject = Literal["person", "household", "area"]
"""Whom a warning of the feed is about: 人员, 农户, 区域."""
Cadence = Literal["daily", "ten_days", "monthly", "quarterly", "term", "event"]
"""How often the bureau owes a report: 每日, 每旬, 每月, 每季度, 每学期, 随发随报."""
Reporter = Literal["bureau", "village", "township", "county"]
"""Who may report: the bureau's systems and accounts, or cadres on a household's behalf."""

FIELDS: Mapping[str, Kind] = {
    "person.id_number": "text",
    "person.name": "text",
    "person.phone": "text",
    "household.national_code": "text",
    "area_code": "text",
    "area_name": "text",
    "occurred_on": "date",
    "source_ref": "text",
}
"""What a column can hold beside evidence."""

DUE_DAYS: Mapping[Cadence, tuple[int, int]] = {
    "daily": (1, 7),
    "ten_days": (1, 10),
    "monthly": (1, 28),
    "quarterly": (1, 60),
    "term": (1, 90),
}
"""By cadence: the least and the greatest `due_day`, counted from the end of the period (1 = the day after it)."""

_SUBJECT_FIELDS: Mapping[Subject, Sequence[frozenset[str]]] = {
    "person": (frozenset({"person.id_number"}), frozenset({"person.name"})),
    "household": (frozenset({"household.national_code", "person.id_number"}),),
    "area": (frozenset({"area_code", "area_name"}),),
}
"""By subject: of each set, one field has to be a column that must not be blank."""


ANY_FAMILY = "other"
"""Risk family of the feeds that take all kinds of trouble: a household's request, a patrol, a hotline."""


class FeedCodeTaken(Conflict):
    """Another feed, perhaps a closed one, has that code."""

    code = "feed-code-taken"


class FeedFieldInUse(Conflict):
    """A rule in force looks at a field that the changed schema has not, or has with another type."""

    code = "feed-field-in-use"


class Column(Protocol):
    """A column of a bureau's export, as far as these rules look at it."""

    @property
    def field(self) -> str: ...
    @property
    def headers(self) -> Sequence[str]: ...
    @property
    def required(self) -> bool: ...
    @property
    def type(self) -> Kind | None: ...
    @property
    def values(self) -> Mapping[str, str]: ...


class Definition(Protocol):
    """A feed as somebody wants it."""

    @property
    def risk_family(self) -> str: ...
    @property
    def subject(self) -> Subject: ...
    @property
    def cadence(self) -> Cadence: ...
    @property
    def due_day(self) -> int | None: ...
    @property
    def columns(self) -> Sequence[Column]: ...
    @property
    def evidence_schema(self) -> Mapping[str, Any]: ...


def require_reporter(who: Principal, feed: str, reporters: Iterable[str]) -> None:
    """Raise unless the asker may report under the feed: a bureau under its own, others where the feed names them."""
    if who.role is Role.BUREAU:
        who.require_feed(feed)
    if who.role.value not in reporters:
        raise FeedNotPermitted(field="feed", feed=feed)


def family_of(family: str, evidence: Mapping[str, Any], families: Mapping[str, str]) -> str:
    """The risk family of an alert: the feed's; of a feed for all kinds of trouble, that of the evidence's `topic`."""
    topic = evidence.get("topic")
    return families.get(topic, family) if family == ANY_FAMILY and isinstance(topic, str) else family


def definition_faults(definition: Definition, families: Iterable[str]) -> list[Fault]:
    """What is wrong with the calendar, the risk family and the columns, once the evidence schema is sound."""
    faults = []
    known = sorted(families)
    if definition.risk_family not in known:
        faults.append(Fault("risk_family", "choice-invalid", {"expected": listed(known)}))
    faults.extend(_calendar_faults(definition.cadence, definition.due_day))
    if definition.columns:  # without any the feed takes reports over the API alone
        faults.extend(_column_faults(definition))
    return faults


def column_type(field: str, schema: Mapping[str, Any]) -> Kind | None:
    """What a column of `field` holds; None when there is no such field."""
    return FIELDS.get(field) or evidence_kinds(schema).get(field)


def heading(text: str) -> str:
    """A heading for comparison: full-width forms, letter case and blanks make no difference."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def _calendar_faults(cadence: Cadence, due_day: int | None) -> Iterator[Fault]:
    span = DUE_DAYS.get(cadence)
    if span is None:
        if due_day is not None:
            yield Fault("due_day", "due-day-without-period")
    elif due_day is None:
        yield Fault("due_day", "field-missing")
    elif not span[0] <= due_day <= span[1]:
        yield Fault("due_day", "due-day-out-of-range", {"least": span[0], "greatest": span[1]})


def _column_faults(definition: Definition) -> Iterator[Fault]:
    fields = Counter(column.field for column in definition.columns)
    headings = Counter(heading(text) for column in definition.columns for text in column.headers)
    for place, column in enumerate(definition.columns):
        faults = [*_one_column(column, definition.evidence_schema)]
        if fields[column.field] > 1:
            faults.append(Fault("field", "column-field-twice"))
        faults += [
            Fault(f"headers.{n}", "column-heading-twice")
            for n, text in enumerate(column.headers)
            if headings[heading(text)] > 1
        ]
        yield from (fault.under(f"columns.{place}") for fault in faults)
    surely = {column.field for column in definition.columns if column.required}
    for field in sorted(set(definition.evidence_schema.get("required", ())) - surely):
        yield Fault("columns", "column-missing", {"field": field})
    for choice in _SUBJECT_FIELDS[definition.subject]:
        if not choice & (surely if len(choice) == 1 else set(fields)):
            yield Fault("columns", "column-missing", {"field": " / ".join(sorted(choice))})


def _one_column(column: Column, schema: Mapping[str, Any]) -> Iterator[Fault]:
    wanted = column_type(column.field, schema)
    if wanted is None:
        yield Fault("field", "column-field-unknown")
        return
    if column.type not in (None, wanted):
        yield Fault("type", "column-type-wrong", {"expected": wanted})
    if not column.values:
        return
    allowed = (YES, NO) if wanted == "boolean" else schema["properties"].get(column.field, {}).get("enum")
    if allowed is None:
        yield Fault("values", "column-values-without-list")
    elif not set(column.values.values()) <= set(allowed):
        yield Fault("values", "choice-invalid", {"expected": listed(allowed)})
