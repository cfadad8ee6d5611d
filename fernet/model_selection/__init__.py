"""Searches for hyper-parameters: the report's method, and what it records of each candidate."""

from __future__ import annotations

from fernet.model_selection.coordinate_search import CoordinateSearchCV
from fernet.model_selection.learning_rate_range import LearningRateRange, learning_rate_range
from fernet.model_selection.scoring import join_validation, report_scoring, report_table

__all__ = [
    "CoordinateSearchCV",
    "LearningRateRange",
    "join_validation",
    "learning_rate_range",
    "report_scoring",
    "report_table",
]
__dir__ = __all__.copy
