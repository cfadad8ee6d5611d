"""Models for other programs: ONNX files, and the converter that skl2onnx asks for."""

from __future__ import annotations

from fernet.export.onnx_file import to_onnx
from fernet.export.pipelines import register_skl2onnx

__all__ = ["register_skl2onnx", "to_onnx"]
__dir__ = __all__.copy
