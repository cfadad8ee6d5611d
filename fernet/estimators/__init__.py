"""Estimators with scikit-learn's interface."""

from __future__ import annotations

from fernet.estimators.mlp import FERMLPClassifier

__all__ = ["FERMLPClassifier"]
