"""Tree → a plain Python function of one row: a microsecond or two, where a frame of one row would cost hundreds.

A field that the row does not have, or that is not of its type, is null. A date may also be its ISO 8601 text, and a
number any of Python's but NaN and the infinite ones.
"""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from math import isfinite
from operator import add, eq, ge, gt, le, lt, mul, ne, neg, not_, sub, truediv
from typing import Any, TypeAlias

from shared.expressions.tree import (
    Among,
    Arithmetic,
    Call,
    Case,
    Compared,
    Condition,
    Constant,
    Field,
    Is,
    Joined,
    Like,
    Negative,
    Node,
    Not,
    Parameter,
    Type,
    Value,
)

Row: TypeAlias = Mapping[str, Any]
Read: TypeAlias = Callable[[Row], Any]

RELATIONS: Mapping[str, Callable[[Any, Any], Any]] = {"=": eq, "<>": ne, "<": lt, "<=": le, ">": gt, ">=": ge}
OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = {"+": add, "-": sub, "*": mul, "/": truediv}


def compiled(node: Node, parameters: Mapping[str, Value]) -> Read:
    """A function `row -> value or None` that means what `node` means."""

    def of(below: Node) -> Read:
        return compiled(below, parameters)

    return _condition(node, of) if isinstance(node, Condition) else _value(node, parameters, of)


def _value(node: Node, parameters: Mapping[str, Value], of: Callable[[Node], Read]) -> Read:
    match node:
        case Field(name, type_):
            return _field(name, READ[type_])
        case Parameter(name, type_):
            return _constant(READ[type_](parameters[name]))
        case Constant(value):
            return _constant(value)
        case Negative(operand):
            return _strict(neg, of(operand))
        case Arithmetic(_, left, right) if left.type == "date":
            return _strict(lambda a, b: float((a - b).days), of(left), of(right))
        case Arithmetic(operator, left, right):
            return _strict(_finite(OPERATORS[operator]), of(left), of(right))
        case Call("coalesce", arguments):
            return _first([of(argument) for argument in arguments])
        case Call(function, arguments):
            return _strict(_CALLED[function], *map(of, arguments))
        case Case(branches, otherwise, type_):
            read = of(otherwise if otherwise is not None else Constant(None, type_))
            return _case([(of(condition), of(value)) for condition, value in branches], read)
    raise AssertionError("conditions are read elsewhere")


def _condition(node: Condition, of: Callable[[Node], Read]) -> Read:
    match node:
        case Compared(relation, left, Constant(value)) if value is not None:
            return _against(RELATIONS[relation], of(left), value)
        case Compared(relation, left, right):
            return _strict(RELATIONS[relation], of(left), of(right))
        case Among(operand, options):
            values = [of(option)({}) for option in options]
            return _strict(lambda value: value in values, of(operand))
        case Like(operand, where, text):
            return _strict(_like(where, text), of(operand))
        case Is(operand, wanted):
            return _is(of(operand), wanted)
        case Not(operand):
            return _strict(not_, of(operand))
        case Joined(by, parts):
            return _joined([of(part) for part in parts], decided_by=by == "or")


def number(value: Any) -> float | None:
    """The number, if it is one that 64 bits can hold."""
    if type(value) is float:
        return value if isfinite(value) else None
    if type(value) not in (int, float, Decimal):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if isfinite(found) else None


def day(value: Any) -> date | None:
    """The day, or the day that the ISO text names."""
    if type(value) is date:
        return value
    if type(value) is str and len(value) == 10:
        try:
            return date.fromisoformat(value)
        except ValueError:
            return None
    return None


READ: Mapping[Type, Callable[[Any], Any]] = {
    "number": number,
    "date": day,
    "text": lambda value: value if isinstance(value, str) else None,
    "boolean": lambda value: value if isinstance(value, bool) else None,
}
"""What a row holds, as a value of that type; None where it is none."""


def _field(name: str, read: Callable[[Any], Any]) -> Read:
    def value(row: Row) -> Any:
        found = row.get(name)
        return None if found is None else read(found)

    return value


def _constant(value: Any) -> Read:
    return lambda _: value


def _strict(work: Callable[..., Any], *operands: Read) -> Read:
    """`work` of the operands, null when one of them is. For one and two spelled out: they are what rules are made of."""
    if len(operands) == 1:
        (only,) = operands

        def of_one(row: Row) -> Any:
            value = only(row)
            return None if value is None else work(value)

        return of_one
    if len(operands) == 2:
        left, right = operands

        def of_two(row: Row) -> Any:
            a, b = left(row), right(row)
            return None if a is None or b is None else work(a, b)

        return of_two

    def of_many(row: Row) -> Any:
        values = [operand(row) for operand in operands]
        return None if any(value is None for value in values) else work(*values)

    return of_many


def _against(relation: Callable[[Any, Any], bool], operand: Read, value: Any) -> Read:
    """`_strict` with a value that is the same for all rows, as most thresholds are."""

    def holds(row: Row) -> bool | None:
        found = operand(row)
        return None if found is None else relation(found, value)

    return holds


def _finite(work: Callable[[float, float], float]) -> Callable[[float, float], float | None]:
    def result(left: float, right: float) -> float | None:
        try:
            found = work(left, right)
        except ZeroDivisionError:
            return None
        return found if isfinite(found) else None

    return result


def _first(arguments: list[Read]) -> Read:
    def value(row: Row) -> Any:
        for argument in arguments:
            found = argument(row)
            if found is not None:
                return found
        return None

    return value


_CALLED: Mapping[str, Callable[..., Any]] = {
    "abs": abs,
    "length": lambda text: float(len(text)),
    "days_between": lambda first, last: float((last - first).days),
    "least": min,
    "greatest": max,
}


def _like(where: str, text: str) -> Callable[[str], bool]:
    match where:
        case "start":
            return lambda value: value.startswith(text)
        case "end":
            return lambda value: value.endswith(text)
        case "within":
            return lambda value: text in value
        case _:
            return lambda value: value == text


def _is(operand: Read, wanted: bool | None) -> Read:
    return lambda row: operand(row) is wanted


def _joined(parts: list[Read], *, decided_by: bool) -> Read:
    """Kleene: one part that decides does; else null if any part is; else the other value."""

    def value(row: Row) -> Any:
        unknown = False
        for part in parts:
            found = part(row)
            if found is decided_by:
                return decided_by
            unknown = unknown or found is None
        return None if unknown else not decided_by

    return value


def _case(branches: list[tuple[Read, Read]], otherwise: Read) -> Read:
    def value(row: Row) -> Any:
        for condition, result in branches:
            if condition(row):
                return result(row)
        return otherwise(row)

    return value
