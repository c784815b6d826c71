"""What a function of ours says: which others it calls, and which problems it makes. Read off its source."""

import ast
import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from shared.errors import DomainError
from tools.documents.typed import (
    Definition,
    Function,
    Looked,
    Names,
    functions_of,
    is_ours,
    members,
    node_of,
    only_method,
)

Problem = type[DomainError]


@dataclass(frozen=True, slots=True)
class Handler:
    """An `except`: what it takes, whether that ends there, and whether it has a name to be kept by."""

    takes: tuple[type[BaseException], ...]
    ends: bool
    keeps: bool


Under = tuple[tuple[Handler, ...], ...]
"""The handlers that something stands under, those of the innermost `try` first."""


@dataclass(slots=True)
class Body:
    """All that a function says. `gives_back`: it raises whatever problem somebody kept, `raise outcome.refusal`."""

    problems: list[tuple[Problem, Under]] = field(default_factory=list)
    calls: list[tuple[Function, Under]] = field(default_factory=list)
    gives_back: bool = False


@functools.cache
def body_of(function: Function) -> Body:
    """What it says, with the functions that are made in it."""
    reader = _Reader(function)
    reader.read(node_of(function))
    return reader.body


def is_problem(what: Any) -> TypeGuard[Problem]:
    """Whether it is a class of problems."""
    return isinstance(what, type) and issubclass(what, DomainError)


class _Reader(ast.NodeVisitor):
    """Walks a function. What is named is taken for used: a function for called, a problem for raised."""

    def __init__(self, function: Function) -> None:
        self.body = Body()
        self._names = Names(function)
        self._under: Under = ()

    def read(self, node: Definition) -> None:
        """Defaults and statements; no annotations, no decorators."""
        self._visit_all(one for one in (*node.args.defaults, *node.args.kw_defaults) if one is not None)
        self._visit_all([node.body] if isinstance(node, ast.Lambda) else node.body)

    def visit(self, node: ast.AST) -> None:
        """Asynchronous or not, a list or a generator: all the same."""
        if hasattr(node, "generators"):
            made = [getattr(node, name) for name in ("elt", "key", "value") if hasattr(node, name)]
            self._visit_all([*node.generators, *made])
        else:
            getattr(self, f"visit_{type(node).__name__.removeprefix('Async')}", self.generic_visit)(node)

    def _visit_all(self, nodes: Iterable[ast.AST]) -> None:
        for node in nodes:
            self.visit(node)

    def _say(self, what: Any) -> None:
        if is_problem(what):
            self.body.problems.append((what, self._under))
        elif isinstance(what, Mapping | list | tuple | set | frozenset):
            for one in what.values() if isinstance(what, Mapping) else what:
                self._say(one)
        elif not isinstance(what, type):  # a class is not made by being named
            self.body.calls += [(function, self._under) for function in functions_of(what)]

    def visit_Name(self, node: ast.Name) -> None:
        self._say(self._names.look(node).thing)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        of = self._names.look(node.value)
        if is_problem(of.thing):
            return  # `TaskClosed.code`
        self._say(self._names.look(node).thing)
        for kind in of.types:
            for member in members(kind, node.attr):
                self._say(member)
        if of.is_unknown and isinstance(only := only_method(node.attr), property | functools.cached_property):
            self._say(only)
        self.visit(node.value)

    def visit_Call(self, node: ast.Call) -> None:
        called = self._names.look(node.func).thing
        if called is isinstance:
            return
        if is_ours(called) and not is_problem(called):
            self.body.calls += [(function, self._under) for function in functions_of(called)]
        if isinstance(node.func, ast.Attribute) and self._names.look(node.func.value).is_unknown:
            self._say(only_method(node.func.attr))
        self.generic_visit(node)

    def visit_Raise(self, node: ast.Raise) -> None:
        for kind in self._names.look(node.exc).types if node.exc is not None else ():
            if kind is DomainError:
                self.body.gives_back = True
            else:
                self._say(kind)
        self.generic_visit(node)

    def visit_Try(self, node: ast.Try) -> None:
        self._under = (tuple(self._handler(one) for one in node.handlers), *self._under)
        self._visit_all(node.body)
        self._under = self._under[1:]
        for handler in node.handlers:
            self._visit_all(handler.body)
        self._visit_all([*node.orelse, *node.finalbody])

    def _handler(self, node: ast.ExceptHandler) -> Handler:
        named = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
        takes = [self._names.look(one).thing if one is not None else BaseException for one in named]
        raised = [one for statement in node.body for one in ast.walk(statement) if isinstance(one, ast.Raise)]
        again = any(one.exc is None or (isinstance(one.exc, ast.Name) and one.exc.id == node.name) for one in raised)
        return Handler(tuple(takes), ends=not again, keeps=node.name is not None)

    def visit_With(self, node: ast.With) -> None:
        for item in node.items:
            self.visit(item.context_expr)
            if item.optional_vars is not None:
                self._names.enter(item.optional_vars, item.context_expr)
        self._visit_all(node.body)

    def visit_Assign(self, node: ast.Assign) -> None:
        self.visit(node.value)
        for target in node.targets:
            self._names.bind(target, self._names.look(node.value))

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)
        self._names.bind(node.target, Looked(kinds=self._names.annotation(node.annotation)))

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.visit(node.value)
        self._names.bind(node.target, self._names.look(node.value))

    def visit_For(self, node: ast.For) -> None:
        self.visit(node.iter)
        self._names.loop(node.target, node.iter)
        self._visit_all([*node.body, *node.orelse])

    def visit_comprehension(self, node: ast.comprehension) -> None:
        self.visit(node.iter)
        self._names.loop(node.target, node.iter)
        self._visit_all(node.ifs)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        """One made within: it may run, and its arguments are names like others."""
        for one in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
            self._names.local[one.arg] = self._names.annotation(one.annotation)
        self.read(node)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._names.local.update({one.arg: [] for one in node.args.args})
        self.read(node)
