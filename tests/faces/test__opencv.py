"""What is said where OpenCV is not what it should be."""

from __future__ import annotations

import sys
import types

import numpy as np
import pytest

from fernet.faces import FaceDetector
from fernet.faces._opencv import opencv

BLACK = np.zeros((60, 60), np.uint8)


def test_without_opencv_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "cv2", None)

    with pytest.raises(ImportError, match=r"finding faces needs OpenCV: .*fernet-emotion\[faces\]"):
        FaceDetector().detect(BLACK)


def test_an_opencv_without_cascades_is_named(monkeypatch):
    fake = types.ModuleType("cv2")
    fake.__version__ = "5.0.0"
    monkeypatch.setitem(sys.modules, "cv2", fake)

    with pytest.raises(ImportError, match=r"reading videos needs OpenCV 4, .* found 5.0.0"):
        opencv("reading videos")
