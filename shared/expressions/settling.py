"""A tree with less to do and the same meaning: what is known beforehand is worked out once, not for every row."""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from shared.expressions.rows import READ, compiled
from shared.expressions.tree import Constant, Field, Joined, Node, Parameter, Value, walk


def settled(node: Node, parameters: Mapping[str, Value], known: Mapping[str, Value | None]) -> Node:
    """`node` with values for parameters and for the fields in `known`, and for all that follows from these alone."""
    match node:
        case Field(name, type_) if name in known:
            return Constant(READ[type_](known[name]), type_)
        case Parameter(name, type_):
            return Constant(READ[type_](parameters[name]), type_)
        case Field() | Constant():
            return node
    parts = {field.name: _below(getattr(node, field.name), parameters, known) for field in fields(node)}
    found: Node = replace(node, **parts)
    if not any(isinstance(below, Field) for below in walk(found)):
        return Constant(compiled(found, {})({}), found.type)
    return _joined(found) if isinstance(found, Joined) else found


def _below(value: Any, parameters: Mapping[str, Value], known: Mapping[str, Value | None]) -> Any:
    if isinstance(value, tuple):
        return tuple(_below(part, parameters, known) for part in value)
    return settled(value, parameters, known) if isinstance(value, Node) else value


def _joined(node: Joined) -> Node:
    """Without the parts that change nothing; a part that decides is all there is."""
    decides = node.by == "or"
    values = [part.value for part in node.parts if isinstance(part, Constant)]
    if decides in values:
        return Constant(decides, "boolean")
    left = tuple(part for part in node.parts if not (isinstance(part, Constant) and part.value is (not decides)))
    return left[0] if len(left) == 1 else replace(node, parts=left)
