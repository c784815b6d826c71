"""Tree → Polars: the same meaning as `rows`, for a whole frame at once.

Number columns may be of any numeric type and count as Float64, dates are Date, texts String, booleans Boolean.
"""

from collections.abc import Callable, Mapping
from functools import reduce

import polars as pl

from shared.expressions.rows import OPERATORS, RELATIONS, compiled
from shared.expressions.tree import (
    TURNED,
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
    Type,
    Value,
    walk,
)

DTYPES: Mapping[Type, pl.DataType] = {
    "number": pl.Float64(),
    "text": pl.String(),
    "date": pl.Date(),
    "boolean": pl.Boolean(),
}


def column(node: Node, parameters: Mapping[str, Value], known: Mapping[str, Value | None]) -> pl.Expr:
    """The value of `node` for each row. Fields in `known` have that value in all rows and need no column."""

    def of(below: Node) -> pl.Expr:
        return column(below, parameters, known)

    if is_settled(node, known):
        # Reckoned once, and a plain literal: Polars takes a function of a literal for a column of one row.
        return pl.lit(compiled(node, parameters)(known), DTYPES[node.type])
    if isinstance(node, Compared):
        # Settled values stand on the right: Polars 2.1 fails on `literal = when(...)` when all rows choose alike.
        turned = Compared(TURNED[node.relation], node.right, node.left) if is_settled(node.left, known) else node
        return _condition(turned, of)
    return _condition(node, of) if isinstance(node, Condition) else _value(node, of)


def _value(node: Node, of: Callable[[Node], pl.Expr]) -> pl.Expr:
    match node:
        case Field(name, type_):
            found = pl.col(name).cast(DTYPES[type_])
            return _finite(found) if type_ == "number" else found
        case Negative(operand):
            return -of(operand)
        case Arithmetic(_, left, right) if left.type == "date":
            return (of(left) - of(right)).dt.total_days().cast(pl.Float64)
        case Arithmetic(operator, left, right):
            return _finite(OPERATORS[operator](of(left), of(right)))
        case Call(function, arguments):
            return _called(function, [of(argument) for argument in arguments])
        case Case(branches, otherwise, type_):
            result = of(otherwise if otherwise is not None else Constant(None, type_))
            for condition, value in reversed(branches):
                result = pl.when(of(condition)).then(of(value)).otherwise(result)
            return result
    raise AssertionError("parameters and constants are settled")


def _condition(node: Condition, of: Callable[[Node], pl.Expr]) -> pl.Expr:
    match node:
        case Compared(relation, left, right):
            return RELATIONS[relation](of(left), of(right))  # type: ignore[no-any-return]
        case Among(operand, options):
            return pl.any_horizontal([of(operand) == of(option) for option in options])
        case Not(operand):
            return of(operand).not_()
        case Joined(by, parts):
            return (pl.all_horizontal if by == "and" else pl.any_horizontal)([of(part) for part in parts])
        case Is(operand, None):
            return of(operand).is_null()
        case Is(operand, wanted):
            return of(operand).eq_missing(pl.lit(wanted))
        case Like(operand, where, text):
            return _like(of(operand), where, text)


def is_settled(node: Node, known: Mapping[str, Value | None]) -> bool:
    """Whether it is the same for all rows."""
    return all(found.name in known for found in walk(node) if isinstance(found, Field))


def _finite(number: pl.Expr) -> pl.Expr:
    return pl.when(number.is_finite()).then(number)


def _called(function: str, arguments: list[pl.Expr]) -> pl.Expr:
    first = arguments[0]
    match function:
        case "abs":
            return first.abs()
        case "length":
            return first.str.len_chars().cast(pl.Float64)
        case "days_between":
            return (arguments[1] - first).dt.total_days().cast(pl.Float64)
        case "coalesce":
            return pl.coalesce(arguments)
        case "least":
            return reduce(lambda a, b: _picked(a, b, a <= b), arguments)
        case _:
            return reduce(lambda a, b: _picked(a, b, a >= b), arguments)


def _picked(left: pl.Expr, right: pl.Expr, take_left: pl.Expr) -> pl.Expr:
    """One of two; null when either is, for then neither the comparison nor its opposite is true."""
    return pl.when(take_left).then(left).when(take_left.not_()).then(right)


def _like(value: pl.Expr, where: str, text: str) -> pl.Expr:
    match where:
        case "start":
            return value.str.starts_with(text)
        case "end":
            return value.str.ends_with(text)
        case "within":
            return value.str.contains(text, literal=True)
        case _:
            return value == pl.lit(text)
