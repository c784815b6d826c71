"""What keeps rows of a frame from making an expression true: `holding.failing`, for many rows at once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import polars as pl

from shared.expressions.columns import column, is_settled
from shared.expressions.holding import Comparison, failed
from shared.expressions.tree import TURNED, Among, Compared, Field, Is, Joined, Like, Node, Not, Type, Value

_ASK_MORE, _ASK_LESS = ("<", "<="), (">", ">=")


@dataclass(frozen=True, slots=True)
class Lack:
    """A comparison that some rows fail, and nothing makes up for it there."""

    said: Comparison  # without the row's own value
    fails: pl.Expr  # Boolean
    value: pl.Expr  # what the row has
    type: Type  # of the value


def lacks(
    node: Node, parameters: Mapping[str, Value], known: Mapping[str, Value | None], names: Mapping[str, str]
) -> list[Lack]:
    """By comparison, in the order of the text; only those of a value with what is the same for all rows.

    `known`: fields that have one value in all rows. What is about these alone is no row's lack.
    """

    return list(_Lacks(parameters, known, names).of(node, True, ()))


class _Lacks:
    def __init__(
        self, parameters: Mapping[str, Value], known: Mapping[str, Value | None], names: Mapping[str, str]
    ) -> None:
        self._parameters, self._known, self._names = parameters, known, names

    def of(self, node: Node, wanted: bool, above: Sequence[pl.Expr]) -> Iterator[Lack]:
        """Of a node that should have the wanted truth value. `above`: when what it is a part of has not its own."""
        if is_settled(node, self._known):
            return
        fails = [*above, self._value(node).eq_missing(pl.lit(wanted)).not_()]
        match node:
            case Joined(_, parts):
                for part in parts:
                    yield from self.of(part, wanted, fails)
            case Not(operand):
                yield from self.of(operand, not wanted, fails)
            case Is(operand, bool(truth)):
                yield from self.of(operand, wanted is truth, fails)
            case _ if (found := self._compared(node)) is not None:
                comparison, subject = found
                said = failed(comparison, self._known, self._parameters, self._names, wanted=wanted)
                yield Lack(said, reduce(pl.Expr.and_, fails), self._value(subject), subject.type)

    def _compared(self, node: Node) -> tuple[Node, Node] | None:
        """A single comparison, with that which is compared on its left, and this; None where both sides are of the row."""
        match node:
            case Compared(relation, left, right) if is_settled(left, self._known):
                return Compared(TURNED[relation], right, left), right
            case Compared(_, subject, right) if is_settled(right, self._known):
                return node, subject
            case Among(subject) | Like(subject) | Is(subject):
                return node, subject
            case Field():
                return node, node
        return None

    def _value(self, node: Node) -> pl.Expr:
        return column(node, self._parameters, self._known)


def nearest(found: Sequence[Lack]) -> list[list[Lack]]:
    """Those that compare the same in the same way stand together, and of these the one first that asks for least."""
    groups: dict[tuple[Any, ...], list[Lack]] = {}
    for lack in found:
        said = lack.said
        ranked = said.operator in (*_ASK_MORE, *_ASK_LESS)
        groups.setdefault((said.field, said.operator, None if ranked else said.threshold), []).append(lack)
    return [_ranked(group) if key[-1] is None else group for key, group in groups.items()]


def _ranked(group: list[Lack]) -> list[Lack]:
    def threshold(one: Lack) -> Any:
        return one.said.threshold

    less = group[0].said.operator in _ASK_LESS
    return sorted(group, key=threshold, reverse=less) if group[0].said.threshold is not None else group
