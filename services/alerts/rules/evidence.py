"""Which JSON Schemas (2020-12) a feed may ask evidence by.

A small, flat part of the language: one object of plain fields, each of one type and of bounded size. Nothing that
refers elsewhere, nothing nested, no regular expression that takes longer than its text is long: whoever may write a
feed shall not be able to stop the intake, nor make the service fetch an address.
"""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import orjson
from jsonschema_rs import Draft202012Validator, RegexOptions, meta

from services.alerts.rules.screening_rules import FACTS, ROW_FIELDS
from shared.errors import Fault
from shared.messages import listed

DIALECT = "https://json-schema.org/draft/2020-12/schema"
RESERVED = frozenset({*FACTS, *ROW_FIELDS, "area_name", "source_ref"})
"""Names that mean something else to a rule or a column."""
MAX_FIELDS = 50
MAX_BYTES = 64_000
MAX_TEXT = 2000
MAX_PATTERN = 200
MAX_CHOICES = 200
MAX_CHOICE = 100

Kind = Literal["text", "number", "integer", "date", "boolean"]

_PATTERN_BYTES = 1_000_000  # what a compiled pattern may occupy
_REGEX = RegexOptions(size_limit=_PATTERN_BYTES, dfa_size_limit=_PATTERN_BYTES)
_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
_TITLE = re.compile(r"[^·\x00-\x1f]*[\u4e00-\u9fff][^·\x00-\x1f]* · [^·\x00-\x1f]*[A-Za-z][^·\x00-\x1f]*")
_TOP = frozenset({"$schema", "title", "description", "type", "required", "additionalProperties", "properties"})
_TYPES: Mapping[str, Kind] = {"number": "number", "integer": "integer", "string": "text", "boolean": "boolean"}
_ANY = frozenset({"title", "description", "type", "examples"})
_NUMBER = _ANY | {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}
_KEYWORDS: Mapping[str, frozenset[str]] = {
    "number": _NUMBER,
    "integer": _NUMBER,
    "string": _ANY | {"minLength", "maxLength", "pattern", "enum", "format"},
    "boolean": _ANY,
}


def compile_schema(schema: Mapping[str, Any]) -> Draft202012Validator:
    """The schema ready for use. Its patterns run in linear time, and nothing is fetched. Raises what the library does."""
    text = orjson.dumps(schema).decode()
    return Draft202012Validator(text, validate_formats=True, pattern_options=_REGEX, offline=True)


def evidence_kinds(schema: Mapping[str, Any]) -> dict[str, Kind]:
    """By field of evidence: what it holds."""
    properties: Mapping[str, Mapping[str, Any]] = schema.get("properties", {})
    return {
        name: "date" if field.get("format") == "date" else _TYPES[field["type"]] for name, field in properties.items()
    }


def number_types(schema: Mapping[str, Any]) -> dict[str, type[int] | type[float]]:
    """By field of evidence that holds a number: as what tables read it."""
    types: dict[Kind, type[int] | type[float]] = {"number": float, "integer": int}
    return {name: types[kind] for name, kind in evidence_kinds(schema).items() if kind in types}


def schema_faults(schema: Mapping[str, Any]) -> list[Fault]:
    """What keeps a schema from being a feed's; fields as in `properties.self_pay.title`."""
    if fault := _storage_fault(schema):
        return [fault]
    faults = list(_top_faults(schema))
    if faults:
        return faults
    for name, field in schema["properties"].items():
        place = f"properties.{name if _NAME.fullmatch(name) else '?'}"
        faults += [fault.under(place) for fault in _field_faults(name, field)]
    unknown = set(schema.get("required", ())) - set(schema["properties"])
    faults += [Fault("required", "schema-required-unknown") for _ in unknown]
    return faults or list(_compile_faults(schema))


def _storage_fault(schema: Mapping[str, Any]) -> Fault | None:
    """Whether PostgreSQL and JSON can hold it: no endless numbers, no broken characters, no depth, no great size."""
    if not _storable(schema, 6):
        return Fault("", "schema-unstorable")
    try:
        size = len(orjson.dumps(schema))
    except TypeError:
        return Fault("", "schema-unstorable")
    return Fault("", "schema-too-large", {"max_bytes": MAX_BYTES}) if size > MAX_BYTES else None


def _storable(value: Any, depth: int) -> bool:
    if isinstance(value, Mapping):
        return depth > 0 and all(_storable(k, depth) and _storable(v, depth - 1) for k, v in value.items())
    if isinstance(value, list):
        return depth > 0 and all(_storable(one, depth - 1) for one in value)
    if isinstance(value, str):
        return "\x00" not in value
    return not isinstance(value, float) or math.isfinite(value)


def _top_faults(schema: Mapping[str, Any]) -> Iterator[Fault]:
    if schema.get("$schema", DIALECT) != DIALECT:
        yield Fault("$schema", "schema-dialect")
        return  # by another dialect the rest may mean something else
    if set(schema) - _TOP:
        yield Fault("", "schema-keyword-unknown", {"expected": ", ".join(sorted(_TOP))})
    elif schema.get("type") != "object":
        yield Fault("type", "schema-not-an-object")
    elif schema.get("additionalProperties") is not False:
        yield Fault("additionalProperties", "schema-open")
    elif not meta.is_valid({**schema, "$schema": DIALECT}):
        yield Fault("", "schema-invalid")
    elif not 1 <= len(schema.get("properties", {})) <= MAX_FIELDS:
        yield Fault("properties", "schema-field-count", {"greatest": MAX_FIELDS})
    elif not all(isinstance(field, Mapping) for field in schema["properties"].values()):
        yield Fault("properties", "schema-invalid")


def _field_faults(name: str, field: Mapping[str, Any]) -> Iterator[Fault]:
    if not _NAME.fullmatch(name):
        yield Fault("", "schema-field-name")
    elif name in RESERVED:
        yield Fault("", "schema-field-reserved")
    kind = field.get("type")
    if not isinstance(kind, str) or kind not in _TYPES:
        yield Fault("type", "choice-invalid", {"expected": listed(_TYPES)})
        return
    if set(field) - _KEYWORDS[kind]:
        yield Fault("", "schema-keyword-unknown", {"expected": ", ".join(sorted(_KEYWORDS[kind]))})
    title = field.get("title", "")
    if len(title) > MAX_PATTERN or not _TITLE.fullmatch(title):
        yield Fault("title", "schema-title")
    if kind == "string":
        yield from _text_faults(field)


def _text_faults(field: Mapping[str, Any]) -> Iterator[Fault]:
    """A text has an end: a list of choices, a date, or a greatest length."""
    choices = field.get("enum")
    if choices is not None:
        if not 1 <= len(choices) <= MAX_CHOICES or not all(map(_is_choice, choices)):
            yield Fault("enum", "schema-choices", {"greatest": MAX_CHOICES})
    elif "format" not in field and not 1 <= field.get("maxLength", 0) <= MAX_TEXT:
        yield Fault("maxLength", "schema-text-unbounded", {"greatest": MAX_TEXT})
    if field.get("format", "date") != "date":
        yield Fault("format", "choice-invalid", {"expected": "date"})
    if len(field.get("pattern", "")) > MAX_PATTERN:
        yield Fault("pattern", "text-too-long", {"max_length": MAX_PATTERN})


def _is_choice(choice: Any) -> bool:
    return isinstance(choice, str) and 0 < len(choice) <= MAX_CHOICE


def _compile_faults(schema: Mapping[str, Any]) -> Iterator[Fault]:
    """The last word has the engine that screens: it takes patterns that run in linear time, and no others."""
    for name, field in schema["properties"].items():
        try:
            compile_schema({"type": "object", "properties": {name: field}})
        except ValueError:
            place = f"properties.{name}"
            yield Fault(f"{place}.pattern" if "pattern" in field else place, "schema-pattern")
