"""What is said where OpenCV is not what it should be."""

from __future__ import annotations

import sys
import types

import numpy as np
import pytest

from fernet.faces import FaceDetector
from fernet.faces._opencv import opencv

BLACK = np.zeros((60, 60), np.uint8)


@pytest.mark.parametrize("kind", ["yunet", "haar"])
def test_without_opencv_the_error_names_the_extra(monkeypatch, kind):
    monkeypatch.setitem(sys.modules, "cv2", None)

    with pytest.raises(
        ImportError, match=r"finding faces.* needs OpenCV; .*fernet-emotion\[faces\]"
    ):
        FaceDetector(kind=kind).detect(BLACK)


@pytest.mark.parametrize(
    ("kind", "name"), [("yunet", "FaceDetectorYN"), ("haar", "CascadeClassifier")]
)
def test_an_opencv_that_lacks_what_is_needed_is_named(monkeypatch, kind, name):
    fake = types.ModuleType("cv2")
    fake.__version__, fake.imread = "5.0.0", None
    monkeypatch.setitem(sys.modules, "cv2", fake)

    with pytest.raises(ImportError, match=rf"needs an OpenCV with cv2\.{name}; found 5.0.0"):
        FaceDetector(kind=kind).detect(BLACK)
    assert opencv("reading videos") is fake


def test_a_file_of_that_name_is_no_opencv(monkeypatch):
    fake = types.ModuleType("cv2")
    fake.__file__ = "/home/ada/cv2.py"
    monkeypatch.setitem(sys.modules, "cv2", fake)

    with pytest.raises(ImportError, match=r"needs an OpenCV .*; found /home/ada/cv2.py without"):
        opencv("reading videos")
