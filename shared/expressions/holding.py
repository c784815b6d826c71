"""Why an expression is true of a row: the comparisons that make it so, for a sentence that a person can check."""

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal, TypeAlias

from shared.expressions.rows import Row, compiled
from shared.expressions.tree import (
    TURNED,
    Among,
    Arithmetic,
    Call,
    Case,
    Compared,
    Constant,
    Field,
    Is,
    Joined,
    Like,
    Negative,
    Node,
    Not,
    Parameter,
    Relation,
    Value,
    walk,
)

Operator: TypeAlias = (
    Relation | Literal["in", "not in", "like", "not like", "is null", "is not null", "is true", "is false"]
)

_OPPOSITE: Mapping[Relation, Relation] = {"=": "<>", "<>": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison that holds for a row."""

    field: str  # the name or title of a field, or what is computed of fields: "self_pay / total"
    fields: tuple[str, ...]  # the fields in it
    operator: Operator
    value: Value | None  # of the field in this row
    threshold: Value | tuple[Value | None, ...] | None  # what it was compared with
    parameter: str | None  # the parameter that the threshold is, or is computed of
    beside: tuple[str, ...] = ()  # the fields that the threshold is computed of
    formula: str | None = dataclasses.field(default=None, compare=False)  # how it is computed of fields and parameters


def holding(
    node: Node, row: Row, parameters: Mapping[str, Value], names: Mapping[str, str] | None = None
) -> list[Comparison]:
    """The comparisons by which `node` is true of `row`, in the order of the text; none when it is not true.

    `names` are titles of fields. What is the same for every row (`:strict`, `1 = 1`) is no reason.
    """
    found = _Reasons(row, parameters, names or {}).why(node, wanted=True)
    return list(dict.fromkeys(reason for reason in found if reason.fields))


def failing(
    node: Node, row: Row, parameters: Mapping[str, Value], names: Mapping[str, str] | None = None
) -> list[Comparison]:
    """The comparisons by which `node` is not true of `row`, fields that are null among them; none when it is true."""
    found = _Reasons(row, parameters, names or {}).why_not(node)
    return list(dict.fromkeys(reason for reason in found if reason.fields))


def failed(
    node: Node, known: Row, parameters: Mapping[str, Value], names: Mapping[str, str], *, wanted: bool
) -> Comparison:
    """What a single comparison says of a row of which it has not the wanted truth value; without that row's own value."""
    if isinstance(node, Is):
        return Comparison(
            written(node.operand, names), _fields(node), "is not null" if wanted else "is null", None, None, None
        )
    return replace(_Reasons(known, parameters, names).told(node, wanted=not wanted), value=None)


class _Reasons:
    def __init__(self, row: Row, parameters: Mapping[str, Value], names: Mapping[str, str]) -> None:
        self._row, self._parameters, self._names = row, parameters, names

    def value(self, node: Node) -> Any:
        return compiled(node, self._parameters)(self._row)

    def why(self, node: Node, *, wanted: bool) -> Iterator[Comparison]:
        """What makes `node` the wanted truth value; nothing when it has another."""
        if self.value(node) is not wanted:
            return
        match node:
            case Joined(_, parts):
                for part in parts:
                    yield from self.why(part, wanted=wanted)
            case Not(operand):
                yield from self.why(operand, wanted=not wanted)
            case Is(operand, bool()) if (truth := self.value(operand)) is not None:
                yield from self.why(operand, wanted=truth)
            case Case() | Call():
                yield from self._chosen(node, wanted=wanted)
            case _:
                yield self.told(node, wanted=wanted)

    def why_not(self, node: Node) -> Iterator[Comparison]:
        """What keeps `node` from being true: what is false in it, or what is not known."""
        match node, self.value(node):
            case _, False:
                yield from self.why(node, wanted=False)
            case Joined(_, parts), None:
                for part in parts:
                    yield from self.why_not(part)
            case _, None:
                for field in walk(node):
                    if isinstance(field, Field) and self.value(field) is None:
                        yield self._said(field, "is null")

    def told(self, node: Node, *, wanted: bool) -> Comparison:
        """A single comparison."""
        match node:
            case Compared(relation, left, right):
                return self._compared(relation if wanted else _OPPOSITE[relation], left, right)
            case Among(operand, options):
                threshold = tuple(self.value(option) for option in options)
                return self._said(operand, "in" if wanted else "not in", threshold, *options)
            case Like(operand, where, text):
                return self._said(operand, "like" if wanted else "not like", _pattern(where, text))
            case Is(operand):
                return self._said(operand, "is null" if self.value(operand) is None else "is not null")
            case _:
                return self._said(node, "is true" if wanted else "is false")

    def _chosen(self, node: Case | Call, *, wanted: bool) -> Iterator[Comparison]:
        """Of a choice: the condition that chose, and why what was chosen is so."""
        if isinstance(node, Call):
            chosen: Node | None = next(one for one in node.arguments if self.value(one) is not None)
        else:
            chosen = node.otherwise
            for condition, result in node.branches:
                if self.value(condition):
                    yield from self.why(condition, wanted=True)
                    chosen = result
                    break
        assert chosen is not None, "a choice that is true or false has chosen something"
        yield from self.why(chosen, wanted=wanted)

    def _compared(self, relation: Relation, left: Node, right: Node) -> Comparison:
        if not _fields(left) and _fields(right):
            left, right, relation = right, left, TURNED[relation]
        return replace(self._said(left, relation, self.value(right), right), formula=self._formula(right))

    def _formula(self, node: Node) -> str | None:
        computed = isinstance(node, Field) or (
            isinstance(node, Arithmetic | Call) and any(isinstance(below, Field | Parameter) for below in walk(node))
        )
        return written(node, self._names) if computed else None

    def _said(self, node: Node, operator: Operator, threshold: Any = None, *beside: Node) -> Comparison:
        field, value, parameter = written(node, self._names), self.value(node), _parameter(*beside)
        return Comparison(field, _fields(node), operator, value, threshold, parameter, _fields(*beside))


def _fields(*nodes: Node) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found.name for node in nodes for found in walk(node) if isinstance(found, Field)))


def _parameter(*nodes: Node) -> str | None:
    found = (below.name for node in nodes for below in walk(node) if isinstance(below, Parameter))
    return next(found, None)


def _pattern(where: str, text: str) -> str:
    return {"start": f"{text}%", "end": f"%{text}", "within": f"%{text}%"}.get(where, text)


def written(node: Node, names: Mapping[str, str]) -> str:
    """A value as a text that a person can read, with `names` for its fields."""

    def of(below: Node) -> str:
        return written(below, names)

    match node:
        case Field(name):
            return names.get(name, name)
        case Parameter(name):
            return f":{name}"
        case Constant(value):
            return plain(value)
        case Negative(operand):
            return f"-{_bracketed(operand, of(operand))}"
        case Arithmetic(operator, left, right):
            return f"{_bracketed(left, of(left))} {operator} {_bracketed(right, of(right))}"
        case Call("coalesce", arguments):  # what stands for a blank is no name
            return of(arguments[0])
        case Call(function, arguments):
            return f"{function.upper()}({', '.join(map(of, arguments))})"
        case _:
            return " · ".join(of(found) for found in walk(node) if isinstance(found, Field))


def plain(value: Any) -> str:
    """A value without the `.0` of a whole number."""
    if isinstance(value, float) and value.is_integer():
        return f"{value:.0f}"
    return value.isoformat() if isinstance(value, date) else str(value)


def _bracketed(node: Node, text: str) -> str:
    return f"({text})" if isinstance(node, Arithmetic) else text
