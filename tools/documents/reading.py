"""What a function of ours says: which others it calls, and which errors it makes; read off its source and annotations.

No type checker, but enough of one for a code base that is annotated throughout: names, attributes, results and loops.
What it cannot type, it looks for by name where one class alone has a method of that name.
"""

import ast
import functools
import inspect
import sys
import types
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.errors import DomainError

OURS = ("services.", "shared.")


@dataclass(frozen=True, slots=True)
class Handler:
    """An `except`: what it takes, whether it keeps it from going on, and whether it gives it a name to keep it by."""

    takes: tuple[type[BaseException], ...]
    swallows: bool
    keeps: bool


@dataclass(frozen=True, slots=True)
class Said:
    """A function or an error that stands in a function, beneath handlers: of the innermost `try` first."""

    what: Any
    under: tuple[tuple[Handler, ...], ...] = ()


@dataclass(slots=True)
class Body:
    """All that a function says. `gives_back`: it raises what somebody else kept, `raise outcome.refusal`."""

    said: list[Said] = field(default_factory=list)
    gives_back: bool = False


def is_error(what: Any) -> bool:
    """Whether it is a class of problems."""
    return isinstance(what, type) and issubclass(what, DomainError)


def functions_of(what: Any) -> Iterator[types.FunctionType]:
    """The functions of ours that run when it is called: wrappers taken off."""
    if isinstance(what, property):
        what = what.fget
    elif isinstance(
        what, functools.cached_property | functools.partial | classmethod | staticmethod | types.MethodType
    ):
        what = getattr(what, "func", None) or what.__func__  # type: ignore[union-attr]
    what = inspect.unwrap(what) if callable(what) else what
    if isinstance(what, types.FunctionType):
        if f"{what.__module__}.".startswith(OURS) and not what.__code__.co_filename.startswith("<"):
            yield what
    elif isinstance(what, type):
        for name in ("__init__", "__post_init__"):
            if (made := inspect.getattr_static(what, name, None)) is not None:
                yield from functions_of(made)
    elif _is_ours(type(what)) and (called := inspect.getattr_static(type(what), "__call__", None)):
        yield from functions_of(called)


@functools.cache
def body_of(function: types.FunctionType) -> Body:
    """What it says, functions within it included."""
    node = _nodes(function.__code__.co_filename).get(function.__code__.co_firstlineno)
    if node is None:
        return Body()
    reader = _Reader(function)
    reader.read(node)
    return reader.body


@functools.cache
def _nodes(path: str) -> Mapping[int, ast.AST]:
    """The functions of a file by their first line."""
    with open(path, encoding="utf-8") as file:
        tree = ast.parse(file.read())
    found: dict[int, ast.AST] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found[min([node.lineno, *(one.lineno for one in node.decorator_list)])] = node
    return found


@functools.cache
def _methods() -> Mapping[str, Sequence[Any]]:
    """By name, every method of a class of ours."""
    found: dict[str, list[Any]] = {}
    for name, module in list(sys.modules.items()):
        if name.startswith(OURS):
            for kind in vars(module).values():
                if isinstance(kind, type) and kind.__module__ == name:
                    for method, what in vars(kind).items():
                        if any(functions_of(what)) and not method.startswith("__"):
                            found.setdefault(method, []).append(what)
    return found


_PLAIN = frozenset(
    name for kind in (str, bytes, int, dict, list, set, tuple, types.GeneratorType) for name in dir(kind)
) | {"execute", "scalar", "scalars", "flush", "begin", "close", "read", "write", "add", "delete", "open", "all", "one"}
"""Methods of everybody's: told by the type of what they are called on, or not at all."""


def _only_method(name: str) -> Any:
    """The one method of that name in all classes of ours, if there is one and nobody else has such methods."""
    found = _methods().get(name, ()) if name not in _PLAIN else ()
    return found[0] if len(found) == 1 else None


def _is_ours(kind: Any) -> bool:
    return isinstance(kind, type) and f"{kind.__module__}.".startswith(OURS)


def _hints(what: Any) -> Mapping[str, Any]:
    if not isinstance(what, type | types.FunctionType | types.MethodType):
        return {}
    try:
        return typing.get_type_hints(what)
    except Exception:
        return getattr(what, "__annotations__", {})


_hints_of = functools.cache(_hints)


def _alternatives(kind: Any) -> list[Any]:
    """`A | None` → `[A]`."""
    if isinstance(kind, typing.TypeAliasType if hasattr(typing, "TypeAliasType") else ()):
        kind = kind.__value__
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        return [one for part in typing.get_args(kind) for one in _alternatives(part)]
    if typing.get_origin(kind) is typing.Annotated:
        return _alternatives(typing.get_args(kind)[0])
    if isinstance(kind, typing.TypeVar):
        return _alternatives(kind.__bound__) if kind.__bound__ else []
    return [] if kind in (None, type(None), Any) else [kind]


def _class_of(kind: Any) -> Any:
    return typing.get_origin(kind) or kind


def _element(kind: Any) -> Any:
    """Of what a loop or an index gives: the last argument of `Sequence[T]`, `Mapping[K, T]`, `tuple[T, ...]`."""
    arguments = [one for one in typing.get_args(kind) if one is not Ellipsis]
    return arguments[-1] if arguments else None


class _Reader(ast.NodeVisitor):
    """Walks one function; `_types` are the types of its variables as far as they are known."""

    def __init__(self, function: types.FunctionType) -> None:
        self.body = Body()
        self._globals = function.__globals__
        self._types: dict[str, Any] = dict(_hints_of(function))
        self._types.pop("return", None)
        self._under: tuple[tuple[Handler, ...], ...] = ()
        self._named: set[str] = set()
        owner = function.__qualname__.rpartition(".")[0]
        self._own = functools.reduce(lambda at, name: getattr(at, name, None), owner.split("."), _module(function))
        first = next(iter(inspect.signature(function).parameters), None) if isinstance(self._own, type) else None
        if first is not None:
            self._types.setdefault(first, self._own)

    def read(self, node: Any) -> None:
        """Its statements: neither its annotations nor its decorators."""
        for default in (*node.args.defaults, *node.args.kw_defaults):
            if default is not None:
                self.visit(default)
        for statement in node.body:
            self.visit(statement)

    # What stands there

    def _say(self, what: Any) -> None:
        if is_error(what):
            self.body.said.append(Said(what, self._under))
        elif isinstance(what, Mapping):
            for one in what.values():
                self._say(one)
        elif isinstance(what, list | tuple | set | frozenset):
            for one in what:
                self._say(one)
        else:
            self.body.said.extend(Said(function, self._under) for function in functions_of(what))

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load) and node.id not in self._types:
            what = self._globals.get(node.id)
            if not isinstance(what, types.ModuleType | type) or is_error(what):
                self._say(what)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        what, kinds = self._look(node.value)
        if what is not None:
            if not is_error(what):
                member = inspect.getattr_static(what, node.attr, None)
                if not isinstance(member, types.ModuleType | type) or is_error(member):
                    self._say(member)
                if not isinstance(what, types.ModuleType | type) or (
                    not isinstance(what, types.ModuleType) and not isinstance(node.value, ast.Name)
                ):
                    self.visit(node.value)
            return
        for kind in kinds:
            for owner in _kinds(_class_of(kind)):
                if (member := inspect.getattr_static(owner, node.attr, None)) is not None:
                    self._say(member)
        if not kinds and isinstance(only := _only_method(node.attr), property | functools.cached_property):
            self._say(only)
        self.visit(node.value)

    def visit_Call(self, node: ast.Call) -> None:
        what, _ = self._look(node.func)
        if what is isinstance:
            return
        if _is_ours(what) and not is_error(what):
            self._say_made(what)
        if isinstance(node.func, ast.Attribute) and self._is_unknown(node.func.value):
            self._say(_only_method(node.func.attr))
        self.generic_visit(node)

    def _is_unknown(self, node: ast.expr) -> bool:
        what, kinds = self._look(node)
        return what is None and not kinds

    def _say_made(self, what: Any) -> None:
        self.body.said.extend(Said(function, self._under) for function in functions_of(what))

    def visit_Raise(self, node: ast.Raise) -> None:
        if node.exc is None or (isinstance(node.exc, ast.Name) and node.exc.id in self._named):
            return
        what, kinds = self._look(node.exc)
        if what is None and (not kinds or kinds == [DomainError]) and not isinstance(node.exc, ast.Name):
            self.body.gives_back = True
        self.visit(node.exc)

    # What keeps it from going on

    def visit_Try(self, node: ast.Try) -> None:
        handlers = tuple(self._handler(one) for one in node.handlers)
        self._under = (handlers, *self._under)
        for statement in node.body:
            self.visit(statement)
        self._under = self._under[1:]
        for one in node.handlers:
            if one.name:
                self._named.add(one.name)
            for statement in one.body:
                self.visit(statement)
        for statement in (*node.orelse, *node.finalbody):
            self.visit(statement)

    def _handler(self, node: ast.ExceptHandler) -> Handler:
        what = self._look_plain(node.type) if node.type is not None else BaseException
        takes = tuple(one for one in (what if isinstance(what, tuple) else (what,)) if isinstance(one, type))
        raised = [one for statement in node.body for one in ast.walk(statement) if isinstance(one, ast.Raise)]
        again = any(one.exc is None or (isinstance(one.exc, ast.Name) and one.exc.id == node.name) for one in raised)
        return Handler(takes, swallows=not again, keeps=node.name is not None)

    def _look_plain(self, node: ast.expr) -> Any:
        if isinstance(node, ast.Tuple):
            return tuple(self._look_plain(one) for one in node.elts)
        return self._look(node)[0]

    def visit_With(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            self.visit(item.context_expr)
            if isinstance(item.optional_vars, ast.Name):
                _, kinds = self._look(item.context_expr)
                self._types[item.optional_vars.id] = _one([self._entered(kind) for kind in kinds])
        for statement in node.body:
            self.visit(statement)

    visit_AsyncWith = visit_With  # noqa: N815

    def _entered(self, kind: Any) -> Any:
        if (inner := _element(kind)) is not None:
            return inner
        for name in ("__aenter__", "__enter__"):
            if (entering := getattr(kind, name, None)) is not None:
                got = _hints_of(entering).get("return")
                return kind if got is typing.Self else got
        return None

    # Variables

    def visit_Assign(self, node: ast.Assign) -> None:
        self.visit(node.value)
        for target in node.targets:
            self._bind(target, self._look(node.value))

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)
        if isinstance(node.target, ast.Name):
            self._types[node.target.id] = self._annotation(node.annotation)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.visit(node.value)
        self._bind(node.target, self._look(node.value))

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        self._loop(node.target, node.iter)
        for statement in (*node.body, *node.orelse):
            self.visit(statement)

    visit_AsyncFor = visit_For  # noqa: N815

    def visit_comprehension(self, node: ast.comprehension) -> None:
        self._loop(node.target, node.iter)
        for one in node.ifs:
            self.visit(one)

    def visit_ListComp(self, node: Any) -> None:
        for generator in node.generators:
            self.visit(generator)
        for one in ("key", "value", "elt"):
            if hasattr(node, one):
                self.visit(getattr(node, one))

    visit_SetComp = visit_GeneratorExp = visit_DictComp = visit_ListComp  # noqa: N815

    def _loop(self, target: ast.expr, over: ast.expr) -> None:
        self.visit(over)
        _, kinds = self._look(over)
        self._bind(target, (None, [one for kind in kinds if (one := _element(kind)) is not None]))

    def _bind(self, target: ast.expr, looked: tuple[Any, list[Any]]) -> None:
        what, kinds = looked
        if isinstance(target, ast.Name):
            self._types[target.id] = _one(kinds) if what is None else type(what)
        elif isinstance(target, ast.Tuple):
            parts = typing.get_args(kinds[0]) if len(kinds) == 1 and _class_of(kinds[0]) is tuple else ()
            for index, one in enumerate(target.elts):
                part = parts[index] if index < len(parts) and Ellipsis not in parts else None
                self._bind(one, (None, _alternatives(part)))

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """One within: its variables are the outer one's as well, as far as their types go."""
        arguments = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
        for one in arguments:
            self._types[one.arg] = self._annotation(one.annotation) if one.annotation else None
        self.read(node)

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815

    def visit_Lambda(self, node: ast.Lambda) -> None:
        for one in node.args.args:
            self._types[one.arg] = None
        self.visit(node.body)

    def _annotation(self, node: ast.expr) -> Any:
        try:
            return eval(compile(ast.Expression(node), "", "eval"), self._globals)  # noqa: S307
        except Exception:
            return None

    # What an expression is: a thing that is known now, or the types it may have

    def _look(self, node: ast.expr) -> tuple[Any, list[Any]]:
        look: Callable[[Any], tuple[Any, list[Any]]] | None = getattr(self, f"_look_{type(node).__name__}", None)
        return look(node) if look else (None, [])

    def _look_Name(self, node: ast.Name) -> tuple[Any, list[Any]]:  # noqa: N802
        if node.id in self._types:
            return None, _alternatives(self._types[node.id])
        what = self._globals.get(node.id, getattr(__import__("builtins"), node.id, None))
        return what, []

    def _look_Attribute(self, node: ast.Attribute) -> tuple[Any, list[Any]]:  # noqa: N802
        what, kinds = self._look(node.value)
        if what is not None:
            return getattr(what, node.attr, None), []
        found: list[Any] = []
        for kind in kinds:
            owner = _class_of(kind)
            if isinstance(owner, type):
                found += self._member(owner, node.attr)
        return None, found

    def _member(self, owner: type, name: str) -> list[Any]:
        if name in (hints := _hints_of(owner)):
            return _alternatives(_mapped(hints[name]))
        member = inspect.getattr_static(owner, name, None)
        if isinstance(member, property | functools.cached_property):
            return [kind for one in functions_of(member) for kind in _alternatives(_hints_of(one).get("return"))]
        if member is None and _is_ours(owner):
            return _alternatives(_set_in_init(owner).get(name))
        return []

    def _look_Call(self, node: ast.Call) -> tuple[Any, list[Any]]:  # noqa: N802
        what, _ = self._look(node.func)
        if isinstance(what, type):
            return None, [what]
        if what is None and isinstance(node.func, ast.Attribute):
            of, kinds = self._look(node.func.value)
            members = [getattr(_class_of(kind), node.func.attr, None) for kind in kinds]
            if not members and of is None:
                members = [_only_method(node.func.attr)]
            return None, [
                kind
                for member, owner in zip(members, kinds or [None], strict=False)
                for kind in self._result(member, owner)
            ]
        return None, self._result(what, None)

    def _result(self, what: Any, owner: Any) -> list[Any]:
        if what is None:
            return []
        results = _alternatives(_hints_of(inspect.unwrap(what) if callable(what) else what).get("return"))
        return [owner or getattr(what, "__self__", None) if one is typing.Self else one for one in results]

    def _look_Await(self, node: ast.Await) -> tuple[Any, list[Any]]:  # noqa: N802
        return self._look(node.value)

    def _look_Subscript(self, node: ast.Subscript) -> tuple[Any, list[Any]]:  # noqa: N802
        what, kinds = self._look(node.value)
        if what is not None:
            values = (
                list(what.values()) if isinstance(what, Mapping) else what if isinstance(what, list | tuple) else ()
            )
            return None, [type(one) for one in values[:1]]
        return None, [one for kind in kinds for one in _alternatives(_element(kind))]

    def _look_IfExp(self, node: ast.IfExp) -> tuple[Any, list[Any]]:  # noqa: N802
        return None, [kind for one in (node.body, node.orelse) for kind in self._kinds_of(one)]

    def _look_BoolOp(self, node: ast.BoolOp) -> tuple[Any, list[Any]]:  # noqa: N802
        return None, [kind for one in node.values for kind in self._kinds_of(one)]

    def _look_NamedExpr(self, node: ast.NamedExpr) -> tuple[Any, list[Any]]:  # noqa: N802
        return self._look(node.value)

    def _look_ListComp(self, node: ast.ListComp) -> tuple[Any, list[Any]]:  # noqa: N802
        self._bind_quietly(node.generators)
        return None, [list[kind] for kind in self._kinds_of(node.elt)[:1]]  # type: ignore[valid-type]

    def _bind_quietly(self, generators: list[ast.comprehension]) -> None:
        for one in generators:
            _, kinds = self._look(one.iter)
            self._bind(one.target, (None, [got for kind in kinds if (got := _element(kind)) is not None]))

    def _kinds_of(self, node: ast.expr) -> list[Any]:
        what, kinds = self._look(node)
        return kinds if what is None else [type(what)]


def _one(kinds: list[Any]) -> Any:
    known = [kind for kind in kinds if kind is not None]
    return functools.reduce(lambda left, right: typing.Union[left, right], known) if known else None  # noqa: UP007


def _module(function: types.FunctionType) -> Any:
    return sys.modules[function.__module__]


def _kinds(owner: Any) -> list[type]:
    """A class of ours with those below it: which of them it is, is not known before it runs."""
    if not _is_ours(owner):
        return []
    return [owner, *(below for kind in type.__subclasses__(owner) for below in _kinds(kind))]


def _mapped(hint: Any) -> Any:
    """`Mapped[T]` → `T`."""
    return typing.get_args(hint)[0] if getattr(typing.get_origin(hint), "__name__", "") == "Mapped" else hint


_attributes: dict[type, dict[str, Any]] = {}


def _set_in_init(owner: type) -> Mapping[str, Any]:
    """Attributes by their types, of a class that is no dataclass: `self._vault = vault`, `self.x: T = ...`."""
    if owner in _attributes:
        return _attributes[owner]
    found = _attributes[owner] = {}
    for made in functions_of(inspect.getattr_static(owner, "__init__", None)):
        reader = _Reader(made)
        for node in ast.walk(_nodes(made.__code__.co_filename)[made.__code__.co_firstlineno]):
            if isinstance(node, ast.AnnAssign) and _of_self(node.target):
                found[node.target.attr] = reader._annotation(node.annotation)
            elif isinstance(node, ast.Assign) and _of_self(node.targets[0]):
                found[node.targets[0].attr] = _one(reader._kinds_of(node.value))
    return found


def _of_self(node: ast.expr) -> typing.TypeGuard[ast.Attribute]:
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"
