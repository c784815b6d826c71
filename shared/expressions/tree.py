"""An expression as a tree of our own: few kinds of node, each checked and typed, free of any parser's or engine's.

`reading` makes it of a text; `columns` (Polars) and `rows` (plain Python) say what it means, and must agree;
`holding` tells why it is true of one row.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Literal, TypeAlias

Type = Literal["number", "text", "date", "boolean"]
Value: TypeAlias = float | int | str | date | bool

Relation = Literal["=", "<>", "<", "<=", ">", ">="]
TURNED: Mapping[Relation, Relation] = {"=": "=", "<>": "<>", "<": ">", ">": "<", "<=": ">=", ">=": "<="}
"""The relation with its sides exchanged."""

Function = Literal["abs", "length", "least", "greatest", "days_between", "coalesce"]


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the row; null where the row has none."""

    name: str
    type: Type


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value that stands beside the text, so that it can be changed without it: `:line_poor`."""

    name: str
    type: Type


@dataclass(frozen=True, slots=True)
class Constant:
    """A value in the text. Numbers are floats."""

    value: Value | None
    type: Type


@dataclass(frozen=True, slots=True)
class Negative:
    """The number with the other sign."""

    operand: "Node"
    type: Type = "number"


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Two numbers, or the days between two dates. What is no finite number is null: `x / 0` as well."""

    operator: Literal["+", "-", "*", "/"]
    left: "Node"
    right: "Node"
    type: Type = "number"


@dataclass(frozen=True, slots=True)
class Call:
    """A function. Each but `coalesce` is null as soon as one argument is."""

    function: Function
    arguments: tuple["Node", ...]
    type: Type


@dataclass(frozen=True, slots=True)
class Case:
    """The first branch whose condition is true, else `otherwise`, else null."""

    branches: tuple[tuple["Node", "Node"], ...]
    otherwise: "Node | None"
    type: Type


@dataclass(frozen=True, slots=True)
class Compared:
    """Two values of one type; texts by code point, false before true. Null when either is."""

    relation: Relation
    left: "Node"
    right: "Node"
    type: Type = "boolean"


@dataclass(frozen=True, slots=True)
class Among:
    """Whether the value is one of those listed."""

    operand: "Node"
    options: tuple[Constant | Parameter, ...]
    type: Type = "boolean"


@dataclass(frozen=True, slots=True)
class Like:
    """Whether the text is, begins with, ends with or holds `text`, all to the letter."""

    operand: "Node"
    where: Literal["whole", "start", "end", "within"]
    text: str
    type: Type = "boolean"


@dataclass(frozen=True, slots=True)
class Is:
    """Whether the value is null, true or false; never null itself."""

    operand: "Node"
    wanted: bool | None
    type: Type = "boolean"


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite; null stays null."""

    operand: "Node"
    type: Type = "boolean"


@dataclass(frozen=True, slots=True)
class Joined:
    """All of the parts, or any of them, in Kleene's logic: null is "not known"."""

    by: Literal["and", "or"]
    parts: tuple["Node", ...]
    type: Type = "boolean"


Condition: TypeAlias = Compared | Among | Like | Is | Not | Joined
Node: TypeAlias = Field | Parameter | Constant | Negative | Arithmetic | Call | Case | Condition


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it, in the order of the text."""
    yield node
    for field in fields(node):
        yield from _below(getattr(node, field.name))


def _below(value: object) -> Iterator[Node]:
    if isinstance(value, tuple):
        for part in value:
            yield from _below(part)
    elif isinstance(value, Node):
        yield from walk(value)
