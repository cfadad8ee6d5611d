"""ONNX's packages, imported when they are first needed."""

from __future__ import annotations

from typing import Any

from fernet._io.extras import import_extra

__all__ = ["import_onnx", "import_skl2onnx"]
__dir__ = __all__.copy


def import_onnx() -> Any:
    """Import onnx, or name the extra that brings it.

    Raises
    ------
    ImportError
        If it is not installed, or can't be imported.
    """
    return import_extra("onnx", "exporting to ONNX", "onnx", "onnx")


def import_skl2onnx() -> Any:
    """Import skl2onnx, or name the extra that brings it.

    Raises
    ------
    ImportError
        If it is not installed, or can't be imported.
    """
    return import_extra("skl2onnx", "exporting a pipeline to ONNX", "skl2onnx", "onnx")
