"""Reads pickles of arrays, bytes, text, integers, lists and dicts, and of nothing else.

A pickle is a program. Here its instructions are first looked through, without running any; then
it is run with stand-ins for the few names that NumPy writes, which do no more than keep what
they are given. Arrays are built from that at the end, after their shapes and types were checked.
"""

from __future__ import annotations

import io
import pickle
import pickletools
import sys
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

# Instructions that build plain values, keep and recall them, and call what _NAMES allows.
_OPCODES = frozenset(
    (
        "PROTO",
        "FRAME",
        "STOP",
        "MARK",
        "POP",
        "POP_MARK",
        "NONE",
        "NEWTRUE",
        "NEWFALSE",
        "INT",
        "BININT",
        "BININT1",
        "BININT2",
        "LONG",
        "LONG1",
        "LONG4",
        "STRING",
        "BINSTRING",
        "SHORT_BINSTRING",
        "BINBYTES",
        "SHORT_BINBYTES",
        "BINBYTES8",
        "BYTEARRAY8",
        "UNICODE",
        "SHORT_BINUNICODE",
        "BINUNICODE",
        "BINUNICODE8",
        "EMPTY_LIST",
        "APPEND",
        "APPENDS",
        "LIST",
        "EMPTY_TUPLE",
        "TUPLE",
        "TUPLE1",
        "TUPLE2",
        "TUPLE3",
        "EMPTY_DICT",
        "DICT",
        "SETITEM",
        "SETITEMS",
        "GET",
        "BINGET",
        "LONG_BINGET",
        "PUT",
        "BINPUT",
        "LONG_BINPUT",
        "MEMOIZE",
        "GLOBAL",
        "STACK_GLOBAL",
        "REDUCE",
        "BUILD",
    )
)
_MEMO_OPCODES = ("PUT", "BINPUT", "LONG_BINPUT")
_DTYPES = {code: np.dtype(code) for code in ("u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8")}
_FRAME_BYTES = 9  # the instruction, and a length
_MAX_DIMENSIONS = 8
_MAX_LENGTH = 2**31
_MAX_INT_BITS = 64
_MAX_DEPTH = 4


class UnsafePickleError(ValueError):
    """A pickle is damaged or holds more than plain data."""


def load_plain(data: bytes) -> Any:
    """Read a pickle of plain data.

    Parameters
    ----------
    data : bytes
        A pickle of any protocol, written by Python 2 or 3.

    Returns
    -------
    value : object
        Dicts and lists of ndarray, bytes, str, int, bool and None; tuples become lists. What
        Python 2 wrote as str comes as bytes.

    Raises
    ------
    UnsafePickleError
        If the pickle is damaged or holds or calls anything else. Nothing of it has run then.

    Examples
    --------
    >>> import pickle
    >>> from fernet.datasets._restricted_pickle import load_plain
    >>> load_plain(pickle.dumps({"labels": [3, 5]}))
    {'labels': [3, 5]}
    >>> load_plain(pickle.dumps(print))
    Traceback (most recent call last):
        ...
    fernet.datasets._restricted_pickle.UnsafePickleError: the pickle asks for builtins.print, \
which is not plain data
    """
    try:
        program = _looked_through(data)
        value = _PlainUnpickler(io.BytesIO(program), encoding="bytes").load()
        return _Checker(len(data)).plain(value)
    except (UnsafePickleError, MemoryError):
        raise
    # Damaged pickles make the unpickler raise errors of nearly every kind.
    except Exception as error:
        raise UnsafePickleError(f"the pickle is damaged ({error})") from error


def _looked_through(data: bytes) -> bytes:
    """Check each instruction before any is run, and return them without their frames.

    A frame only says how much to read ahead. Of one that ends within an instruction the unpickler
    skips the rest, and would run others than those that were looked at.
    """
    parts, start = [], 0
    for opcode, argument, position in pickletools.genops(data):
        if opcode.name not in _OPCODES:
            raise UnsafePickleError(
                f"the pickle uses {opcode.name}, which plain data has no need of"
            )
        # The memo is an array as long as its highest index.
        if opcode.name in _MEMO_OPCODES and not 0 <= int(argument or 0) <= len(data):
            raise UnsafePickleError(f"the pickle numbers a value {argument} in {len(data)} bytes")
        if opcode.name == "FRAME":
            parts.append(data[start:position])
            start = (position or 0) + _FRAME_BYTES
    return b"".join([*parts, data[start:]]) if parts else data


class _Dtype:
    """Stands in for numpy.dtype."""

    __slots__ = ("byte_order", "code")

    def __init__(self, code: Any, *_: Any) -> None:
        code = code.decode("latin1") if isinstance(code, bytes) else code
        if not isinstance(code, str) or code not in _DTYPES:
            raise UnsafePickleError(f"the pickle has an array of type {code!r}; expected integers")
        self.code = code
        self.byte_order = "="

    def __setstate__(self, state: Any) -> None:
        byte_order = state[1]
        if isinstance(byte_order, bytes):
            byte_order = byte_order.decode("latin1")
        if byte_order not in ("<", ">", "|", "="):
            raise UnsafePickleError(f"the pickle has an array of byte order {byte_order!r}")
        self.byte_order = byte_order

    def resolve(self) -> np.dtype:
        swapped = self.byte_order == (">" if sys.byteorder == "little" else "<")
        return _DTYPES[self.code].newbyteorder("S" if swapped else "=")


class _Array:
    """Stands in for an array being rebuilt: keeps its state until it is checked."""

    __slots__ = ("buffer", "dtype", "fortran", "shape")

    def __init__(
        self, buffer: Any = None, dtype: Any = None, shape: Any = None, fortran: bool = False
    ) -> None:
        self.buffer, self.dtype, self.shape, self.fortran = buffer, dtype, shape, fortran

    def __setstate__(self, state: Any) -> None:
        _, self.shape, self.dtype, self.fortran, self.buffer = state

    def resolve(self) -> np.ndarray:
        buffer = self.buffer
        if not isinstance(self.dtype, _Dtype) or not isinstance(buffer, bytes | bytearray):
            raise UnsafePickleError("the pickle has an array without a type or without bytes")
        if (
            not isinstance(self.shape, tuple)
            or len(self.shape) > _MAX_DIMENSIONS
            or not all(type(size) is int and 0 <= size <= _MAX_LENGTH for size in self.shape)
        ):
            raise UnsafePickleError(f"the pickle has an array of shape {self.shape!r}")
        dtype = self.dtype.resolve()
        size = dtype.itemsize
        for length in self.shape:
            size *= length
        if size != len(buffer):
            raise UnsafePickleError(
                f"the pickle has an array of shape {self.shape} and type "
                f"{dtype} with {len(buffer)} bytes instead of {size}"
            )
        flat = np.frombuffer(buffer, dtype)
        return flat.reshape(self.shape, order="F" if self.fortran else "C")


def _reconstruct(*_: Any) -> _Array:
    return _Array()


def _from_buffer(buffer: Any, dtype: Any, shape: Any, order: Any) -> _Array:
    return _Array(buffer, dtype, shape, order in ("F", b"F"))


def _never_called(*_: Any) -> NoReturn:
    """Stands in for numpy.ndarray, which NumPy only passes on."""
    raise UnsafePickleError("the pickle calls numpy.ndarray")


def _encode(text: Any, encoding: Any) -> bytes:
    """Stands in for _codecs.encode, by which Python 3 writes bytes under protocols 0 to 2."""
    if not isinstance(text, str) or encoding not in ("latin1", b"latin1"):
        raise UnsafePickleError("the pickle encodes something other than bytes")
    return text.encode("latin1")


def _no_bytes(*arguments: Any) -> bytes:
    """Stands in for bytes, called under the same protocols for an empty value."""
    if arguments:
        raise UnsafePickleError("the pickle calls bytes with arguments")
    return b""


class _Name:
    """What a name in a pickle stands for: can be called, and not be changed by the pickle."""

    __slots__ = ("_function",)

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    def __call__(self, *arguments: Any) -> Any:
        return self._function(*arguments)

    def __setstate__(self, state: Any) -> NoReturn:
        raise UnsafePickleError("the pickle changes a function")


_NAMES = {
    ("numpy", "dtype"): _Name(_Dtype),
    ("numpy", "ndarray"): _Name(_never_called),
    ("numpy.core.multiarray", "_reconstruct"): _Name(_reconstruct),
    ("numpy._core.multiarray", "_reconstruct"): _Name(_reconstruct),
    ("numpy.core.numeric", "_frombuffer"): _Name(_from_buffer),
    ("numpy._core.numeric", "_frombuffer"): _Name(_from_buffer),
    ("_codecs", "encode"): _Name(_encode),
    ("__builtin__", "bytes"): _Name(_no_bytes),
    ("builtins", "bytes"): _Name(_no_bytes),
}


class _PlainUnpickler(pickle.Unpickler):
    """Knows the names in _NAMES and no others."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _NAMES:
            raise UnsafePickleError(f"the pickle asks for {module}.{name}, which is not plain data")
        return _NAMES[module, name]

    def persistent_load(self, pid: Any) -> NoReturn:
        raise UnsafePickleError("the pickle refers to something outside it")


class _Checker:
    """Checks a loaded value throughout and turns stand-ins into arrays.

    Lists may hold one list many times over, so that walking them takes for ever; each value
    visited must have had a byte of the pickle to itself.
    """

    def __init__(self, n_bytes: int) -> None:
        self._left = n_bytes

    def plain(self, value: Any, depth: int = 0) -> Any:
        self._left -= 1
        if depth > _MAX_DEPTH or self._left < 0:
            raise UnsafePickleError("the pickle holds values nested too deep or too often")
        kind = type(value)
        if kind is _Array:
            return value.resolve()
        if kind is dict:
            return {self._key(key): self.plain(item, depth + 1) for key, item in value.items()}
        if kind in (list, tuple):
            return [self.plain(item, depth + 1) for item in value]
        if kind is int and value.bit_length() > _MAX_INT_BITS:
            raise UnsafePickleError(f"the pickle has an integer of {value.bit_length()} bits")
        if kind is bytearray:
            return bytes(value)
        if kind in (int, bool, bytes, str, type(None)):
            return value
        raise UnsafePickleError(
            f"the pickle holds a {kind.__name__.lstrip('_')} where plain data belongs"
        )

    def _key(self, key: Any) -> Any:
        if type(key) in (bytes, str, int):
            return key
        raise UnsafePickleError(f"the pickle has a key of type {type(key).__name__}")
