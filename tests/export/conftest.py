"""Small models, and what ONNX Runtime makes of their files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

WITHOUT = 'is not installed: pip install "fernet-emotion[onnx]"'


@pytest.fixture(scope="session")
def images() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (30, 8, 8), dtype=np.uint8)


@pytest.fixture(scope="session")
def labels() -> np.ndarray:
    return np.arange(30) % 3


@pytest.fixture(scope="session")
def onnx() -> Any:
    return pytest.importorskip("onnx", reason=f"onnx {WITHOUT}")


@pytest.fixture(scope="session")
def skl2onnx(onnx) -> Any:
    return pytest.importorskip("skl2onnx", reason=f"skl2onnx {WITHOUT}")


@pytest.fixture(scope="session")
def session(onnx) -> Callable[[Path | bytes], Any]:
    """Check a model and open it in ONNX Runtime."""
    onnxruntime = pytest.importorskip("onnxruntime", reason=f"onnxruntime {WITHOUT}")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1

    def opened(model: Path | bytes) -> Any:
        raw = model if isinstance(model, bytes) else model.read_bytes()
        onnx.checker.check_model(raw, full_check=True)
        return onnxruntime.InferenceSession(raw, options, providers=["CPUExecutionProvider"])

    return opened
