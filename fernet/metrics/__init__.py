"""How well a model knows each emotion: the report's tables 5 and 6 for any predictions."""

from __future__ import annotations

from fernet.metrics.confusion import confusion_table, labels_from_confusion
from fernet.metrics.per_emotion import (
    PerEmotionReport,
    per_emotion_report,
    per_emotion_report_from_confusion,
)

__all__ = [
    "PerEmotionReport",
    "confusion_table",
    "labels_from_confusion",
    "per_emotion_report",
    "per_emotion_report_from_confusion",
]
__dir__ = __all__.copy
