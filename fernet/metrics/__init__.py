"""How well a model knows each emotion, and how much of it is left on faces that are spoilt."""

from __future__ import annotations

from fernet.metrics.calibration import expected_calibration_error
from fernet.metrics.confusion import confusion_table, labels_from_confusion
from fernet.metrics.corruptions import CORRUPTIONS, Corruption, corrupt
from fernet.metrics.per_emotion import (
    PerEmotionReport,
    per_emotion_report,
    per_emotion_report_from_confusion,
)
from fernet.metrics.per_group import GroupAccuracy, GroupReport, per_group_report
from fernet.metrics.robustness import RobustnessReport, robustness_report

__all__ = [
    "CORRUPTIONS",
    "Corruption",
    "GroupAccuracy",
    "GroupReport",
    "PerEmotionReport",
    "RobustnessReport",
    "confusion_table",
    "corrupt",
    "expected_calibration_error",
    "labels_from_confusion",
    "per_emotion_report",
    "per_emotion_report_from_confusion",
    "per_group_report",
    "robustness_report",
]
__dir__ = __all__.copy
