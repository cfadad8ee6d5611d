"""Finds faces in photos and cuts them out as FER2013's are.

Needs OpenCV and the detector's network, ``pip install "fernet-emotion[faces]"``; they are loaded
when a face is first looked for, so faces that are cut out already can do without.
"""

from fernet.faces.cropper import FaceCropper
from fernet.faces.cropping import Box, crop_face
from fernet.faces.detection import FaceDetector
from fernet.faces.detections import Detections, Detector
from fernet.faces.timeline import EmotionTimeline

__all__ = [
    "Box",
    "Detections",
    "Detector",
    "EmotionTimeline",
    "FaceCropper",
    "FaceDetector",
    "crop_face",
]
__dir__ = __all__.copy
