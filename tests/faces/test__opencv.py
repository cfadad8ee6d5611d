"""What is said where OpenCV is not what it should be."""

from __future__ import annotations

import subprocess
import sys
import types
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

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


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="no /proc tells the memory")
def test_a_limit_that_is_too_near_is_told_before_opencv_ends_the_process(tmp_path):
    Image.new("L", (60, 60)).save(tmp_path / "photo.png")
    code = (
        "import resource; from fernet import EmotionRecognizer; asked = EmotionRecognizer()\n"
        "used = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()\n"
        "resource.setrlimit(resource.RLIMIT_AS, (used + 300_000_000,) * 2)\n"
        "asked.predict(['photo.png'])"
    )

    run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)

    assert run.returncode == 1, run.stderr
    last = run.stderr.strip().splitlines()[-1]
    assert last.startswith("MemoryError")
    assert "finding faces needs OpenCV, and that 320 MB, more than is left" in last
