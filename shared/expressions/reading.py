"""Text → tree. sqlglot parses; what its tree may hold, and of which type, is decided here, node by node."""

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Literal, NoReturn, cast

from sqlglot import exp
from sqlglot.errors import ParseError, SqlglotError
from sqlglot.parser import Parser
from sqlglot.tokenizer_core import Token

from shared.expressions.invalid import ExpressionInvalid, Reason
from shared.expressions.tokens import CALL, DEEPEST, PARAMETER, tokens
from shared.expressions.tree import (
    Among,
    Arithmetic,
    Call,
    Case,
    Compared,
    Constant,
    Field,
    Function,
    Is,
    Joined,
    Like,
    Negative,
    Node,
    Not,
    Parameter,
    Relation,
    Type,
)

_RELATIONS: Mapping[type[exp.Expr], Relation] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
}
_OPERATORS: Mapping[type[exp.Expr], Literal["+", "-", "*", "/"]] = {
    exp.Add: "+",
    exp.Sub: "-",
    exp.Mul: "*",
    exp.Div: "/",
}
FUNCTIONS: Mapping[Function, tuple[int, int | None, Type | None]] = {
    "abs": (1, 1, "number"),
    "coalesce": (2, None, None),
    "days_between": (2, 2, "date"),
    "greatest": (2, None, None),
    "least": (2, None, None),
    "length": (1, 1, "text"),
}
"""Fewest and most arguments, and their type; None: any, the same for all, and that of the result."""

_NOT_A: Mapping[Type, Reason] = {
    "boolean": "expression-not-boolean",
    "number": "expression-not-number",
    "text": "expression-not-text",
    "date": "expression-not-date",
}


def read(
    text: str, fields: Mapping[str, Type], parameters: Mapping[str, Type], choices: Mapping[str, Sequence[str]]
) -> Node:
    """The tree of a boolean expression. Raises `ExpressionInvalid`."""
    found = tokens(text, fields, FUNCTIONS)
    reader = Reader(text, fields, parameters, choices)
    return reader.of_type("boolean", _parsed(text, found))


def _parsed(text: str, found: list[Token]) -> exp.Expr:
    """sqlglot's own tree. Its errors quote the text, so only a place is taken from them."""
    place: int | None = None
    try:
        trees = Parser().parse(found, text)
    except ParseError as error:
        trees, place = [], _place(found, error)
    except (SqlglotError, RecursionError):
        trees, place = [], 0
    if len(trees) != 1 or trees[0] is None:
        raise ExpressionInvalid("expression-syntax", text, place or 0)
    return trees[0]


def _place(found: Sequence[Token], error: ParseError) -> int | None:
    told = error.errors[0] if error.errors else {}
    at = (told.get("line"), told.get("col"))
    return next((token.start for token in found if (token.line, token.col) == at), None)


class Reader:
    """One text on its way into a tree."""

    def __init__(
        self,
        text: str,
        fields: Mapping[str, Type],
        parameters: Mapping[str, Type],
        choices: Mapping[str, Sequence[str]],
    ) -> None:
        self._text, self._fields, self._parameters, self._choices = text, fields, parameters, choices
        self._depth = 0
        self._kinds: Mapping[type[exp.Expr], Callable[[exp.Expr], Node]] = {
            exp.Column: self._name,
            exp.Literal: self._literal,
            exp.Boolean: self._truth,
            exp.Cast: self._date,
            exp.Neg: lambda node: Negative(self.of_type("number", node.this)),
            exp.Not: lambda node: Not(self.of_type("boolean", node.this)),
            exp.And: lambda node: self._joined(node, exp.And, "and"),
            exp.Or: lambda node: self._joined(node, exp.Or, "or"),
            exp.Between: self._between,
            exp.In: self._in,
            exp.Is: self._is,
            exp.Like: self._like,
            exp.Case: self._case,
            exp.Anonymous: self._call,
            exp.Alias: lambda node: self.refuse("expression-syntax", node.args["alias"]),
            **dict.fromkeys(_RELATIONS, self._compared),
            **dict.fromkeys(_OPERATORS, self._arithmetic),
        }

    def refuse(self, reason: Reason, node: exp.Expr, **params: int | str) -> NoReturn:
        """Raise, pointing at where the node begins."""
        starts = [found.meta["start"] for found in node.walk() if "start" in found.meta]
        raise ExpressionInvalid(reason, self._text, min(starts, default=0), **params)

    def of_type(self, wanted: Type, node: exp.Expr) -> Node:
        """The node, which must be of that type. A text that stands for a date is one."""
        return self._as(wanted, self.any_type(node), node)

    def _as(self, wanted: Type, read: Node, node: exp.Expr) -> Node:
        if wanted == "date" and isinstance(read, Constant) and read.type == "text":
            return Constant(self._day(node, str(read.value)), "date")
        if read.type != wanted:
            self.refuse(_NOT_A[wanted], node)
        return read

    def any_type(self, node: exp.Expr) -> Node:
        """The node, whatever its type."""
        node = node.unnest()  # without its brackets
        make = self._kinds.get(type(node))
        if make is None:
            self.refuse("expression-forbidden", node)
        self._depth += 1
        if self._depth > 3 * DEEPEST:  # a long sum leans to the left as far as brackets do
            self.refuse("expression-too-deep", node, most=DEEPEST)
        try:
            return make(node)
        finally:
            self._depth -= 1

    def _like_one_another(self, nodes: Sequence[exp.Expr]) -> list[Node]:
        """Nodes of one type, whichever it is."""
        read = [self.any_type(node) for node in nodes]
        types = {one.type for one in read}
        if types == {"date", "text"}:
            return [self._as("date", one, node) for one, node in zip(read, nodes, strict=True)]
        if len(types) > 1:
            other = next(node for node, one in zip(nodes, read, strict=True) if one.type != read[0].type)
            self.refuse("expression-types-differ", other)
        return read

    def _only(self, node: exp.Expr, *parts: str) -> None:
        """Refuse a node that says more than is read of it."""
        if any(value for name, value in node.args.items() if name not in parts):
            self.refuse("expression-forbidden", node)

    def _name(self, node: exp.Expr) -> Node:
        self._only(node, "this")
        if not isinstance(node.this, exp.Identifier):
            self.refuse("expression-forbidden", node)
        name = node.name
        if name.startswith(PARAMETER):
            type_ = self._parameters.get(name.removeprefix(PARAMETER))
            if type_ is None:
                self.refuse("expression-parameter-unknown", node)
            return Parameter(name.removeprefix(PARAMETER), type_)
        if name not in self._fields:  # a word of SQL that the parser was content to take for a name
            self.refuse("expression-syntax", node)
        return Field(name, self._fields[name])

    def _literal(self, node: exp.Expr) -> Node:
        if node.is_string:
            return Constant(node.name, "text")
        try:
            number = float(node.name)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            self.refuse("expression-number-range", node)
        return Constant(number, "number")

    def _truth(self, node: exp.Expr) -> Node:
        return Constant(bool(node.this), "boolean")

    def _date(self, node: exp.Expr) -> Node:
        if not (isinstance(node.this, exp.Literal) and node.this.is_string and node.args["to"].this is exp.DType.DATE):
            self.refuse("expression-forbidden", node)
        return Constant(self._day(node, node.this.name), "date")

    def _day(self, node: exp.Expr, text: str) -> date:
        try:
            day = date.fromisoformat(text) if len(text) == 10 else None
        except ValueError:
            day = None
        return day or self.refuse("expression-not-date", node)

    def _joined(self, node: exp.Expr, kind: type[exp.Connector], by: Literal["and", "or"]) -> Node:
        parts: list[exp.Expr] = []
        while isinstance(node := node.unnest(), kind):  # leans to the left; a loop, for there may be hundreds
            parts.append(node.expression)
            node = node.this
        parts.append(node)
        return Joined(by, tuple(self.of_type("boolean", part) for part in reversed(parts)))

    def _compared(self, node: exp.Expr) -> Node:
        left, right = self._like_one_another([node.this, node.expression])
        if isinstance(node, exp.EQ | exp.NEQ):
            self._require_choice(left, right, node.expression)
            self._require_choice(right, left, node.this)
        return Compared(_RELATIONS[type(node)], left, right)

    def _between(self, node: exp.Expr) -> Node:
        self._only(node, "this", "low", "high")
        value, low, high = self._like_one_another([node.this, node.args["low"], node.args["high"]])
        return Joined("and", (Compared(">=", value, low), Compared("<=", value, high)))

    def _in(self, node: exp.Expr) -> Node:
        self._only(node, "this", "expressions")
        if not node.expressions:
            self.refuse("expression-forbidden", node)
        value, *options = self._like_one_another([node.this, *node.expressions])
        for option, written in zip(options, node.expressions, strict=True):
            if not isinstance(option, Constant | Parameter):
                self.refuse("expression-forbidden", written)
            self._require_choice(value, option, written)
        return Among(value, cast("tuple[Constant | Parameter, ...]", tuple(options)))

    def _require_choice(self, value: Node, other: Node, written: exp.Expr) -> None:
        """A word that the value never is was meant to be another: the comparison would silently never hold."""
        choices = self._choices_of(value)
        if choices is not None and isinstance(other, Constant) and other.value not in choices:
            self.refuse("expression-choice-unknown", written, expected=", ".join(choices))

    def _choices_of(self, value: Node) -> Sequence[str] | None:
        """All that a text may be; None where that is not known."""
        match value:
            case Field(name=name):
                return self._choices.get(name)
            case Call(function="coalesce", arguments=(Field(name=name), Constant(value=instead))) if (
                name in self._choices
            ):
                return [*self._choices[name], str(instead)]
        return None

    def _is(self, node: exp.Expr) -> Node:
        match node.expression:
            case exp.Null():
                return Is(self.any_type(node.this), None)
            case exp.Boolean(this=wanted):
                return Is(self.of_type("boolean", node.this), bool(wanted))
            case _:
                return self.refuse("expression-forbidden", node)

    def _like(self, node: exp.Expr) -> Node:
        self._only(node, "this", "expression", "negate")
        liked = self._liked(node)
        return Not(liked) if node.args.get("negate") else liked

    def _liked(self, node: exp.Expr) -> Node:
        value = self.of_type("text", node.this)
        pattern = self.any_type(node.expression)
        if not (isinstance(pattern, Constant) and pattern.type == "text"):
            self.refuse("expression-pattern", node.expression)
        text = str(pattern.value)
        begins, ends = text.endswith("%"), text.startswith("%")
        plain = text.removeprefix("%").removesuffix("%")
        if "%" in plain or "_" in plain or "\\" in plain or not plain:
            self.refuse("expression-pattern", node.expression)
        if begins and ends:
            return Like(value, "within", plain)
        return Like(value, "start" if begins else "end" if ends else "whole", plain)

    def _arithmetic(self, node: exp.Expr) -> Node:
        operator = _OPERATORS[type(node)]
        left = self.any_type(node.this)
        wanted: Type = "date" if operator == "-" and left.type == "date" else "number"
        return Arithmetic(operator, self._as(wanted, left, node.this), self.of_type(wanted, node.expression))

    def _case(self, node: exp.Expr) -> Node:
        self._only(node, "ifs", "default")
        conditions = [self.of_type("boolean", branch.this) for branch in node.args["ifs"]]
        default = node.args.get("default")
        results = self._like_one_another(
            [*(branch.args["true"] for branch in node.args["ifs"]), *filter(None, [default])]
        )
        branches = tuple(zip(conditions, results, strict=False))
        return Case(branches, results[-1] if default else None, results[0].type)

    def _call(self, node: exp.Expr) -> Node:
        function = cast("Function", node.name.removeprefix(CALL))
        given = node.expressions
        fewest, most, wanted = FUNCTIONS[function]
        if not (fewest <= len(given) <= (most or len(given))):
            self.refuse("expression-arguments", node)
        if wanted is not None:
            return Call(function, tuple(self.of_type(wanted, one) for one in given), "number")
        arguments = self._like_one_another(given)
        return Call(function, tuple(arguments), arguments[0].type)
