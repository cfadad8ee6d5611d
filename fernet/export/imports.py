"""ONNX's packages, imported when they are first needed."""

from __future__ import annotations

import importlib
from typing import Any

__all__ = ["import_onnx", "import_skl2onnx"]
__dir__ = __all__.copy


def import_onnx() -> Any:
    """Import onnx, or name the extra that brings it.

    Raises
    ------
    ImportError
        If it is not installed.
    """
    return _import("onnx")


def import_skl2onnx() -> Any:
    """Import skl2onnx, or name the extra that brings it.

    Raises
    ------
    ImportError
        If it is not installed.
    """
    return _import("skl2onnx")


def _import(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ImportError(
            f'this needs {name}; install it with: pip install "fernet-emotion[onnx]"'
        ) from error
