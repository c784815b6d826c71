"""What an expression of ours is, read off annotations: enough of a type checker for code that is annotated throughout."""

import ast
import builtins
import dataclasses
import functools
import inspect
import sys
import types
import typing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Function = types.FunctionType
OURS = ("services.", "shared.")
_COMPUTED = (property, functools.cached_property)
_GIVES_ITS_FIRST = (dataclasses.replace, list, reversed, set, sorted, tuple)
"""Functions whose result is of the type of their argument, or as good as that in a loop."""
_CONTAINERS = (str, bytes, int, dict, list, set, tuple, types.GeneratorType)
_EVERYBODYS = {name for kind in _CONTAINERS for name in dir(kind)} | {
    *("add", "all", "begin", "close", "delete", "execute", "flush", "one", "open", "read", "scalar", "scalars", "write")
}
"""Methods that others' classes have as well: told by the type of what they are called on, or not at all."""


def is_ours(kind: Any) -> bool:
    """Whether it is a class of this repository."""
    return isinstance(kind, type) and f"{kind.__module__}.".startswith(OURS)


def functions_of(what: Any) -> Iterator[Function]:
    """The functions of ours that run when it is called, or read where it is a property: wrappers taken off."""
    match what:
        case property():
            yield from functions_of(what.fget)
        case functools.cached_property() | functools.partial():
            yield from functions_of(what.func)
        case classmethod() | staticmethod() | types.MethodType():
            yield from functions_of(what.__func__)
        case types.FunctionType():
            inner = inspect.unwrap(what)
            if f"{inner.__module__}.".startswith(OURS) and not inner.__code__.co_filename.startswith("<"):
                yield inner
        case type():
            for name in ("__init__", "__post_init__"):
                yield from functions_of(inspect.getattr_static(what, name, None))
        case functools._lru_cache_wrapper():
            yield from functions_of(what.__wrapped__)
        case _ if is_ours(type(what)):
            yield from functions_of(inspect.getattr_static(type(what), "__call__", None))


Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def node_of(function: Function) -> Definition:
    """Its source."""
    return _nodes(function.__code__.co_filename)[function.__code__.co_firstlineno]


@functools.cache
def _nodes(path: str) -> Mapping[int, Definition]:
    with open(path, encoding="utf-8") as file:
        nodes = list(ast.walk(ast.parse(file.read())))
    found: dict[int, Definition] = {node.lineno: node for node in nodes if isinstance(node, ast.Lambda)}
    for node in nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found[min([node.lineno, *(one.lineno for one in node.decorator_list)])] = node
    return found


@functools.cache
def _methods() -> Mapping[str, Sequence[Any]]:
    """By name, the methods and properties of all classes of ours."""
    found: dict[str, list[Any]] = {}
    for name, module in list(sys.modules.items()):
        for kind in vars(module).values() if f"{name}.".startswith(OURS) else ():
            for method, what in vars(kind).items() if isinstance(kind, type) and kind.__module__ == name else ():
                if not method.startswith("__") and any(functions_of(what)):
                    found.setdefault(method, []).append(what)
    return found


def only_method(name: str) -> Any:
    """The method of that name, if one class of ours has one and nobody else."""
    found = _methods().get(name, ()) if name not in _EVERYBODYS else ()
    return found[0] if len(found) == 1 else None


def members(kind: Any, name: str) -> Iterator[Any]:
    """What `.name` may be of a thing of that type: its class's, and that of every class below."""
    owner = typing.get_origin(kind) or kind
    if is_ours(owner):
        if (member := inspect.getattr_static(owner, name, None)) is not None:
            yield member
        for below in type.__subclasses__(owner):
            yield from members(below, name)


def hints_of(what: Any) -> Mapping[str, Any]:
    """Its annotations, as far as they can be read."""
    return _hints_of(what) if isinstance(what, type | types.FunctionType | types.MethodType) else {}


@functools.cache
def _hints_of(what: Any) -> Mapping[str, Any]:
    try:
        return typing.get_type_hints(what)
    except Exception:  # names for type checkers alone, or those of others, who never read them at run time
        return {}


def alternatives(hint: Any) -> list[Any]:
    """The types that a hint allows: `A | None` → `[A]`, `Mapped[A]` → `[A]`."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return [one for part in arguments for one in alternatives(part)]
    if origin is typing.Annotated or getattr(origin, "__name__", "") == "Mapped":
        return alternatives(arguments[0])
    if isinstance(hint, typing.TypeVar):
        return alternatives(hint.__bound__)
    return [] if hint in (None, type(None), Any) else [hint]


def elements(hints: Iterable[Any]) -> list[Any]:
    """What a loop or an index gives: the last argument of `Sequence[T]`, `Mapping[K, T]`, `tuple[T, ...]`."""
    last = [[one for one in typing.get_args(hint) if one is not Ellipsis][-1:] for hint in hints]
    return [one for found in last for hint in found for one in alternatives(hint)]


@dataclass(frozen=True, slots=True)
class Looked:
    """What an expression is: a thing that is known before anything runs, or the types it may have."""

    thing: Any = None
    kinds: Sequence[Any] = ()

    @property
    def types(self) -> Sequence[Any]:
        """Of what it is, whichever."""
        return self.kinds if self.thing is None else [type(self.thing)]

    @property
    def is_unknown(self) -> bool:
        """Whether nothing is known of it."""
        return self.thing is None and not self.kinds


class Names:
    """The names within a function."""

    def __init__(self, function: Function) -> None:
        self._globals = function.__globals__
        self.local: dict[str, Sequence[Any]] = {name: alternatives(hint) for name, hint in hints_of(function).items()}
        owner: Any = sys.modules[function.__module__]
        for name in function.__qualname__.split(".")[:-1]:
            owner = getattr(owner, name, None)
        if isinstance(owner, type) and function.__code__.co_varnames:
            self.local.setdefault(function.__code__.co_varnames[0], [owner])  # self, or cls

    def annotation(self, node: ast.expr | None) -> list[Any]:
        """The types that an annotation within the function says."""
        try:
            return alternatives(eval(ast.unparse(node), self._globals)) if node is not None else []  # noqa: S307
        except Exception:  # as `_hints_of`
            return []

    def bind(self, target: ast.expr, value: Looked) -> None:
        """Assign."""
        if isinstance(target, ast.Name):
            self.local[target.id] = value.types
        elif isinstance(target, ast.Tuple | ast.List):
            each = [typing.get_args(kind) for kind in value.kinds if typing.get_origin(kind) is tuple]
            fixed = [parts for parts in each if len(parts) == len(target.elts) and Ellipsis not in parts]
            for index, part in enumerate(target.elts):
                kinds = [one for parts in fixed for one in alternatives(parts[index])]
                self.bind(part, Looked(kinds=kinds or elements(value.kinds)))

    def loop(self, target: ast.expr, over: ast.expr) -> None:
        """Assign what a loop gives."""
        match target, over:
            case ast.Tuple(elts=[_, item]), ast.Call(func=ast.Name("enumerate"), args=[counted, *_]):
                self.loop(item, counted)
            case ast.Tuple(elts=parts), ast.Call(func=ast.Name("zip"), args=several):
                for part, one in zip(parts, several, strict=False):
                    self.loop(part, one)
            case ast.Tuple(elts=[_, item]), ast.Call(func=ast.Attribute(value=mapping, attr="items")):
                self.loop(item, mapping)
            case _, ast.Call(func=ast.Attribute(value=mapping, attr="values")):
                self.loop(target, mapping)
            case _:
                self.bind(target, Looked(kinds=elements(self.look(over).kinds)))

    def enter(self, target: ast.expr, context: ast.expr) -> None:
        """Assign what a context gives: `AsyncIterator[T]` says T, a class says it itself."""
        kinds = self.look(context).kinds
        entered = [getattr(kind, name, None) for kind in kinds for name in ("__aenter__", "__enter__")]
        self.bind(target, Looked(kinds=elements(kinds) or [one for enter in entered for one in _results(enter, kinds)]))

    @functools.singledispatchmethod
    def look(self, _node: ast.AST) -> Looked:
        """What the expression is."""
        return Looked()

    @look.register
    def _(self, node: ast.Name) -> Looked:
        if node.id in self.local:
            return Looked(kinds=self.local[node.id])
        return Looked(self._globals.get(node.id, getattr(builtins, node.id, None)))

    @look.register
    def _(self, node: ast.Attribute) -> Looked:
        of = self.look(node.value)
        if of.thing is not None:
            return Looked(getattr(of.thing, node.attr, None))
        return Looked(kinds=[one for kind in of.kinds for one in _attribute(kind, node.attr)])

    @look.register
    def _(self, node: ast.Call) -> Looked:
        called = self.look(node.func).thing
        if any(called is one for one in _GIVES_ITS_FIRST) and node.args:
            return self.look(node.args[0])
        if isinstance(called, type):
            return Looked(kinds=[called])
        if called is not None or not isinstance(node.func, ast.Attribute):
            return Looked(kinds=_results(called, [getattr(called, "__self__", None)]))
        name, of = node.func.attr, self.look(node.func.value)
        methods = [(getattr(typing.get_origin(kind) or kind, name, None), kind) for kind in of.kinds]
        methods += [(only_method(name), None)] if of.is_unknown else []
        return Looked(kinds=[one for method, kind in methods for one in _results(method, [kind])])

    @look.register
    def _(self, node: ast.Await | ast.NamedExpr) -> Looked:
        return self.look(node.value)

    @look.register
    def _(self, node: ast.Subscript) -> Looked:
        of = self.look(node.value)
        within = list(of.thing.values()) if isinstance(of.thing, Mapping) else of.thing
        one = [type(within[0])] if isinstance(within, list | tuple) and within else []
        return Looked(kinds=one or elements(of.kinds))

    @look.register
    def _(self, node: ast.IfExp | ast.BoolOp) -> Looked:
        parts = node.values if isinstance(node, ast.BoolOp) else [node.body, node.orelse]
        return Looked(kinds=[one for part in parts for one in self.look(part).types])

    @look.register
    def _(self, node: ast.ListComp) -> Looked:
        for one in node.generators:
            self.loop(one.target, one.iter)
        return Looked(kinds=[list[one] for one in self.look(node.elt).types[:1]])  # type: ignore[valid-type]


def _results(called: Any, owners: Sequence[Any]) -> list[Any]:
    """What a call gives; `Self` is whose method it is."""
    hint = hints_of(inspect.unwrap(called)).get("return") if callable(called) else None
    return [kind for one in alternatives(hint) for kind in (owners if one is typing.Self else [one])]


def _attribute(kind: Any, name: str) -> list[Any]:
    owner = typing.get_origin(kind) or kind
    if name in (hints := hints_of(owner)):
        return alternatives(hints[name])
    member = inspect.getattr_static(owner, name, None)
    if isinstance(member, _COMPUTED):
        return [one for function in functions_of(member) for one in _results(function, [kind])]
    return list(_set_in_init(owner).get(name, ())) if member is None and is_ours(owner) else []


_attributes: dict[type, dict[str, Sequence[Any]]] = {}


def _set_in_init(owner: type) -> Mapping[str, Sequence[Any]]:
    """Of a class that annotates no attributes: `self._vault = vault`, `self._parts: list[Part] = []`."""
    if owner not in _attributes:
        found = _attributes[owner] = {}  # at once: what is set may ask for what was set before
        for made in functions_of(inspect.getattr_static(owner, "__init__", None)):
            names = Names(made)
            for node in ast.walk(node_of(made)):
                match node:
                    case ast.AnnAssign(target=ast.Attribute(value=ast.Name("self"), attr=attribute)):
                        found[attribute] = names.annotation(node.annotation)
                    case ast.Assign(targets=[ast.Attribute(value=ast.Name("self"), attr=attribute)]):
                        found[attribute] = names.look(node.value).types
    return _attributes[owner]
