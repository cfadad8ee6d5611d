"""Searches for hyper-parameters: the report's method, and what it records of each candidate."""

from __future__ import annotations

from fernet.model_selection.coordinate_search import CoordinateSearchCV
from fernet.model_selection.scoring import join_validation, report_scoring, report_table

__all__ = ["CoordinateSearchCV", "join_validation", "report_scoring", "report_table"]
__dir__ = __all__.copy
