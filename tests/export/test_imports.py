"""Without ONNX's packages, what needs them says which extra brings them."""

from __future__ import annotations

import sys

import pytest

from fernet import FERMLPClassifier
from fernet.export import register_skl2onnx, to_onnx


def test_without_onnx_the_extra_is_named_and_no_file_made(monkeypatch, tmp_path, images, labels):
    monkeypatch.setitem(sys.modules, "onnx", None)
    model = FERMLPClassifier((), max_iter=1).fit(images, labels)

    with pytest.raises(
        ImportError, match=r'exporting to ONNX needs onnx; .*pip install "fernet-emotion\[onnx\]"'
    ):
        to_onnx(model, tmp_path / "m")

    assert list(tmp_path.iterdir()) == []


def test_without_skl2onnx_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "skl2onnx", None)
    with pytest.raises(
        ImportError,
        match=r'exporting a pipeline to ONNX needs skl2onnx; .*"fernet-emotion\[onnx\]"',
    ):
        register_skl2onnx()
