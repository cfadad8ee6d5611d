"""Names that tell callables and objects of one's own classes apart, the same in another process."""

from __future__ import annotations

import functools
import hashlib
import inspect
import re
import sys
from collections.abc import Callable, Mapping
from operator import attrgetter
from types import CellType, CodeType, FunctionType, MethodType
from typing import Any

import numpy as np

__all__ = ["callable_name", "object_name"]
__dir__ = __all__.copy

_KNOWN = ("fernet", "builtins", "abc", "typing")
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def callable_name(value: Callable[..., Any]) -> str:
    """Return a callable's place, or its `repr`, and twelve digits and letters for what it does.

    Parameters
    ----------
    value : callable
        Functions are told by their code, defaults and what they close over; not by what they call.
        Objects are told by their attributes.

    Returns
    -------
    str
        Without addresses in memory; the same in each process of one version of Python.

    Examples
    --------
    >>> from fernet._io.callable_names import callable_name
    >>> first, second, again = (lambda x: x + 1, lambda x: x + 2, lambda y: y + 1)
    >>> callable_name(first) == callable_name(again)
    True
    >>> callable_name(first) == callable_name(second)
    False
    """
    digest = hashlib.sha256(repr(_told(value)).encode("utf-8", "backslashreplace"))
    return f"{_place(value)} {digest.hexdigest()[:12]}"


def object_name(value: Any) -> str:
    """Return the place of an object's class, and twelve digits and letters for what it does.

    Parameters
    ----------
    value : object
        Told by its public attributes, and by the methods and attributes of its class and of those
        that this derives from, up to fernet's and Python's own.

    Returns
    -------
    str
        As by `callable_name`.

    Examples
    --------
    >>> from fernet._io.callable_names import object_name
    >>> from fernet.schedules import Schedule
    >>> def falling(by):
    ...     class Falling(Schedule):
    ...         __module__ = "mine"
    ...
    ...         def factor(self, epoch, n_epochs):
    ...             return by**epoch
    ...
    ...     return Falling()
    >>> object_name(falling(0.5)) == object_name(falling(0.5))
    True
    >>> object_name(falling(0.5)) == object_name(falling(0.9))
    False
    """
    own = [cls for cls in type(value).__mro__ if cls.__module__.partition(".")[0] not in _KNOWN]
    attributes = getattr(value, "__dict__", {})
    public = {name: attributes[name] for name in sorted(attributes) if name[0] != "_"}
    told = [*map(_told_class, own), _told(public)]
    digest = hashlib.sha256(repr(told).encode("utf-8", "backslashreplace"))
    return f"{_place(type(value))} {digest.hexdigest()[:12]}"


def _told_class(cls: type) -> list[Any]:
    """Describe what a class says in its body."""
    members = vars(cls)
    said = sorted(n for n in members if not n.startswith("__") or callable(members[n]))
    return [_place(cls), *([name, _told_member(members[name])] for name in said)]


def _told_member(member: Any) -> Any:
    if isinstance(member, staticmethod | classmethod):
        return _told(member.__func__)
    if isinstance(member, property):
        return [_told(part) for part in (member.fget, member.fset)]
    return _told(member)


def _place(value: Any) -> str:
    name = getattr(value, "__qualname__", None)
    return _ADDRESS.sub("", repr(value)) if name is None else f"{value.__module__}.{name}"


def _told(value: Any, within: tuple[int, ...] = ()) -> Any:
    """Describe a value by lists and text that are the same in another process."""
    if id(value) in within:
        return "itself"
    tell = functools.partial(_told, within=(*within, id(value)))
    match value:
        case FunctionType():
            return _told_function(value, tell)
        case CodeType():
            return [value.co_code.hex(), value.co_names, tell(value.co_consts)]
        case MethodType():
            of = value.__self__
            told = tell(of) if isinstance(of, type) else _told_object(of, tell)
            return [tell(value.__func__), told]
        case functools.partial():
            return ["partial", tell(value.func), tell(value.args), tell(value.keywords)]
        case list() | tuple():
            return [type(value).__name__, *map(tell, value)]
        case set() | frozenset():  # in an order that is another in each process
            return ["set", *sorted(repr(tell(item)) for item in value)]
        case Mapping():
            return ["mapping", *([tell(key), tell(item)] for key, item in value.items())]
        case np.ndarray() if value.dtype != object:
            digest = hashlib.sha256(np.ascontiguousarray(value).data).hexdigest()
            return ["array", value.dtype.str, value.shape, digest]
    if callable(value) and not isinstance(value, type):
        return _told_object(value, tell)
    return _place(value) if isinstance(value, type) else _ADDRESS.sub("", repr(value))


def _told_function(function: FunctionType, tell: Callable[[Any], Any]) -> list[Any]:
    """Describe a function; one in a module by what it wraps, without what its decorators hold."""
    cells: tuple[CellType, ...] = function.__closure__ or ()
    told = function
    if _is_importable(function):
        cells, told = (), inspect.unwrap(function)
    if not isinstance(told, FunctionType):
        return [_place(function), tell(told)]
    parts = (told.__code__, told.__defaults__, told.__kwdefaults__)
    return [_place(function), *map(tell, parts), *(tell(_content(cell)) for cell in cells)]


def _is_importable(function: FunctionType) -> bool:
    """Tell whether other processes import it; what is in a script they may be handed as it is."""
    if function.__module__ == "__main__":
        return False
    try:
        found = attrgetter(function.__qualname__)(sys.modules.get(function.__module__))
    except AttributeError:
        return False
    return found is function


def _content(cell: CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return "nothing yet"


def _told_object(value: Any, tell: Callable[[Any], Any]) -> list[Any]:
    text, attributes = _ADDRESS.sub("", repr(value)), getattr(value, "__dict__", {})
    return [text, tell(type(value).__call__), tell(attributes)]
