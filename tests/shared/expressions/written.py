"""Expressions made by hypothesis: each a text, and a slow and obvious function that says what it means."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from math import isfinite
from typing import Any

from hypothesis import strategies as st

FIELDS = {
    "self_pay": "number",
    "total": "number",
    "type": "text",
    "period": "text",
    "seen_on": "date",
    "occurred_on": "date",
    "insured": "boolean",
    "个人": "boolean",
}
PARAMETERS: dict[str, Any] = {"line": 5000, "share": 0.5, "kind": "b", "since": date(2026, 1, 1), "strict": True}

Meaning = Callable[[dict[str, Any]], Any]


@dataclass(frozen=True)
class Written:
    """A text and its meaning."""

    text: str
    means: Meaning


def fields(type_: str) -> st.SearchStrategy[Written]:
    names = [name for name, known in FIELDS.items() if known == type_]
    return st.sampled_from([Written(name, lambda row, name=name: row[name]) for name in names])


def parameters(*names: str) -> st.SearchStrategy[Written]:
    return st.sampled_from([Written(f":{name}", lambda _, name=name: PARAMETERS[name]) for name in names])


def constant(text: str, value: Any) -> Written:
    return Written(text, lambda _: value)


def strict(work: Callable[..., Any], *parts: Written) -> Meaning:
    """Null as soon as one part is."""

    def meaning(row: dict[str, Any]) -> Any:
        values = [part.means(row) for part in parts]
        return None if None in values else work(*values)

    return meaning


def finite(work: Callable[..., float]) -> Callable[..., float | None]:
    def result(*values: float) -> float | None:
        try:
            found = work(*map(float, values))
        except ZeroDivisionError:
            return None
        return found if isfinite(found) else None

    return result


OPERATORS: dict[str, Callable[[float, float], float]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
}
RELATIONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "!=": lambda a, b: a != b,
}

number_texts = st.sampled_from(["0", "1", "0.5", "3", "5000", "20000.25", "1e300", "100"])
numbers = number_texts.map(lambda text: constant(text, float(text)))
texts = st.sampled_from(["", "a", "b", "ab", "中文", "it's"])
text_constants = texts.map(lambda text: constant("'" + text.replace("'", "''") + "'", text))
days = st.sampled_from([date(2025, 12, 31), date(2026, 1, 1), date(2026, 3, 2), date(2024, 2, 29)])
day_constants = days.map(lambda day: constant(f"DATE '{day}'", day))


def plain(type_: str) -> st.SearchStrategy[Written]:
    """Fields, parameters and constants of a type."""
    match type_:
        case "number":
            return st.one_of(fields("number"), parameters("line", "share"), numbers)
        case "text":
            return st.one_of(fields("text"), parameters("kind"), text_constants)
        case "date":
            return st.one_of(fields("date"), parameters("since"), day_constants)
        case _:
            truths = st.sampled_from([constant("true", True), constant("FALSE", False)])
            return st.one_of(fields("boolean"), parameters("strict"), truths)


@st.composite
def reckoned(draw: Any, depth: int) -> Written:
    """A number."""
    if depth == 0:
        return draw(plain("number"))
    below = reckoned(depth - 1)
    match draw(st.sampled_from(["plain", "sum", "minus", "abs", "length", "days", "between", "least", "choice"])):
        case "sum":
            operator, a, b = draw(st.sampled_from(list(OPERATORS))), draw(below), draw(below)
            return Written(f"({a.text} {operator} {b.text})", strict(finite(OPERATORS[operator]), a, b))
        case "minus":
            a = draw(below)
            return Written(f"(-{a.text})", strict(lambda x: -float(x), a))
        case "abs":
            a = draw(below)
            return Written(f"ABS({a.text})", strict(abs, a))
        case "length":
            a = draw(plain("text"))
            return Written(f"length({a.text})", strict(len, a))
        case "days":
            a, b = draw(plain("date")), draw(plain("date"))
            return Written(f"({a.text} - {b.text})", strict(lambda x, y: (x - y).days, a, b))
        case "between":
            a, b = draw(plain("date")), draw(plain("date"))
            return Written(f"DAYS_BETWEEN({a.text}, {b.text})", strict(lambda x, y: (y - x).days, a, b))
        case "least":
            name, work = draw(st.sampled_from([("LEAST", min), ("GREATEST", max)]))
            parts = draw(st.lists(below, min_size=2, max_size=3))
            return Written(f"{name}({', '.join(p.text for p in parts)})", strict(work, *parts))
        case "choice":
            return draw(choice(below, depth))
    return draw(plain("number"))


@st.composite
def choice(draw: Any, below: st.SearchStrategy[Written], depth: int) -> Written:
    """CASE or COALESCE of anything."""
    if draw(st.booleans()):
        parts = draw(st.lists(below, min_size=2, max_size=3))
        text = f"COALESCE({', '.join(p.text for p in parts)})"
        return Written(text, lambda row: next((v for p in parts if (v := p.means(row)) is not None), None))
    branches = draw(st.lists(st.tuples(conditions(depth - 1), below), min_size=1, max_size=2))
    otherwise = draw(st.one_of(st.none(), below))
    text = "".join(f" WHEN {condition.text} THEN {value.text}" for condition, value in branches)

    def meaning(row: dict[str, Any]) -> Any:
        for condition, value in branches:
            if condition.means(row) is True:
                return value.means(row)
        return otherwise.means(row) if otherwise else None

    return Written(f"CASE{text}{f' ELSE {otherwise.text}' if otherwise else ''} END", meaning)


@st.composite
def compared(draw: Any, depth: int) -> Written:
    """Two values of one type."""
    type_ = draw(st.sampled_from(["number", "number", "text", "date", "boolean"]))
    below = reckoned(depth) if type_ == "number" else plain(type_)
    a, b = draw(below), draw(below)
    match draw(st.sampled_from(["relation", "relation", "between", "in"])):
        case "between":
            c = draw(below)
            word, turn = draw(st.sampled_from([("BETWEEN", lambda x: x), ("NOT BETWEEN", opposite)]))
            low, high = strict(lambda x, y: x >= y, a, b), strict(lambda x, y: x <= y, a, c)
            return Written(
                f"({a.text} {word} {b.text} AND {c.text})", lambda row: turn(kleene_and([low(row), high(row)]))
            )
        case "in" if type_ != "boolean":
            options = draw(st.lists({"number": numbers, "text": text_constants}.get(type_, day_constants), min_size=1))
            word, turn = draw(st.sampled_from([("IN", lambda x: x), ("NOT IN", opposite)]))
            among = strict(lambda x: x in [option.means({}) for option in options], a)
            listed = ", ".join(option.text for option in options[:8])
            among = strict(lambda x: x in [option.means({}) for option in options[:8]], a)
            return Written(f"({a.text} {word} ({listed}))", lambda row: turn(among(row)))
    relation = draw(st.sampled_from(list(RELATIONS)))
    return Written(f"({a.text} {relation} {b.text})", strict(RELATIONS[relation], a, b))


def opposite(value: bool | None) -> bool | None:
    return None if value is None else not value


def kleene_and(values: list[bool | None]) -> bool | None:
    return False if False in values else None if None in values else True


def kleene_or(values: list[bool | None]) -> bool | None:
    return True if True in values else None if None in values else False


@st.composite
def asked(draw: Any, depth: int) -> Written:
    """IS and LIKE."""
    if draw(st.booleans()):
        value = draw(plain("text"))
        middle = draw(st.sampled_from(["a", "b", "中", "''"]))
        plain_text = middle.replace("''", "'")
        pattern, work = draw(
            st.sampled_from(
                [
                    (middle, lambda x: x == plain_text),
                    (f"{middle}%", lambda x: x.startswith(plain_text)),
                    (f"%{middle}", lambda x: x.endswith(plain_text)),
                    (f"%{middle}%", lambda x: plain_text in x),
                ]
            )
        )
        word, turn = draw(st.sampled_from([("LIKE", lambda x: x), ("NOT LIKE", opposite)]))
        liked = strict(work, value)
        return Written(f"({value.text} {word} '{pattern}')", lambda row: turn(liked(row)))
    value = draw(st.one_of(conditions(depth), reckoned(depth), plain("date")))
    word, work = draw(st.sampled_from([("IS NULL", lambda x: x is None), ("IS NOT NULL", lambda x: x is not None)]))
    return Written(f"({value.text} {word})", lambda row: work(value.means(row)))


@st.composite
def conditions(draw: Any, depth: int = 3) -> Written:
    """True, false or null."""
    if depth <= 0:
        return draw(st.one_of(plain("boolean"), compared(0)))
    below = conditions(depth - 1)
    match draw(st.sampled_from(["compared", "compared", "and", "or", "not", "asked", "truth", "choice"])):
        case "and":
            parts = draw(st.lists(below, min_size=2, max_size=3))
            text = " AND ".join(f"({p.text})" for p in parts)
            return Written(f"({text})", lambda row: kleene_and([p.means(row) for p in parts]))
        case "or":
            parts = draw(st.lists(below, min_size=2, max_size=3))
            text = " OR ".join(f"({p.text})" for p in parts)
            return Written(f"({text})", lambda row: kleene_or([p.means(row) for p in parts]))
        case "not":
            a = draw(below)
            return Written(f"(NOT ({a.text}))", lambda row: opposite(a.means(row)))
        case "asked":
            return draw(asked(depth - 1))
        case "truth":
            a = draw(below)
            word, work = draw(
                st.sampled_from([("IS TRUE", lambda x: x is True), ("IS NOT FALSE", lambda x: x is not False)])
            )
            return Written(f"(({a.text}) {word})", lambda row: work(a.means(row)))
        case "choice":
            return draw(choice(below, depth))
    return draw(compared(depth - 1))


def _value(type_: str) -> st.SearchStrategy[Any]:
    match type_:
        case "number":
            usual = st.sampled_from([0.0, 1.0, 0.5, 4999.99, 5000.0, -3.0, 1e300])
            return st.one_of(usual, st.floats(allow_nan=False, allow_infinity=False))
        case "text":
            return st.one_of(texts, st.text(st.characters(codec="utf-8"), max_size=5))
        case "date":
            return st.one_of(days, st.dates(date(1900, 1, 1), date(2100, 1, 1)))
    return st.booleans()


rows = st.fixed_dictionaries({name: st.one_of(st.none(), _value(type_)) for name, type_ in FIELDS.items()})
