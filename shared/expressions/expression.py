"""A checked expression: parsed once, then asked of frames, of single rows, and for its reasons."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl

from shared.expressions.columns import column
from shared.expressions.holding import Comparison, failing, holding
from shared.expressions.lacking import Lack, lacks
from shared.expressions.reading import read
from shared.expressions.rows import Row, compiled
from shared.expressions.settling import settled
from shared.expressions.tree import Field, Node, Parameter, Type, Value, walk


@dataclass(frozen=True, slots=True)
class Expression:
    """A boolean expression over the fields of a row, with named parameters beside it.

    Null is "not known", in Kleene's logic; nothing that a row holds is an error.
    """

    text: str
    tree: Node
    fields: frozenset[str]
    parameters: frozenset[str]

    def polars(self, parameters: Mapping[str, Value], known: Mapping[str, Value | None] | None = None) -> pl.Expr:
        """For a frame with a column for each field: Boolean, null where it is not known.

        A field in `known` has that value in every row and needs no column. One that reads no column is a literal:
        use it in `with_columns` or `filter`.
        """
        return column(self.tree, parameters, known or {})

    def bound(
        self, parameters: Mapping[str, Value], known: Mapping[str, Value | None] | None = None
    ) -> Callable[[Row], bool | None]:
        """For single rows, a mapping each: make it once, call it often. Fields in `known` have that value in every row."""
        return compiled(settled(self.tree, parameters, known or {}), parameters)

    def holding(
        self, row: Mapping[str, Any], parameters: Mapping[str, Value], names: Mapping[str, str] | None = None
    ) -> list[Comparison]:
        """The comparisons that make it true of `row`, in the order of the text; none when it is not true.

        `names`: what to call the fields.
        """
        return holding(self.tree, row, parameters, names)

    def failing(
        self, row: Mapping[str, Any], parameters: Mapping[str, Value], names: Mapping[str, str] | None = None
    ) -> list[Comparison]:
        """The comparisons by which it is not true of `row`, and the fields that are null; none when it is true."""
        return failing(self.tree, row, parameters, names)

    def lacks(
        self, parameters: Mapping[str, Value], known: Mapping[str, Value | None], names: Mapping[str, str]
    ) -> list[Lack]:
        """For a frame: the comparisons by which it is not true of rows, those about `known` fields left out."""
        return lacks(self.tree, parameters, known, names)


def parse(
    text: str,
    fields: Mapping[str, Type],
    parameters: Mapping[str, Value],
    choices: Mapping[str, Sequence[str]] | None = None,
) -> Expression:
    """Check and compile `text`. Raises `ExpressionInvalid` with the place, and nothing else, whatever the text.

    SQL's AND OR NOT, = <> < <= > >=, BETWEEN, IN (values), IS [NOT] NULL|TRUE|FALSE, LIKE with % at its ends,
    + - * /, CASE WHEN, DATE '2026-03-01', and the functions of `reading.FUNCTIONS`. Of two dates `-` gives days.
    The parameters give their names and types; their values are asked for when it is used. `choices`: all that a field
    of texts may be, to refuse a word of the text that it never is.
    """
    tree = read(text, fields, {name: type_of(value) for name, value in parameters.items()}, choices or {})
    found = list(walk(tree))
    return Expression(
        text=text,
        tree=tree,
        fields=frozenset(node.name for node in found if isinstance(node, Field)),
        parameters=frozenset(node.name for node in found if isinstance(node, Parameter)),
    )


def type_of(value: Value | Decimal) -> Type:
    """The type of a parameter."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, date):
        return "date"
    return "text" if isinstance(value, str) else "number"
